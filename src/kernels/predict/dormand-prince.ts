/**
 * @file The explicit Runge–Kutta pair of orders 5 and 4 of Dormand and Prince (1980), with steps chosen so that the estimated
 * error of each stays within a tolerance.
 */
import { FathomError } from "../../tensor/index.ts";
import { turns } from "../turns.ts";

/** dy/ds at (s, y), written into `out`. */
export type Derivative = (s: number, y: Float64Array, out: Float64Array) => void;

interface IntegrationOptions {
  readonly from: number;
  readonly to: number;
  /** Error of a step beside the size of each number; 1e-6 unless said. */
  readonly relativeTolerance?: number | undefined;
  /** Error that is always small enough; 1e-6 unless said. */
  readonly absoluteTolerance?: number;
  /** Gives up after as many steps; 100,000 unless said. */
  readonly maximumSteps?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of the tableau: weights of the slopes so far. */
const stages = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
] as const;
const nodes = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1] as const;
/** Fifth order minus fourth order. */
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40] as const;

/** A step from y at s to s + h. */
interface Step {
  readonly s: number;
  readonly h: number;
  readonly y: Float64Array;
}

/**
 * Integrates dy/ds from a start; the event loop has a turn between steps.
 * @returns y at `to`; the start is not changed.
 * @throws FathomError failed when the steps do not suffice or y leaves the finite numbers; the signal's reason.
 * @example (await integrate((s, y, out) => { out[0] = -y[0]!; }, Float64Array.of(1), { from: 0, to: 1 }))[0] // e⁻¹
 */
export async function integrate(
  derivative: Derivative,
  start: Float64Array,
  options: IntegrationOptions,
): Promise<Float64Array> {
  const { from, to, maximumSteps = 100_000, signal } = options;
  let y: Float64Array = Float64Array.from(start);
  if (to <= from) return y;
  const slopes = Array.from({ length: 7 }, () => new Float64Array(y.length));
  derivative(from, y, slopes[0]!);
  let s = from;
  let h = firstStep(y, slopes[0]!, options);
  const turn = turns(signal);
  for (let step = 0; s < to; step++) {
    if (step === maximumSteps || !(h > 0)) throw noSteps(s, options, step);
    signal?.throwIfAborted();
    await turn();
    h = Math.min(h, to - s);
    const next = trial(derivative, { s, h, y }, slopes);
    const error = scaledError({ h, y, next }, slopes, options);
    if (error <= 1) {
      s = to - s <= h ? to : s + h;
      y = next;
      // First same as last: the slope at the end of a step opens the next one.
      [slopes[0], slopes[6]] = [slopes[6]!, slopes[0]!];
    }
    h *= Number.isFinite(error) ? Math.min(5, Math.max(0.2, 0.9 * error ** -0.2)) : 0.1;
  }
  return y;
}

/** y after a step, with all its slopes; the last weights are those of the fifth order. */
function trial(derivative: Derivative, { s, h, y }: Step, slopes: readonly Float64Array[]): Float64Array {
  let at = y;
  stages.forEach((weights, stage) => {
    at = Float64Array.from(y);
    weights.forEach((weight, i) => {
      if (weight === 0) return;
      const slope = slopes[i]!;
      for (let j = 0; j < at.length; j++) at[j]! += h * weight * slope[j]!;
    });
    derivative(s + nodes[stage]! * h, at, slopes[stage + 1]!);
  });
  return at;
}

/** Root mean square of the error beside what is allowed: a step is good below 1. */
function scaledError(
  { h, y, next }: Omit<Step, "s"> & { readonly next: Float64Array },
  slopes: readonly Float64Array[],
  { relativeTolerance = 1e-6, absoluteTolerance = 1e-6 }: IntegrationOptions,
): number {
  let sum = 0;
  for (let j = 0; j < y.length; j++) {
    let error = 0;
    for (let i = 0; i < 7; i++) error += errorWeights[i]! * slopes[i]![j]!;
    const allowed = absoluteTolerance + relativeTolerance * Math.max(Math.abs(y[j]!), Math.abs(next[j]!));
    sum += ((h * error) / allowed) ** 2;
  }
  return Math.sqrt(sum / Math.max(1, y.length));
}

/** Hairer, Nørsett and Wanner II.4: a hundredth of the time in which y would change by its own size. */
function firstStep(y: Float64Array, slope: Float64Array, { from, to }: IntegrationOptions): number {
  const size = Math.max(1e-5, norm(y));
  const speed = norm(slope);
  return speed > 0 && Number.isFinite(speed) ? Math.min(to - from, (0.01 * size) / speed) : (to - from) / 100;
}

function norm(v: Float64Array): number {
  return Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
}

function noSteps(s: number, { from, to }: IntegrationOptions, steps: number): FathomError {
  const done = ((100 * (s - from)) / (to - from)).toPrecision(3);
  return new FathomError({
    code: "failed",
    where: "t",
    message: `Gradient flow was followed for ${done} % of the time in ${steps} steps, and no further.`,
    hint: "Ask for an earlier time: the largest eigenvalue of the kernel bounds the steps, or the outputs diverge.",
  });
}
