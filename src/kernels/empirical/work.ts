/** @file What long work tells and hears. */

export interface WorkOptions {
  /** Aborts between steps. */
  readonly signal?: AbortSignal | undefined;
  /** Steps done and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Lets signals and timers be heard between two calls, which block. @example await eventLoopTurn(); */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
