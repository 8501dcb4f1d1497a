/** @file Five numbers of a sample: its mean and the quantiles that a strip in a figure shows. */
import { meanOf } from "../theory/index.ts";

export interface Distribution {
  readonly mean: number;
  readonly q05: number;
  readonly median: number;
  readonly q95: number;
  readonly n: number;
}

/** Mean and quantiles of a sample of at least one value. */
export function distribution(values: ArrayLike<number>): Distribution {
  const sorted = Float64Array.from(values).sort();
  const mean = meanOf(sorted);
  return {
    mean,
    q05: quantile(sorted, 0.05),
    median: quantile(sorted, 0.5),
    q95: quantile(sorted, 0.95),
    n: sorted.length,
  };
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
