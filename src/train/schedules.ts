/**
 * @file Learning-rate schedules. Rates are computed on the host in float64, per step, and fed to the compiled loop as
 * rounded scalars; so one compiled trainer serves every schedule, and a resumed run sees the same rates.
 */
import { type FloatDType, type NdArray, ndarray } from "../tensor/index.ts";

export type ScheduleKind = "constant" | "linear" | "cosine";

/** How the rate moves over a run. */
export interface Schedule {
  readonly kind: ScheduleKind;
  /** Steps over which the rate first rises linearly to its full value; 0 unless said. */
  readonly warmup: number;
}

/** Fraction of the full rate left at progress p in [0, 1) after the warm-up. */
const decays: Readonly<Record<ScheduleKind, (p: number) => number>> = {
  constant: () => 1,
  linear: (p) => 1 - p,
  cosine: (p) => 0.5 * (1 + Math.cos(Math.PI * p)),
};

export const scheduleKinds = Object.keys(decays) as ScheduleKind[];

/**
 * The factor on the learning rate at a step: (step + 1) / warmup while it warms up, then the decay at progress
 * p = (step - warmup) / (steps - warmup); the first step after the warm-up has the full rate, the last one the decay
 * at 1 - 1/(steps - warmup) (training.md §1.1, per step instead of per epoch).
 * @param step From 0 to steps - 1.
 * @param steps Length of the whole run.
 * @example scheduleFactor({ kind: "cosine", warmup: 0 }, 50, 100) // 0.5
 */
export function scheduleFactor({ kind, warmup }: Schedule, step: number, steps: number): number {
  if (step < warmup) return (step + 1) / warmup;
  return decays[kind]((step - warmup) / (steps - warmup));
}

/** What fixes the rate of every step of a run. */
export interface RatePlan {
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly steps: number;
}

/**
 * The rates of steps start … start + count - 1.
 * @returns Array [count].
 * @example learningRates({ learningRate: 0.1, schedule: { kind: "linear", warmup: 10 }, steps: 300 }, "float32", 0, 20)
 */
export function learningRates<D extends FloatDType>(
  { learningRate, schedule, steps }: RatePlan,
  dtype: D,
  start: number,
  count: number,
): NdArray<D> {
  const rates = Array.from(
    { length: count },
    (_, i) => learningRate * scheduleFactor(schedule, start + i, steps),
  );
  return ndarray(dtype, [count], rates);
}
