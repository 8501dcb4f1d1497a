/** @file What the two sides of a worker pool say to each other, and the numbers that they share. */
import type { PlainError } from "./errors.ts";

/** Places in the shared Int32Array. */
export const next = 0; // the next task that nobody has taken
export const limit = 1; // tasks from here on must wait
export const controlLength = 2;

/** What a worker is born with. */
export interface WorkerData {
  readonly control: Int32Array;
  readonly data: unknown;
}

/** To a worker: take tasks until there are none. */
export interface RoundMessage {
  readonly tasks: number;
  /** What is the same for all tasks of the round. */
  readonly input: unknown;
}

/** From a worker. */
export type Message =
  | { readonly kind: "done"; readonly task: number; readonly result: unknown }
  | { readonly kind: "idle" }
  | { readonly kind: "error"; readonly error: PlainError };
