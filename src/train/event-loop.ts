/** @file A breath between two long calls, as training and what measures networks take it. */
export { eventLoopTurn } from "../event-loop.ts";
