/**
 * @file What a comparison of optimisers finds at the end of a run: the last weights and their average, each with its errors
 * and the loss around it. Plain JSON, so that journals keep it.
 */
import type { Evaluation, TrainingRun } from "../../train/index.ts";

/** Which weights: the last ones or the average, of the base optimiser or of SAM. `wasam` is the average of SAM's. */
export const methods = ["base", "swa", "sam", "wasam"] as const;
export type Method = (typeof methods)[number];

export interface Score {
  readonly loss: number;
  readonly error: number;
}

/** The loss around a solution, on training rows. Flatness means nothing without the loss beside it (training.md §1.7). */
export interface Flatness {
  /** Radius of the sharpness. */
  readonly rho: number;
  readonly loss: number;
  readonly lambdaMax: number;
  /** The part of λ_max that Lanczos leaves open. */
  readonly residual: number;
  readonly trace: number;
  readonly traceSe: number;
  /** S_ρ: the worst case by projected ascent, and the mean over random perturbations of that length. */
  readonly worst: number;
  readonly average: number;
}

export interface Solution {
  readonly method: Method;
  /** SAM's radius; 0 of the base optimiser. */
  readonly rho: number;
  readonly train: Score;
  readonly validation: Score;
  readonly test: Score;
  /** Gradients of a batch that its run took. */
  readonly evaluations: number;
  readonly flatness?: Flatness;
}

/** Rows that solutions are judged on. */
export interface JudgedRows {
  readonly train: ArrayLike<number>;
  readonly validation: ArrayLike<number>;
  readonly test?: ArrayLike<number>;
}

/** The name of the one average that these comparisons keep. */
export const averageName = "swa";

/** Errors of the last weights of a run, or of its average. */
export async function scoresOf(
  run: TrainingRun,
  rows: JudgedRows,
  which: "last" | "average",
): Promise<Pick<Solution, "train" | "validation" | "test">> {
  const of = which === "average" ? { average: averageName } : {};
  const test = rows.test === undefined ? {} : { rows: rows.test };
  return {
    train: score(await run.evaluate({ split: "train", rows: rows.train, ...of })),
    validation: score(await run.evaluate({ split: "train", rows: rows.validation, ...of })),
    test: score(await run.evaluate({ split: "test", ...test, ...of })),
  };
}

function score({ loss, error }: Evaluation): Score {
  return { loss, error };
}
