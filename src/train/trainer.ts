/**
 * @file A trainer: one training step compiled into one loop, from which any number of runs start. Weights, rates, seeds
 * and rows are fed and not built in, so a grid of learning rates and seeds costs one compilation (engine.md §3).
 */
import { answersOf, taskOf } from "../data/index.ts";
import { initialise } from "../net/index.ts";
import type { FloatDType, NdArray } from "../tensor/index.ts";
import { parseAugmentation } from "./augment.ts";
import { type AverageOptions, parseAverages } from "./average-options.ts";
import { checkAverages } from "./averages.ts";
import { BatchOrder } from "./batches.ts";
import { checkArrays } from "./check-arrays.ts";
import { type CompiledStep, compileStep } from "./compiled-step.ts";
import { findDivergence } from "./divergence.ts";
import { createEvaluator, type Evaluation, type EvaluationSplit, type Evaluator } from "./evaluate.ts";
import type { LossKind } from "./losses.ts";
import { NoiseStream } from "./noise.ts";
import { optimizer } from "./optimisers.ts";
import {
  badOption,
  nonNegative,
  parse,
  parseCount,
  parseLoss,
  parseOptimizer,
  parsePositive,
  parseRows,
} from "./options.ts";
import { Pace } from "./pace.ts";
import { TrainingRun } from "./run.ts";
import type { Snapshot } from "./run-parts.ts";
import { gradientsPerStep, parseSam, type SamOptions } from "./sam-options.ts";
import { parseSchedule } from "./schedule-options.ts";
import { Statistics } from "./statistics.ts";
import { DATA, LABELS, LOSS, type StepDescription } from "./step.ts";
import { withThreads } from "./threads.ts";
import type { RunOptions, TrainerOptions } from "./trainer-options.ts";

interface Parts {
  readonly options: TrainerOptions;
  readonly dtype: FloatDType;
  readonly loss: LossKind;
  readonly averages: readonly AverageOptions[];
  readonly description: StepDescription;
  readonly compiled: CompiledStep;
}

/**
 * Compiles a trainer.
 * @throws FathomError bad-input naming the option or when nothing is trainable, bad-shape when data and model do not meet, too-large when the
 * compiled loop would need more memory than allowed.
 * @example
 * await using trainer = await createTrainer({ model, dataset, batch: 128, optimizer: { kind: "sgd", momentum: 0.9 } });
 * const run = trainer.start({ key: Key.fromSeed(1), learningRate: 0.1, steps: 300 });
 * await run.advance(100);
 * console.log(run.status, run.losses.at(-1), await run.evaluate({ split: "test" }));
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { model, dataset, batch, dtype = "float32" } = options;
  const rows = dataset.train.labels.shape[0]!;
  if (parseCount(batch, "batch") > rows) {
    throw badOption("batch", batch, `at most the ${rows} rows of the data`);
  }
  if (options.stepsPerCall !== undefined) parseCount(options.stepsPerCall, "stepsPerCall");
  const compileOptions = withThreads(options.options ?? {}, model, batch);
  const loss = parseLoss(options.loss, taskOf(dataset));
  const rule = optimizer(parseOptimizer(options.optimizer ?? { kind: "sgd" }));
  const sam = options.sam === undefined ? undefined : parseSam(options.sam, batch);
  const averages = parseAverages(options.averages ?? []);
  const description: StepDescription = {
    model,
    dataset,
    loss,
    augmentation: parseAugmentation(options.augmentation ?? [], dataset),
    optimizer: rule,
    rates: options.rates,
    groups: options.groups,
    sam: sam?.rho === 0 ? undefined : sam,
    clip: options.clip === undefined ? undefined : parsePositive(options.clip, "clip"),
    labelSmoothing: options.labelSmoothing,
    averages: averages.map(({ name }) => name),
    batch,
    dtype,
  };
  const compiled = compileStep(description, compileOptions);
  await compiled.loop;
  const resolved = { ...options, options: compileOptions };
  return new Trainer({ options: resolved, dtype, loss, averages, description, compiled });
}

/** A compiled training loop; see {@link createTrainer}. */
export class Trainer implements AsyncDisposable {
  readonly #parts: Parts;
  readonly #pace: Pace;
  #evaluator: Promise<Evaluator> | undefined;
  #statistics: Statistics | undefined;
  /** Of runs with ρ = 0: the step without SAM, compiled at the first of them. */
  #plain: CompiledStep | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.options.stepsPerCall);
  }

  /** Gradients of the loss that one step takes: 2 with SAM; a mean over steps where only some take the second. */
  get gradientsPerStep(): number {
    const { sam, batch } = this.#parts.description;
    return gradientsPerStep(sam, batch);
  }

  /**
   * A run at its first step.
   * @throws FathomError bad-input naming the option that cannot be used.
   */
  start(options: RunOptions): TrainingRun {
    const { dtype } = this.#parts;
    const { graph } = this.#stepOf(options);
    const parameters = options.parameters ?? initialise(this.#parts.options.model, options.key, { dtype });
    checkArrays(parameters, Object.values(graph.weights), "parameters");
    return this.#run(options, {
      step: 0,
      status: "running",
      parameters,
      state: graph.initial(),
      losses: new Float64Array(),
    });
  }

  /**
   * A run continued from a snapshot, to the same bits as if it had never stopped. The options must be those of the run
   * that was left, but for `parameters`, which the snapshot holds.
   * @throws FathomError bad-input when the snapshot is not one of this trainer's.
   */
  resume(snapshot: Snapshot, options: RunOptions): TrainingRun {
    const arrays = { ...snapshot.parameters, ...snapshot.state };
    const { weights, carry } = this.#stepOf(options).graph;
    checkArrays(arrays, [...Object.values(weights), ...carry], "snapshot");
    if (snapshot.losses.length !== snapshot.step || snapshot.step > options.steps) {
      throw badOption("snapshot.step", snapshot.step, `a step of a run of ${options.steps} steps`);
    }
    return this.#run(options, snapshot);
  }

  /**
   * Mean loss and error rate of given weights over rows of the trainer's data set. Compiled once, at the first call.
   * @throws FathomError bad-input for rows that the split does not have.
   */
  async evaluate(parameters: Readonly<Record<string, NdArray>>, where: EvaluationSplit): Promise<Evaluation> {
    const { options, dtype, loss } = this.#parts;
    this.#evaluator ??= createEvaluator({
      model: options.model,
      dataset: options.dataset,
      loss,
      dtype,
      ...(options.evaluationBatch === undefined ? {} : { batch: options.evaluationBatch }),
      ...(options.options === undefined ? {} : { options: options.options }),
    });
    return (await this.#evaluator).evaluate(parameters, where);
  }

  /** Frees the compiled loops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#parts.compiled.loop).dispose();
    await (await this.#plain?.loop)?.dispose();
    await (await this.#evaluator)?.dispose();
    await this.#statistics?.[Symbol.asyncDispose]();
  }

  /** The same as `await using`. */
  dispose(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }

  #run(options: RunOptions, snapshot: Snapshot): TrainingRun {
    const { model, dataset, batch } = this.#parts.options;
    const { dtype } = this.#parts;
    const { graph, loop } = this.#stepOf(options);
    const { key } = options;
    const available = dataset.train.labels.shape[0]!;
    const rows =
      options.rows === undefined
        ? Int32Array.from({ length: available }, (_, i) => i)
        : parseRows(options.rows, available, "rows");
    if (batch > rows.length) throw badOption("batch", batch, `at most the ${rows.length} rows of the run`);
    const steps = parseCount(options.steps, "steps");
    const length = { steps, rows: rows.length, batch };
    const plan = {
      ...length,
      learningRate: parsePositive(options.learningRate, "learningRate"),
      schedule: parseSchedule(options.schedule ?? "constant", length),
    };
    checkAverages(this.#parts.averages, plan);
    return new TrainingRun({
      loop,
      shared: { [DATA]: dataset.train.inputs, [LABELS]: answersOf(dataset, "train") },
      weightNames: Object.keys(graph.weights),
      frozenNames: graph.frozen,
      dtype,
      pace: this.#pace,
      order: new BatchOrder(key.split("order"), rows, batch),
      noise: new NoiseStream(key.split("noise"), graph.noise, dtype),
      plan,
      averages: this.#parts.averages,
      series: Object.keys(graph.collect).filter((name) => name !== LOSS),
      sam: this.#samOf(options),
      evaluate: (parameters, where) => this.evaluate(parameters, where),
      renew: (parameters, kind) =>
        this.#statisticsPass().renew(parameters, { rows, kind, key: key.split("statistics") }),
      diagnose: (broken) => findDivergence(broken, { model, dataset, dtype }),
      snapshot,
    });
  }

  #statisticsPass(): Statistics {
    const { model, dataset, batch, options } = this.#parts.options;
    const compileOptions = options === undefined ? {} : { options };
    this.#statistics ??= new Statistics({
      model,
      dataset,
      batch,
      dtype: this.#parts.dtype,
      ...compileOptions,
    });
    return this.#statistics;
  }

  /** The step that a run takes. */
  #stepOf(options: RunOptions): CompiledStep {
    const { description, compiled } = this.#parts;
    if (description.sam === undefined || this.#samOf(options) !== undefined) return compiled;
    this.#plain ??= compileStep({ ...description, sam: undefined }, this.#parts.options.options ?? {});
    return this.#plain;
  }

  /** SAM of a run, with its own ρ; undefined where that is 0. */
  #samOf({ rho }: RunOptions): SamOptions | undefined {
    const { sam } = this.#parts.description;
    if (rho !== undefined) parse(nonNegative, rho, "rho");
    if (sam !== undefined && rho !== 0) return rho === undefined ? sam : { ...sam, rho };
    if (rho !== undefined && rho > 0)
      throw badOption("rho", rho, "0 or left out where the trainer has no sam");
    return undefined;
  }
}
