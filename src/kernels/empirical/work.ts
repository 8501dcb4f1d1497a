/** @file What long work tells and hears. */

export interface WorkOptions {
  /** Aborts between steps. */
  readonly signal?: AbortSignal | undefined;
  /** Steps done and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}
