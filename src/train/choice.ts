/**
 * @file Choice by validation: which weights are the best so far, and whether to go on. The state after some validations is a
 * function of them alone, so a resumed run, which reads them from its metrics, chooses as it would have.
 */
import { z } from "zod";
import type { Evaluation } from "./evaluate.ts";
import { parse } from "./options.ts";

/** Ends a run when validations no longer improve. */
export interface EarlyStopping {
  /** Validations in a row without improvement after which the run ends. */
  readonly patience: number;
  /** What counts as an improvement: at least so much less; any unless said. */
  readonly minChange?: number;
  /** What is looked at; loss unless said. */
  readonly on?: "loss" | "error";
}

export type EarlyStoppingOptions = Required<EarlyStopping>;

const earlyStopping = z.strictObject({
  patience: z.int().min(1).describe("a number of validations: a whole number, 1 or more"),
  minChange: z.number().min(0).default(0).describe("a finite number, 0 or more"),
  on: z.enum(["loss", "error"]).default("loss").describe("loss or error"),
});

/** @throws FathomError bad-input naming the field. */
export function parseEarlyStopping(spec: EarlyStopping): EarlyStoppingOptions {
  return parse(earlyStopping as z.ZodType<EarlyStoppingOptions>, spec, "earlyStopping");
}

/** A validation and the step it was made at: of the last weights, and of the averages that have taken some. */
export interface ValidationAt extends Evaluation {
  readonly step: number;
  readonly averaged?: Readonly<Record<string, Evaluation>>;
}

/** A model and its validation. */
export interface Candidate {
  /** `last`, or the name of an average. */
  readonly of: string;
  readonly step: number;
  readonly validation: Evaluation;
}

/** The best of some validations by loss or error; the earlier, and the last weights before averages, at ties. */
export function bestOf(
  validations: readonly ValidationAt[],
  { on = "loss", minChange = 0 }: Partial<EarlyStopping> = {},
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const { step, averaged, ...last } of validations) {
    for (const [of, validation] of Object.entries({ last, ...averaged })) {
      const value = validation[on];
      const least = best === undefined ? Number.POSITIVE_INFINITY : best.validation[on] - minChange;
      if (value < least) best = { of, step, validation };
    }
  }
  return best;
}

/** Whether the last `patience` validations have brought nothing better. */
export function isExhausted(validations: readonly ValidationAt[], options: EarlyStoppingOptions): boolean {
  const best = bestOf(validations, options);
  const since = validations.filter(({ step }) => best === undefined || step > best.step).length;
  return since >= options.patience;
}
