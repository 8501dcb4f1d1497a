/**
 * @file Learning-rate schedules (training.md §1.1, per step instead of per epoch). Rates are computed on the host in
 * float64 and fed to the compiled loop as rounded scalars; so one compiled trainer serves every schedule, and a resumed
 * run sees the same rates.
 */
import { type FloatDType, type NdArray, ndarray } from "../tensor/index.ts";

interface Warmed {
  /** Steps over which the rate first rises linearly to its full value; 0 unless said. */
  readonly warmup: number;
}

/** constant; linear or cosine to 0 at the end of the run. */
export interface PlainSchedule extends Warmed {
  readonly kind: "constant" | "linear" | "cosine";
}

/** The rate is multiplied by `factor` at each milestone. */
export interface MultistepSchedule extends Warmed {
  readonly kind: "multistep";
  /** Steps, counted from the beginning of the run, in rising order. */
  readonly milestones: readonly number[];
  readonly factor: number;
}

/** Cosine from the full rate to `low` of it over the first `start` of the run, and constant after it: made for averages. */
export interface SwaSchedule extends Warmed {
  readonly kind: "swa";
  /** Fraction of the run. */
  readonly start: number;
  readonly low: number;
}

/** Within each cycle linear from the full rate at its first step to `low` of it at its last one. */
export interface CyclicSchedule extends Warmed {
  readonly kind: "cyclic";
  /** Steps of a cycle. */
  readonly cycle: number;
  readonly low: number;
}

/** How the rate moves over a run. */
export type Schedule = PlainSchedule | MultistepSchedule | SwaSchedule | CyclicSchedule;
export type ScheduleKind = Schedule["kind"];

export const scheduleKinds: readonly ScheduleKind[] = [
  "constant",
  "linear",
  "cosine",
  "multistep",
  "swa",
  "cyclic",
];

const cosine = (p: number) => 0.5 * (1 + Math.cos(Math.PI * p));

/** Fraction of the full rate at a step after the warm-up, in a run of `steps` steps. */
function decay(schedule: Schedule, step: number, steps: number): number {
  const since = step - schedule.warmup;
  const p = since / (steps - schedule.warmup);
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "linear":
      return 1 - p;
    case "cosine":
      return cosine(p);
    case "multistep":
      return schedule.factor ** schedule.milestones.filter((at) => at <= step).length;
    case "swa": {
      const { low, warmup } = schedule;
      const flat = schedule.start * steps;
      return step >= flat ? low : low + (1 - low) * cosine(since / (flat - warmup));
    }
    case "cyclic": {
      const { cycle, low } = schedule;
      return cycle === 1 ? low : 1 - (1 - low) * ((since % cycle) / (cycle - 1));
    }
  }
}

/**
 * The factor on the learning rate at a step: (step + 1) / warmup while it warms up, then the decay. For linear and
 * cosine that is taken at progress p = (step - warmup) / (steps - warmup): the first step after the warm-up has the full
 * rate, the last one the decay at 1 - 1/(steps - warmup).
 * @param step From 0 to steps - 1.
 * @param steps Length of the whole run.
 * @example scheduleFactor({ kind: "cosine", warmup: 0 }, 50, 100) // 0.5
 */
export function scheduleFactor(schedule: Schedule, step: number, steps: number): number {
  if (step < schedule.warmup) return (step + 1) / schedule.warmup;
  return decay(schedule, step, steps);
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
