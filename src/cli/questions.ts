/** @file What every question of `analyses` is asked with, from the global options. */
import type { Progress } from "../analyses/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import type { Context } from "./context.ts";

export interface Asking {
  readonly seed: number;
  readonly options: CompileOptions;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
  /** The command as typed, for the report. */
  readonly command: string;
}

/** The common part of every question. */
export function asking(context: Context): Asking {
  return {
    seed: context.seed,
    options: context.compileOptions,
    onProgress: (progress) => context.progress.report(progress),
    signal: context.signal,
    command: context.commandLine,
  };
}
