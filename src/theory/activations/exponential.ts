/**
 * @file a exp(b x) (kernels.md §3): E φφ = a² exp(b²((Ka + Kb)/2 + C)). Its moments leave float64 once b² K passes a few
 * hundred, and are Infinity from there.
 */
import type { ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function exponential({
  a = 1,
  b = 1,
}: {
  readonly a?: number;
  readonly b?: number;
} = {}): ScalarActivation {
  requireFinite(a, "exp.a");
  requireFinite(b, "exp.b");
  const scale = b * b;
  /** c e^x, 0 for c = 0 however large x is. */
  const grown = (c: number, x: number) => (c === 0 ? 0 : c * Math.exp(x));
  const square = a * a;
  const pair = (Ka: number, Kb: number, C: number) => scale * (Ka / 2 + Kb / 2 + C);
  return {
    kind: "exp",
    parameters: { a, b },
    f: (x) => grown(a, b * x),
    df: (x) => grown(a * b, b * x),
    d2f: (x) => grown(a * scale, b * x),
    kinks: [],
    taylor: [a, a * b, a * scale, a * b * scale],
    moments: {
      B: (K) => grown(square, 2 * scale * K),
      A: (K) => grown(square * scale, 2 * scale * K),
      chiK: (K) => grown(2 * square * scale, 2 * scale * K),
      m: (K) => grown(a, (scale * K) / 2),
      A4: (K) => grown((square * scale) ** 2, 8 * scale * K),
      fourth: (K) => grown(square * square, 8 * scale * K),
      mixedFourth: (K) => grown(square * square * scale, 8 * scale * K),
      radial: (K) => (K === 0 ? 0 : grown(2 * square * scale * K, 2 * scale * K)),
      dual: (Ka, Kb, C) => grown(square, pair(Ka, Kb, C)),
      dualDerivative: (Ka, Kb, C) => grown(square * scale, pair(Ka, Kb, C)),
      dualOfSquares: (Ka, Kb, C) => grown(square * square, 4 * pair(Ka, Kb, C)),
    },
  };
}
