/**
 * @file From a regression on ±1 targets to classes: the class with the largest mean, and the probability of each class to
 * have the largest output under the posterior.
 */
import erfc from "@stdlib/math-base-special-erfc";
import { type NdArray, zeros } from "../../tensor/index.ts";
import { badInput, badShape, checkFinite } from "./checks.ts";
import type { Float64 } from "./dense.ts";

/** Classes of M items. */
export interface ClassScores {
  /** The class with the largest mean (the first of equal ones), [M]. */
  readonly predicted: NdArray<"int32">;
  /** The largest mean less the second largest, [M]; 0 where there is one class. */
  readonly margin: Float64;
  /** [M, C], rows add up to 1; where variances were given. */
  readonly probabilities?: Float64;
}

/** What turns means into probabilities. */
export interface ScoreOptions {
  /** Posterior variance of each item, the same for all outputs, [M]. */
  readonly variance?: Float64;
  /**
   * What the variances are multiplied by, 1 unless said. Means do not depend on the scale of a kernel, variances are
   * proportional to it: `evidenceScale` gives the scale that the targets make most likely.
   */
  readonly scale?: number;
}

/**
 * Classes from means, and with variances the probabilities that each output is the largest: ∫ φ(z) Π_{j≠c} Φ(z + (m_c − m_j)/σ) dz
 * with outputs independent under the posterior. They express the uncertainty of the regression about its function values; they are
 * no frequencies that were calibrated on data.
 * @param mean [M, C].
 * @throws FathomError bad-shape where means are no matrix or variances do not meet them; bad-input for means that are not finite,
 * variances that are negative (beyond rounding) or a scale ≤ 0.
 * @example classScores(mean, { variance, scale: posterior.evidenceScale() }).probabilities // [M, C]
 */
export function classScores(mean: Float64, { variance, scale = 1 }: ScoreOptions = {}): ClassScores {
  const [items, classes] = mean.shape;
  if (mean.shape.length !== 2 || classes! < 1)
    throw badShape("mean", "Means are one row an item and one column a class.", "Give [M, C].");
  checkFinite(mean, "mean");
  const predicted = zeros("int32", [items!]);
  const margin = zeros("float64", [items!]);
  for (let i = 0; i < items!; i++) {
    const row = mean.data.subarray(i * classes!, (i + 1) * classes!);
    predicted.data[i] = row.indexOf(Math.max(...row));
    margin.data[i] = gapOf(row);
  }
  if (variance === undefined) return { predicted, margin };
  if (!(scale > 0)) throw badInput("scale", `The scale is ${scale}.`, "Give a number above 0.");
  checkVariances(variance, items!);
  const probabilities = zeros("float64", mean.shape);
  for (let i = 0; i < items!; i++) {
    const row = mean.data.subarray(i * classes!, (i + 1) * classes!);
    probabilities.data.set(largestProbabilities(row, Math.max(0, variance.data[i]! * scale)), i * classes!);
  }
  return { predicted, margin, probabilities };
}

function gapOf(row: Float64Array): number {
  if (row.length < 2) return 0;
  const [first, second] = row.toSorted((a, b) => b - a);
  return first! - second!;
}

function checkVariances(variance: Float64, items: number): void {
  if (variance.shape.length !== 1 || variance.shape[0] !== items)
    throw badShape("variance", "Variances are one number an item.", `Give [${items}].`);
  const largest = variance.data.reduce((most, value) => Math.max(most, value), 0);
  const at = variance.data.findIndex((value) => !(value >= -1e-6 * largest));
  if (at < 0) return;
  throw badInput(
    `variance[${at}]`,
    `The variance is ${variance.data[at]}.`,
    "A larger jitter keeps posterior variances above 0.",
  );
}

/** Nodes of the trapezoidal rule in standard deviations: exact to rounding for functions as smooth as these. */
const reach = 9;
const step = 0.125;

/** Of each class to be the largest; without variance the largest means share the certainty. */
function largestProbabilities(mean: Float64Array, variance: number): Float64Array {
  const sigma = Math.sqrt(variance);
  const out = new Float64Array(mean.length);
  const most = Math.max(...mean);
  if (sigma <= 1e-12 * Math.abs(most) || sigma === 0) {
    const shared = mean.filter((value) => value === most).length;
    return out.map((_, c) => (mean[c] === most ? 1 / shared : 0));
  }
  for (let c = 0; c < mean.length; c++) {
    for (let z = -reach; z <= reach; z += step) {
      let term = Math.exp(-z * z * 0.5);
      for (let j = 0; j < mean.length && term > 0; j++)
        if (j !== c) term *= normalCdf(z + (mean[c]! - mean[j]!) / sigma);
      out[c]! += term;
    }
  }
  const total = out.reduce((sum, value) => sum + value, 0);
  return out.map((value) => value / total);
}

function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}
