/**
 * @file The invariance behind asymptotic freeness (Collins and Hayase, arXiv 2103.13466; criticality.md §11): for orthogonal U
 * with U x^l = x^l, weights W_{l+1} U give every hidden unit and every φ' of W_{l+1}, and the same joint law, while U is Haar
 * on the other N - 1 dimensions, and so independent of what the units saw.
 */
import { FathomError, haar, type Key, type NdArray, ndarray, normal } from "../tensor/index.ts";
import { requireVariance, type ScalarActivation } from "../theory/index.ts";
import { positiveCount } from "./checks.ts";
import { applyMatrix, inputOfMoment, product, scaledHaar } from "./plain-layers.ts";

/**
 * A random orthogonal matrix that keeps x and is Haar on the rest: H diag(1, V) H with the reflection H that sends the first
 * axis to ±x/|x|, and V Haar of N - 1 dimensions.
 * @param x `[N]`, N ≥ 2, not zero.
 * @returns `[N, N]`.
 * @throws FathomError bad-input for fewer than two entries, a zero vector, or entries that are not finite.
 * @example rotationFixing(Float64Array.of(3, 4, 0), Key.fromSeed(0))
 */
export function rotationFixing(x: Float64Array, key: Key): NdArray<"float64"> {
  const n = positiveCount("N", x.length, 2);
  const norm = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  if (!(norm > 0 && Number.isFinite(norm))) {
    throw new FathomError({
      code: "bad-input",
      where: "x",
      message: "A vector of length 0, or with entries that are not finite, has no direction to keep.",
      hint: "Give the units of a layer that is alive.",
    });
  }
  const v = x.map((value) => value / norm);
  // The sign that does not cancel; 0 counts as positive.
  v[0]! -= v[0]! < 0 ? 1 : -1;
  const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < n; i++) v[i]! /= length;
  const inner = haar(key, "float64", n - 1, n - 1).data;
  const U = new Float64Array(n * n);
  U[0] = 1;
  for (let i = 1; i < n; i++) U.set(inner.subarray((i - 1) * (n - 1), i * (n - 1)), i * n + 1);
  reflectRows(U, v);
  reflectColumns(U, v);
  return ndarray("float64", [n, n], U);
}

/** Every row r := r - 2 (r·v) v. */
function reflectRows(matrix: Float64Array, v: Float64Array): void {
  const n = v.length;
  for (let i = 0; i < n; i++) {
    let along = 0;
    for (let j = 0; j < n; j++) along += matrix[i * n + j]! * v[j]!;
    for (let j = 0; j < n; j++) matrix[i * n + j]! -= 2 * along * v[j]!;
  }
}

function reflectColumns(matrix: Float64Array, v: Float64Array): void {
  const n = v.length;
  const along = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) along[j]! += v[i]! * matrix[i * n + j]!;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! -= 2 * v[i]! * along[j]!;
}

export interface InvarianceOptions {
  readonly activation: ScalarActivation;
  readonly width: number;
  readonly sw2: number;
  readonly sb2: number;
  /** |x|²/N of the input; 1 unless said. */
  readonly inputMoment?: number;
  readonly key: Key;
}

/** What the construction must show: rounding, rounding, rounding, and a change of order 1. All are largest absolute values. */
export interface InvarianceReport {
  /** U x - x. */
  readonly fixed: number;
  /** U Uᵀ - I. */
  readonly orthogonal: number;
  /** Hidden preactivations of three layers, before and after W → W U in the second and third. */
  readonly units: number;
  /** W U - W. */
  readonly weights: number;
}

/**
 * Carries out the construction on a sampled network of three Haar layers.
 * @throws FathomError bad-input for a width below 2 or variances that are none.
 * @example invariance({ activation: scalarActivation("relu"), width: 128, sw2: 2, sb2: 0.1, key: Key.fromSeed(0) })
 */
export function invariance(options: InvarianceOptions): InvarianceReport {
  const { activation, width: n, sw2, sb2, inputMoment = 1, key } = options;
  positiveCount("width", n, 2);
  requireVariance(sw2, "sw2");
  requireVariance(sb2, "sb2");
  requireVariance(inputMoment, "inputMoment");
  const bias = (l: number) =>
    normal(key.split("bias").split(l), "float64", [n], { std: Math.sqrt(sb2) }).data;
  const add = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!);
  const x = inputOfMoment(key.split("input"), n, inputMoment).data;
  const start = add(applyMatrix(scaledHaar(key.split("weight").split(1), n, sw2), x), bias(1));
  let [h, turned] = [start, start];
  const report = { fixed: 0, orthogonal: 0, units: 0, weights: 0 };
  for (const l of [2, 3]) {
    const W = scaledHaar(key.split("weight").split(l), n, sw2);
    const units = h.map(activation.f);
    const U = rotationFixing(units, key.split("rotation").split(l));
    const WU = product(W, U.data, n);
    report.fixed = Math.max(report.fixed, largest(applyMatrix(U.data, units), units));
    report.orthogonal = Math.max(report.orthogonal, distanceFromIdentity(U.data, n));
    report.weights = Math.max(report.weights, largest(WU, W));
    h = add(applyMatrix(W, units), bias(l));
    turned = add(applyMatrix(WU, turned.map(activation.f)), bias(l));
    report.units = Math.max(report.units, largest(turned, h));
  }
  return report;
}

function largest(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

function distanceFromIdentity(U: Float64Array, n: number): number {
  let most = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < n; k++) sum += U[i * n + k]! * U[j * n + k]!;
      most = Math.max(most, Math.abs(sum));
    }
  }
  return most;
}
