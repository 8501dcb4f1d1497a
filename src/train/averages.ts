/**
 * @file When averages of weights take a snapshot, and with which coefficient (training.md §1.3). The host computes the
 * coefficient c of every step, w̄ ← w̄ + c(w - w̄), and feeds it to the compiled loop: 1/(n + 1) for the (n + 1)-th
 * snapshot, 1 - a for a moving average after its first one, 0 where none is taken. It is a function of the step alone, so
 * a run that is resumed in the middle of averaging goes on to the same bits.
 */
import { type FloatDType, type NdArray, ndarray } from "../tensor/index.ts";
import type { AverageOptions } from "./average-options.ts";
import { badOption } from "./options.ts";
import type { RunLength } from "./schedule-options.ts";
import type { Schedule } from "./schedules.ts";

/** What fixes the snapshots of a run. */
export interface AveragePlan extends RunLength {
  readonly schedule: Schedule;
}

/** Snapshots that come at multiples of something, counted after `steps` steps: the multiples reached, and the first that counts. */
interface Beat {
  readonly reached: (steps: number) => number;
  readonly first: number;
}

/**
 * Snapshots that an average has taken after some steps. At the end of every epoch e ≥ ⌊start·E⌋, E whole epochs in the
 * run; or at every k-th step, or the end of every cycle, from step ⌊start·steps⌋ on.
 * @example snapshotsAfter({ name: "swa", start: 0.5, every: 10 }, plan, 60) // 2 in a run of 100 steps: at 50 and 60
 */
export function snapshotsAfter(average: AverageOptions, plan: AveragePlan, steps: number): number {
  const { reached, first } = beatOf(average, plan);
  return Math.max(0, reached(steps) - (first - 1));
}

function beatOf({ every, start }: AverageOptions, { steps, rows, batch, schedule }: AveragePlan): Beat {
  if (every === "epoch") {
    const reached = (taken: number) => Math.floor((taken * batch) / rows);
    return { reached, first: Math.max(1, Math.floor(start * reached(steps))) };
  }
  const [offset, length] =
    every === "cycle" && schedule.kind === "cyclic" ? [schedule.warmup, schedule.cycle] : [0, Number(every)];
  const from = Math.floor(start * steps);
  return {
    reached: (taken) => Math.floor((taken - offset) / length),
    first: Math.max(1, Math.ceil((from - offset) / length)),
  };
}

/**
 * The coefficients of steps start … start + count - 1.
 * @returns Array [count].
 */
export function averageRates<D extends FloatDType>(
  average: AverageOptions,
  plan: AveragePlan,
  { dtype, start, count }: { readonly dtype: D; readonly start: number; readonly count: number },
): NdArray<D> {
  const rates = Array.from({ length: count }, (_, i) => {
    const before = snapshotsAfter(average, plan, start + i);
    if (snapshotsAfter(average, plan, start + i + 1) === before) return 0;
    return average.ema === undefined || before === 0 ? 1 / (before + 1) : 1 - average.ema;
  });
  return ndarray(dtype, [count], rates);
}

/** @throws FathomError bad-input naming the average that would take no snapshot before the run ends. */
export function checkAverages(averages: readonly AverageOptions[], plan: AveragePlan): void {
  for (const [i, average] of averages.entries()) {
    const { start, every } = average;
    if (every === "cycle" && plan.schedule.kind !== "cyclic") {
      throw badOption(
        `averages[${i}].every`,
        every,
        '"epoch" or a number of steps where the schedule is not cyclic',
      );
    }
    if (snapshotsAfter(average, plan, plan.steps) > 0) continue;
    const epochs = Math.floor((plan.steps * plan.batch) / plan.rows);
    const length = `a run of ${plan.steps} steps with ${epochs} whole epochs`;
    if (every === "epoch") {
      throw badOption(
        `averages[${i}].every`,
        every,
        `a number of steps that ${length} reaches after its start at ${start}`,
      );
    }
    throw badOption(
      `averages[${i}].start`,
      start,
      `early enough that ${length} still has a snapshot after it`,
    );
  }
}
