/**
 * @file A training run: its weights, optimiser state and losses, advanced by calls of a trainer's compiled loop. Runs of
 * one trainer are independent, so a sweep advances many of them in turn and drops the worst (successive halving).
 */
import { FathomError, type NdArray } from "../tensor/index.ts";
import type { AverageOptions } from "./average-options.ts";
import { averageRates, snapshotsAfter } from "./averages.ts";
import type { EpochPosition } from "./batches.ts";
import type { BrokenStep, Divergence } from "./divergence.ts";
import type { Evaluation } from "./evaluate.ts";
import { parseCount } from "./options.ts";
import type { RunEvaluation, RunParts, RunStatus, Snapshot } from "./run-parts.ts";
import { samFeeds } from "./sam-feeds.ts";
import { learningRates } from "./schedules.ts";
import type { StatisticsKind } from "./statistics.ts";
import { averageInput, averageRateInput, LEARNING_RATE, LOSS, ROWS } from "./step.ts";
import { StepSeries } from "./step-series.ts";

type Arrays = Readonly<Record<string, NdArray>>;
type Floats = Float32Array | Float64Array;

/** State between two calls of the loop. */
interface Position {
  readonly step: number;
  readonly carry: Arrays;
}

interface Call extends Position {
  readonly losses: Floats;
  /** Everything collected, the losses too. */
  readonly collected: Arrays;
}

/** One run; made by `Trainer.start` or `Trainer.resume`. Await each `advance` before the next. */
export class TrainingRun {
  readonly #parts: Omit<RunParts, "snapshot">;
  readonly #frozen: Arrays;
  #at: Position;
  /** The losses are under LOSS. */
  readonly #series: StepSeries;
  #status: RunStatus;
  #broken: BrokenStep | undefined;
  #divergence: Divergence | undefined;

  constructor(parts: RunParts) {
    // The arrays that a run starts from are not kept once it has moved on.
    const { snapshot, ...kept } = parts;
    const { step, parameters, state, losses, series = {}, status, divergence } = snapshot;
    this.#parts = kept;
    const frozen = new Set(parts.frozenNames);
    const [fixed, moving] = [true, false].map((still) =>
      Object.fromEntries(Object.entries(parameters).filter(([name]) => frozen.has(name) === still)),
    );
    this.#frozen = fixed!;
    this.#at = { step, carry: { ...moving, ...state } };
    this.#series = new StepSeries({ [LOSS]: losses, ...series }, parts.plan.steps);
    this.#divergence = divergence;
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
    return this.#series.of(LOSS, this.step);
  }

  /**
   * What the steps were asked for beside the loss, one number a step taken: with clipping or SAM `gradientNorm`; with SAM also
   * `samGradientNorm`, `sharpness` (L(w + e) - L(w) on the batch) and `skipped` (1 where a norm was not finite).
   */
  get series(): Record<string, Float64Array> {
    return Object.fromEntries(this.#parts.series.map((name) => [name, this.#series.of(name, this.step)]));
  }

  /** Weights after the steps taken, by name: trained and frozen parameters and running statistics. */
  get parameters(): Record<string, NdArray> {
    return this.#weightsOf(this.#at.carry);
  }

  #weightsOf(carry: Arrays): Record<string, NdArray> {
    const all = { ...carry, ...this.#frozen };
    return Object.fromEntries(this.#parts.weightNames.map((name) => [name, all[name]!]));
  }

  /** Names of the averages that are kept along the run. */
  get averages(): readonly string[] {
    return this.#parts.averages.map(({ name }) => name);
  }

  /** Snapshots that an average has taken. @throws FathomError not-found for a name that no average has. */
  snapshots(average: string): number {
    // What a step that diverged would have added is left out.
    const steps = this.#status === "diverged" ? this.step - 1 : this.step;
    return snapshotsAfter(this.#find(average), this.#parts.plan, steps);
  }

  /**
   * An average of the weights, by name, with what is not averaged (frozen parameters, running statistics) as it is in the
   * run. For a network with batch normalisation use {@link averageModel}, which renews the statistics.
   * @throws FathomError not-found for a name that no average has, bad-input before the first snapshot.
   */
  average(name: string): Record<string, NdArray> {
    const { start, every } = this.#find(name);
    if (this.snapshots(name) === 0) {
      throw new FathomError({
        code: "bad-input",
        message: `The average ${name} has taken no weights by step ${this.step}: it starts at ${start} of the run's ${this.steps} steps, every ${every}.`,
        where: `averages.${name}`,
        hint: "Advance the run further, or let the average start earlier.",
      });
    }
    const averaged = Object.entries(this.parameters).map(([parameter, array]) => {
      const kept = this.#at.carry[averageInput(name, parameter)];
      return [parameter, kept ?? array] as const;
    });
    return Object.fromEntries(averaged);
  }

  /**
   * An average ready for use: with running statistics of the rows of the run, taken at the averaged weights. The run is not
   * touched.
   * @throws FathomError as {@link average}.
   */
  averageModel(
    name: string,
    { statistics = "batch" }: { readonly statistics?: StatisticsKind } = {},
  ): Promise<Record<string, NdArray>> {
    return this.#parts.renew(this.average(name), statistics);
  }

  #find(name: string): AverageOptions {
    const found = this.#parts.averages.find((average) => average.name === name);
    if (found !== undefined) return found;
    const known = this.averages.join(", ");
    throw new FathomError({
      code: "not-found",
      message: `The run keeps no average ${JSON.stringify(name)}.`,
      where: `averages.${name}`,
      hint: known === "" ? "Give averages to the trainer." : `It keeps ${known}.`,
    });
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

  /** Ends the run where it stands: it counts as done. */
  finish(): void {
    if (this.#status === "running") this.#status = "done";
  }

  /**
   * Mean loss and error rate of the present weights, or of an average with renewed running statistics.
   * @throws FathomError as {@link average}.
   */
  async evaluate({ average, parameters, statistics, ...where }: RunEvaluation): Promise<Evaluation> {
    if (average === undefined) return this.#parts.evaluate(parameters ?? this.parameters, where);
    const weights = await this.averageModel(average, statistics === undefined ? {} : { statistics });
    return this.#parts.evaluate(weights, where);
  }

  /** Where a run that diverged broke; undefined for one that did not. Looked for at the first call. */
  get divergence(): Divergence | undefined {
    if (this.#broken !== undefined) this.#divergence ??= this.#parts.diagnose(this.#broken);
    return this.#divergence;
  }

  /** The run as data, from which `Trainer.resume` goes on to the same bits. */
  snapshot(): Snapshot {
    const { divergence } = this;
    const names = new Set(this.#parts.weightNames);
    const state = Object.entries(this.#at.carry).filter(([name]) => !names.has(name));
    return {
      step: this.step,
      status: this.#status,
      parameters: this.parameters,
      state: Object.fromEntries(state),
      losses: this.losses.slice(),
      ...(this.#parts.series.length === 0
        ? {}
        : { series: mapValues(this.series, (values) => values.slice()) }),
      ...(divergence === undefined ? {} : { divergence }),
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
    const before = this.#at;
    const call = await this.#call(before, 1);
    // An average is not spoilt by the weights that are.
    const averages = Object.entries(before.carry).filter(([name]) => name.startsWith("average:"));
    this.#accept({ ...call, carry: { ...call.carry, ...Object.fromEntries(averages) } });
    this.#status = "diverged";
    this.#broken = this.#brokenStep(before, call);
  }

  #brokenStep(before: Position, { carry, losses, step }: Call): BrokenStep {
    const { order, noise } = this.#parts;
    return {
      step,
      before: this.#weightsOf(before.carry),
      after: this.#weightsOf(carry),
      rows: order.indices(before.step, 1).data,
      noise: mapValues(noise.draw(before.step, 1), (array) => ({ ...array, shape: array.shape.slice(1) })),
      loss: losses[0]!,
    };
  }

  async #call({ step, carry }: Position, steps: number): Promise<Call> {
    const { loop, order, noise, plan, averages, sam, dtype } = this.#parts;
    const shared = { ...this.#parts.shared, ...this.#frozen };
    const perStep = {
      [ROWS]: order.indices(step, steps),
      [LEARNING_RATE]: learningRates(plan, dtype, step, steps),
      ...noise.draw(step, steps),
      ...Object.fromEntries(
        averages.map((average) => [
          averageRateInput(average.name),
          averageRates(average, plan, { dtype, start: step, count: steps }),
        ]),
      ),
      ...(sam === undefined ? {} : samFeeds(sam, dtype, step, steps)),
    };
    const result = await (await loop).run({ carry: { ...carry }, perStep, shared, steps });
    const { carry: next, collected } = result;
    return { step: step + steps, carry: next, losses: collected[LOSS]!.data as Floats, collected };
  }

  #accept({ step, carry, collected }: Call): void {
    this.#series.put(collected, this.step, step);
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

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
