/** @file A breath between two long calls. */

/** Lets signals and timers be heard between two calls, which block. @example await eventLoopTurn(); */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
