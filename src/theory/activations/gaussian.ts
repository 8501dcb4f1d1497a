/**
 * @file a exp(b x²) (kernels.md §3): E φφ = a²/D, E φ'φ' = 4a²b² C/D³, D² = (1 - 2b Ka)(1 - 2b Kb) - 4b²C². For b > 0 these exist
 * only where D² > 0 and 2b Ka, 2b Kb < 1: beyond, the single moments are Infinity, and duals are refused.
 */
import { FathomError } from "../../tensor/index.ts";
import type { GaussianMoments, ScalarActivation } from "../activation.ts";
import { requireFinite } from "../checks.ts";
import { gramRoot } from "../pair-geometry.ts";

function refuse(b: number, Ka: number, Kb: number, C: number): never {
  throw new FathomError({
    code: "bad-input",
    message: `E φ(u) φ(v) of gaussian with b = ${b} diverges at variances ${Ka}, ${Kb} and covariance ${C}.`,
    where: "gaussian.b",
    hint: "Take b < 0, or keep (1 - 2b Ka)(1 - 2b Kb) > 4b²C² with 2b Ka, 2b Kb < 1.",
  });
}

/** D, written so that nothing cancels at C = ±sqrt(Ka Kb). */
function root(b: number, Ka: number, Kb: number, C: number): number {
  const gram = 2 * b * gramRoot(Ka, Kb, C);
  if (b <= 0) return Math.hypot(Math.sqrt(1 - 2 * b * Ka - 2 * b * Kb), gram);
  const square = 1 - 2 * b * (Ka + Kb) + gram * gram;
  return 2 * b * Math.max(Ka, Kb) < 1 && square > 0 ? Math.sqrt(square) : refuse(b, Ka, Kb, C);
}

interface GaussianParameters {
  readonly a?: number;
  readonly b?: number;
}

/** @throws FathomError `bad-input` for a non-finite parameter. */
export function gaussian({ a = 1, b = -1 }: GaussianParameters = {}): ScalarActivation {
  requireFinite(a, "gaussian.a");
  requireFinite(b, "gaussian.b");
  const f = (x: number) => (a === 0 ? 0 : a * Math.exp(b * x * x));
  return {
    kind: "gaussian",
    parameters: { a, b },
    f,
    df: (x) => (b === 0 || x === 0 ? 0 : slopeOf(f, b, x)),
    d2f: (x) => (f(x) === 0 ? 0 : (2 * b + 4 * b * b * x * x) * f(x)),
    kinks: [],
    taylor: [a, 0, 2 * a * b, 0],
    moments: momentsOf({ a, b }),
  };
}

function momentsOf({ a, b }: Required<GaussianParameters>): GaussianMoments {
  const square = a * a;
  /** c K^n (1 - qbK)^-r, Infinity where the mean of exp(qbh²/2) diverges. */
  const moment = (c: number, n: number, q: number, r: number) => (K: number) => {
    const rest = 1 - q * b * K;
    if (c === 0) return 0;
    // K/rest first: each of K^n and rest^r may leave float64.
    return rest > 0 ? c * (K / rest) ** n * rest ** (n - r) : Number.POSITIVE_INFINITY * Math.sign(c);
  };
  return {
    B: moment(square, 0, 4, 1 / 2),
    A: moment(4 * square * b * b, 1, 4, 3 / 2),
    chiK: moment(2 * b * square, 0, 4, 3 / 2),
    m: moment(a, 0, 2, 1 / 2),
    A4: moment(48 * (square * b * b) ** 2, 2, 8, 5 / 2),
    fourth: moment(square * square, 0, 8, 1 / 2),
    mixedFourth: moment(4 * square * square * b * b, 1, 8, 3 / 2),
    radial: moment(2 * b * square, 1, 4, 3 / 2),
    dual: (Ka, Kb, C) => square / root(b, Ka, Kb, C),
    dualDerivative: (Ka, Kb, C) => {
      const D = root(b, Ka, Kb, C);
      return (4 * square * b * b * (C / D)) / D / D;
    },
  };
}

/** φ'(x) = 2 b x φ(x), 0 where φ underflowed. */
function slopeOf(f: (x: number) => number, b: number, x: number): number {
  const value = f(x);
  return value === 0 ? 0 : 2 * b * x * value;
}
