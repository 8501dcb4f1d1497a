/** @file What the commands ask of `analyses`, loaded only when a command runs, so that `--help` stays quick. */
import type { Outcome, Progress } from "../analyses/index.ts";
import type { Dataset } from "../data/index.ts";
import type { ActivationSpec, Net } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import { FathomError } from "../tensor/index.ts";
import type { Context } from "./context.ts";

/** What every question is asked with. */
export interface Asking {
  readonly seed: number;
  readonly options: CompileOptions;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
  /** The command as typed, for the report. */
  readonly command: string;
}

export interface SurveyQuestion extends Asking {
  readonly net: Net;
  readonly dataset: Dataset;
  readonly versus?: Net;
  readonly seconds: number;
}

export interface CriticalityQuestion extends Asking {
  readonly net: Net;
  /** Sample networks too. */
  readonly measure?: { readonly seeds: number };
}

export interface PhaseQuestion extends Asking {
  readonly activation: ActivationSpec;
  readonly norm: string;
  readonly mu: number;
  readonly sw2: readonly number[];
  readonly sb2: readonly number[];
}

interface Questions {
  survey(question: SurveyQuestion): Promise<Outcome>;
  criticality(question: CriticalityQuestion): Promise<Outcome>;
  phase(question: PhaseQuestion): Promise<Outcome> | Outcome;
}

/** One of the questions. @throws FathomError unsupported when this build has no answer to it. */
export async function question<K extends keyof Questions>(name: K): Promise<Questions[K]> {
  const room = (await import("../analyses/index.ts")) as unknown as Partial<Questions>;
  const ask = room[name];
  if (typeof ask === "function") return ask as Questions[K];
  throw new FathomError({
    code: "unsupported",
    message: `This build of Fathom cannot answer "${name}" yet.`,
    where: name,
    hint: "Install a complete version.",
  });
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
