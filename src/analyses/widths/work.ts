/** @file What every piece of the work is done with. */
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { Progress } from "../document.ts";
import type { Journal } from "../journal.ts";
import type { Common, Variant } from "./variants.ts";

export interface Work {
  readonly common: Common;
  /** Finished pieces, so that work that was killed goes on where it stood. */
  readonly journal: Journal;
  readonly nameOf: (variant: Variant, piece: object) => string;
  readonly options: CompileOptions | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Between two pieces. @throws FathomError cancelled, with how to go on. */
export function stopIfAsked({ signal }: Pick<Work, "signal">): void {
  if (signal?.aborted) throw stopped();
}

/** What Ctrl-C ends in. */
export function stopped(): FathomError {
  return new FathomError({
    code: "cancelled",
    message: "Stopped.",
    hint: "Run the same command again: what is finished is kept in the folder of --out.",
  });
}
