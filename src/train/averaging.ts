/** @file Averages of the trained weights, carried from step to step: w̄ += c(w - w̄), from 0 at the start (training.md §1.3). */
import { add, choose, equal, input, mul, sub, type Tensor } from "../expr/index.ts";
import type { Tensors } from "./norms.ts";

/** The input that holds an average of a parameter. */
export function averageInput(average: string, parameter: string): string {
  return `average:${average}:${parameter}`;
}

/** The per-step input c of an average: 1/(n + 1) for the (n + 1)-th weights taken, 1 - a for EMA, 0 for none. */
export function averageRateInput(average: string): string {
  return `averageRate:${average}`;
}

/** Averages as carried values. */
export interface CarriedAverages {
  readonly inputs: Record<string, Tensor>;
  /** Under the same names. */
  readonly next: Record<string, Tensor>;
  /** The per-step inputs. */
  readonly rates: readonly Tensor[];
}

/** @param next The trained parameters after the step. */
export function carriedAverages(
  averages: readonly string[],
  parameters: Tensors,
  next: Tensors,
): CarriedAverages {
  const inputs: Record<string, Tensor> = {};
  const after: Record<string, Tensor> = {};
  const rates = averages.map((average) => {
    const rate = input(averageRateInput(average), [], Object.values(parameters)[0]!.dtype);
    for (const [name, { shape, dtype }] of Object.entries(parameters)) {
      const key = averageInput(average, name);
      const held = input(key, shape, dtype);
      inputs[key] = held;
      after[key] = choose(equal(rate, 0), held, add(held, mul(sub(next[name]!, held), rate)));
    }
    return rate;
  });
  return { inputs, next: after, rates };
}
