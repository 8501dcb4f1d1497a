/**
 * @file Piecewise linear activations φ(z) = b z₊ − a z₋ as functions of the angle θ between two items (kernels.md §3, §4), for
 * where the angle is known better than their covariance tells it.
 */
import type { ScalarActivation } from "../../theory/index.ts";

/** Slopes left and right of 0. */
export interface Slopes {
  readonly a: number;
  readonly b: number;
}

/** The slopes of a piecewise linear activation; undefined for others. @example slopesOf(scalarHalf({ kind: "relu" })) // { a: 0, b: 1 } */
export function slopesOf({ kind, kernelOnly, f }: ScalarActivation): Slopes | undefined {
  const known = ["linear", "relu", "leakyRelu", "abRelu", "abs"].includes(kind) && kernelOnly !== true;
  return known ? { a: -f(-1), b: f(1) } : undefined;
}

/** E φ(u) φ(v) = a b c + (b − a)² s (sin θ + (π − θ) cos θ)/2π, c = s cos θ. */
export function valueAtAngle({ a, b }: Slopes, s: number, angle: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const rectified = (sine + (Math.PI - angle) * cosine) / (2 * Math.PI);
  return s * (a * b * cosine + (b - a) ** 2 * rectified);
}

/** E φ'(u) φ'(v) = a b + (b − a)² (π − θ)/2π. */
export function slopeAtAngle({ a, b }: Slopes, angle: number): number {
  return a * b + ((b - a) ** 2 * (Math.PI - angle)) / (2 * Math.PI);
}

/** D² after φ: a b D² + (b − a)² (D²/2 − (s/π)(sin θ − θ cos θ)). */
export function squareAfter({ a, b }: Slopes, square: number, s: number, angle: number): number {
  const rectified = square / 2 - (s / Math.PI) * sineMinusChord(angle);
  return a * b * square + (b - a) ** 2 * rectified;
}

/** Below it the series has all digits, and the difference loses some. */
const SMALL_ANGLE = 0.8;

/** sin θ − θ cos θ = Σ_k (−1)^{k+1} 2k θ^{2k+1}/(2k+1)!. */
function sineMinusChord(angle: number): number {
  if (angle > SMALL_ANGLE) return Math.sin(angle) - angle * Math.cos(angle);
  const square = angle * angle;
  let power = angle;
  let sum = 0;
  for (let k = 1; k <= 10; k++) {
    power *= -square / (2 * k * (2 * k + 1));
    sum -= 2 * k * power;
  }
  return sum;
}
