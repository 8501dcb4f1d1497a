/**
 * @file A paper as its claims, each with the experiment that checks it: what `fathom repro` runs. A claim says what the paper
 * says, its experiment what we found; whether that is the same is the experiment's to judge, by a bar that it states.
 */
import type { CompileOptions } from "../../runtime/index.ts";
import type { Key } from "../../tensor/index.ts";
import type { Claim } from "../analysis.ts";
import type { DataTable } from "../document.ts";
import type { Figure } from "../figure.ts";

/** `test` takes seconds, `repro` minutes on two cores; `full` is the size of the paper. */
export const scales = ["test", "repro", "full"] as const;
/** One of {@link scales}. */
export type Scale = (typeof scales)[number];

/** What an experiment is given. */
export interface ExperimentContext {
  readonly scale: Scale;
  /** A stream of its own for each claim. */
  readonly key: Key;
  readonly options: CompileOptions;
  readonly signal: AbortSignal | undefined;
  /** Where long experiments keep what they have computed. */
  readonly folder: string | undefined;
  /** A stream that all claims of the paper have in common. */
  readonly common: Key;
  /**
   * A piece of work, done once for all claims of the paper and kept when the rest is interrupted: plain JSON.
   * @param name - unique in the paper.
   */
  piece<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Says how far the experiment is; throws when it was cancelled. */
  progress(detail: string): void;
}

/** What an experiment found; plain JSON, so that finished ones are kept when the rest is interrupted. */
export interface ExperimentResult {
  /** Our numbers in one sentence, with the size they were found at. */
  readonly ours: string;
  readonly status: Claim["status"];
  readonly figures?: readonly Figure[];
  readonly tables?: readonly DataTable[];
}

export interface PaperClaim {
  /** Letters, digits, `-`; unique in the paper. */
  readonly id: string;
  readonly claim: string;
  /** What the paper states or shows, in its terms. */
  readonly paper: string;
  /** The bar for `reproduced`. */
  readonly bar: string;
  /** A command that shows the same thing by itself. */
  readonly command: string;
  run(context: ExperimentContext): ExperimentResult | Promise<ExperimentResult>;
}

export interface Paper {
  /** As in `fathom repro ID`. */
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly claims: readonly PaperClaim[];
}

/** The setting of this scale. */
export function atScale<S extends Readonly<Record<Scale, unknown>>>(
  { scale }: ExperimentContext,
  settings: S,
): S[Scale] {
  return settings[scale];
}

/** `reproduced` where the bar is met. */
export function judged(met: boolean): Claim["status"] {
  return met ? "reproduced" : "not reproduced";
}
