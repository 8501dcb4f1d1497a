/**
 * @file A training run: its weights, optimiser state and losses, advanced by calls of a trainer's compiled loop. Runs of
 * one trainer are independent, so a sweep advances many of them in turn and drops the worst (successive halving).
 */
import type { LoopExecutable } from "../runtime/index.ts";
import { type FloatDType, filled, type NdArray } from "../tensor/index.ts";
import type { BatchOrder, EpochPosition } from "./batches.ts";
import type { Evaluation, EvaluationSplit } from "./evaluate.ts";
import type { NoiseStream } from "./noise.ts";
import { parseCount } from "./options.ts";
import type { Pace } from "./pace.ts";
import { learningRates, type RatePlan } from "./schedules.ts";
import { LEARNING_RATE, LOSS, RHO, ROWS } from "./step.ts";

/** `diverged`: a loss or a weight is no longer finite; the run stays at the step where that first happened. */
export type RunStatus = "running" | "done" | "diverged";

type Arrays = Readonly<Record<string, NdArray>>;
type Floats = Float32Array | Float64Array;

/** All that a run needs to go on: plain data, shared and not copied; treat the arrays as read-only. */
export interface Snapshot {
  /** Steps taken. */
  readonly step: number;
  readonly status: RunStatus;
  /** Trained and frozen parameters and buffers by name. */
  readonly parameters: Arrays;
  /** Optimiser state by name. */
  readonly state: Arrays;
  /** Loss of each step taken, [step]. */
  readonly losses: Float64Array;
}

/** What a trainer hands to its runs. */
export interface RunParts {
  readonly loop: LoopExecutable;
  readonly shared: Arrays;
  /** Every array of the model: trained and frozen parameters, buffers. */
  readonly weightNames: readonly string[];
  /** Those of them that stay as they are. */
  readonly frozenNames: readonly string[];
  readonly dtype: FloatDType;
  readonly pace: Pace;
  readonly order: BatchOrder;
  readonly noise: NoiseStream;
  readonly plan: RatePlan;
  /** ρ of SAM; undefined where the step does not take it. */
  readonly rho: number | undefined;
  readonly evaluate: (parameters: Arrays, where: EvaluationSplit) => Promise<Evaluation>;
  readonly snapshot: Snapshot;
}

/** State between two calls of the loop. */
interface Position {
  readonly step: number;
  readonly carry: Arrays;
}

interface Call extends Position {
  readonly losses: Floats;
}

/** One run; made by `Trainer.start` or `Trainer.resume`. Await each `advance` before the next. */
export class TrainingRun {
  readonly #parts: RunParts;
  readonly #frozen: Arrays;
  #at: Position;
  #losses: Float64Array;
  #status: RunStatus;

  constructor(parts: RunParts) {
    const { step, parameters, state, losses, status } = parts.snapshot;
    this.#parts = parts;
    const frozen = new Set(parts.frozenNames);
    const [fixed, moving] = [true, false].map((still) =>
      Object.fromEntries(Object.entries(parameters).filter(([name]) => frozen.has(name) === still)),
    );
    this.#frozen = fixed!;
    this.#at = { step, carry: { ...moving, ...state } };
    this.#losses = losses.slice();
    this.#status = status === "running" && step >= parts.plan.steps ? "done" : status;
  }

  get status(): RunStatus {
    return this.#status;
  }

  /** Steps taken. */
  get step(): number {
    return this.#at.step;
  }

  /** Steps of the whole run. */
  get steps(): number {
    return this.#parts.plan.steps;
  }

  /** Mean batch loss of each step taken, before its update; a run that diverged may end in NaN or Infinity. */
  get losses(): Float64Array {
    return this.#losses.subarray(0, this.#at.step);
  }

  /** Weights after the steps taken, by name: trained and frozen parameters and running statistics. */
  get parameters(): Record<string, NdArray> {
    const all = { ...this.#at.carry, ...this.#frozen };
    return Object.fromEntries(this.#parts.weightNames.map((name) => [name, all[name]!]));
  }

  /** Epochs finished and rows visited of the epoch under way. */
  get epoch(): EpochPosition {
    return this.#parts.order.positionAfter(this.#at.step);
  }

  /** A number of steps that takes about a tenth of a second: the natural stretch between two looks at the run. */
  get stretch(): number {
    return Math.min(this.#parts.pace.steps, this.#parts.noise.mostSteps);
  }

  /** The learning rate of a step, as the host computes it (float64). */
  learningRateAt(step: number): number {
    return learningRates(this.#parts.plan, "float64", step, 1).data[0]!;
  }

  /**
   * Takes `count` steps; fewer when the run ends or diverges. Without a count, one stretch. The result depends on how
   * many steps are taken in all, never on how they are split into calls.
   * @throws FathomError bad-input for a count that is no whole number of 1 or more.
   */
  async advance(count = this.stretch): Promise<RunStatus> {
    const end = Math.min(this.steps, this.step + parseCount(count, "count"));
    while (this.#status === "running" && this.step < end) {
      const steps = Math.min(this.stretch, end - this.step);
      const began = performance.now();
      const call = await this.#call(this.#at, steps);
      this.#parts.pace.record(steps, performance.now() - began);
      if (this.#isFinite(call)) this.#accept(call);
      else await this.#locateDivergence(steps);
    }
    if (this.#status === "running" && this.step >= this.steps) this.#status = "done";
    return this.#status;
  }

  /** Mean loss and error rate of the present weights. */
  evaluate(where: EvaluationSplit): Promise<Evaluation> {
    return this.#parts.evaluate(this.parameters, where);
  }

  /** The run as data, from which `Trainer.resume` goes on to the same bits. */
  snapshot(): Snapshot {
    const names = new Set(this.#parts.weightNames);
    const state = Object.entries(this.#at.carry).filter(([name]) => !names.has(name));
    return {
      step: this.step,
      status: this.#status,
      parameters: this.parameters,
      state: Object.fromEntries(state),
      losses: this.losses.slice(),
    };
  }

  /**
   * Finds the first step after which a loss or weight is not finite, by halving: what is not finite stays so, and the
   * loop gives the same bits however it is split. So the run ends at the same step and weights for any pace.
   */
  async #locateDivergence(steps: number): Promise<void> {
    let bad = this.step + steps;
    while (bad - this.step > 1) {
      const call = await this.#call(this.#at, Math.floor((bad - this.step) / 2));
      if (this.#isFinite(call)) this.#accept(call);
      else bad = call.step;
    }
    this.#accept(await this.#call(this.#at, 1));
    this.#status = "diverged";
  }

  async #call({ step, carry }: Position, steps: number): Promise<Call> {
    const { loop, order, noise, plan, rho, dtype } = this.#parts;
    const shared = { ...this.#parts.shared, ...this.#frozen };
    const perStep = {
      [ROWS]: order.indices(step, steps),
      [LEARNING_RATE]: learningRates(plan, dtype, step, steps),
      ...noise.draw(step, steps),
      ...(rho === undefined ? {} : { [RHO]: filled(dtype, [steps], rho) }),
    };
    const result = await loop.run({ carry: { ...carry }, perStep, shared, steps });
    const losses = result.collected[LOSS]!.data as Floats;
    return { step: step + steps, carry: result.carry, losses };
  }

  #accept({ step, carry, losses }: Call): void {
    if (step > this.#losses.length) {
      const longer = new Float64Array(Math.min(this.steps, Math.max(step, 2 * this.#losses.length)));
      longer.set(this.losses);
      this.#losses = longer;
    }
    this.#losses.set(losses, this.step);
    this.#at = { step, carry };
  }

  #isFinite({ carry, losses }: Call): boolean {
    const weights = this.#parts.weightNames.flatMap((name) => carry[name] ?? []);
    return allFinite(losses) && weights.every(({ data }) => allFinite(data as Floats));
  }
}

function allFinite(values: Floats): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
