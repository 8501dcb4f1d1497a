/** @file What one needs to run a question again and to judge its timings. */
import { availableParallelism, cpus } from "node:os";
import type { CompileOptions } from "../runtime/index.ts";
import { version } from "../version.ts";
import type { Reproduction } from "./document.ts";

/** What every question is asked with, whichever it is. */
export interface Asked {
  /** The command that asks it again. */
  readonly command: string;
  readonly seed: number;
  readonly options?: CompileOptions;
}

export function reproduction({ command, seed, options = {} }: Asked, seconds: number): Reproduction {
  return {
    command,
    seed,
    version,
    hardware: cpus()[0]?.model.trim() ?? "unknown",
    threads: options.threads ?? availableParallelism(),
    device: options.device ?? "cpu",
    seconds,
  };
}
