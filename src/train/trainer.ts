/**
 * @file A trainer: one training step compiled into one loop, from which any number of runs start. Weights, rates, seeds
 * and rows are fed and not built in, so a grid of learning rates and seeds costs one compilation (engine.md §3).
 */
import { answersOf, type Dataset, taskOf } from "../data/index.ts";
import type { Tensor } from "../expr/index.ts";
import { initialise, type Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import {
  FathomError,
  type FloatDType,
  type Key,
  type NdArray,
  sameShape,
  showShape,
} from "../tensor/index.ts";
import { type AugmentationSpec, parseAugmentation } from "./augment.ts";
import { type AverageOptions, type AverageSpec, parseAverages } from "./average-options.ts";
import { checkAverages } from "./averages.ts";
import { BatchOrder } from "./batches.ts";
import { type CompiledStep, compileStep } from "./compiled-step.ts";
import { findDivergence } from "./divergence.ts";
import { createEvaluator, type Evaluation, type EvaluationSplit, type Evaluator } from "./evaluate.ts";
import type { GroupSpec } from "./groups.ts";
import type { LabelSmoothing } from "./label-smoothing.ts";
import type { LossKind } from "./losses.ts";
import { NoiseStream } from "./noise.ts";
import { optimizer } from "./optimisers.ts";
import {
  badOption,
  nonNegative,
  type OptimizerSpec,
  parse,
  parseCount,
  parseLoss,
  parseOptimizer,
  parsePositive,
  parseRows,
} from "./options.ts";
import { Pace } from "./pace.ts";
import { type Snapshot, TrainingRun } from "./run.ts";
import { gradientsPerStep, parseSam, type SamOptions, type SamSpec } from "./sam-options.ts";
import { parseSchedule, type ScheduleSpec } from "./schedule-options.ts";
import { Statistics } from "./statistics.ts";
import { DATA, LABELS, LOSS, type StepDescription } from "./step.ts";
import { withThreads } from "./threads.ts";

/** What is compiled: everything that all runs of a trainer share. */
export interface TrainerOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** crossEntropy for classes, mse for regression, bce for binary data unless said. */
  readonly loss?: LossKind;
  /** SGD with momentum 0.9 unless said. */
  readonly optimizer?: OptimizerSpec;
  /**
   * Factors on the learning rate by name of a trained parameter, 1 where left out: `{"0.weight": 4, "2.weight": 0.25}`
   * (`muParameterisation` makes them).
   */
  readonly rates?: Readonly<Record<string, number>>;
  /** Parameters with a rate, a ρ or a weight decay of their own; `rates` multiply what they say. */
  readonly groups?: readonly GroupSpec[];
  /** Sharpness-aware minimisation; the optimiser alone unless given, or where its rho is 0. */
  readonly sam?: SamSpec;
  /** The largest norm, over all parameters, of the gradient that the optimiser is given; any unless said. */
  readonly clip?: number;
  /** Part of the target that leaves the label; 0 unless said. Evaluations are without it. */
  readonly labelSmoothing?: LabelSmoothing;
  /** Averages of the weights along every run. */
  readonly averages?: readonly AverageSpec[];
  /** Random changes of the training examples, in this order; none unless said. */
  readonly augmentation?: readonly AugmentationSpec[];
  /** Rows a step. */
  readonly batch: number;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Steps of one call of the loop; adaptive unless said. Results do not depend on it. */
  readonly stepsPerCall?: number;
  /** Rows of one call of an evaluation; as `createEvaluator` unless said. */
  readonly evaluationBatch?: number;
  readonly options?: CompileOptions;
}

/** What is fed: everything that may differ between runs of a trainer. */
export interface RunOptions {
  /**
   * Seed of the run: `key.split("init")` draws the weights, `key.split("order")` the order of the rows,
   * `key.split("noise")` what dropout and augmentation need.
   */
  readonly key: Key;
  /** Initial weights by name, instead of drawn ones. */
  readonly parameters?: Readonly<Record<string, NdArray>>;
  readonly learningRate: number;
  /** constant unless said. */
  readonly schedule?: ScheduleSpec;
  /** Length of the whole run, which the schedule spans; a run may be left before its end. */
  readonly steps: number;
  /** Rows of the training split that the run may visit; all unless said. */
  readonly rows?: ArrayLike<number>;
  /** ρ of this run, instead of that of the trainer's `sam`. */
  readonly rho?: number;
}

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

/** Checks that arrays are those that the tensors need: no name too few or too many, shapes and dtypes alike. */
function checkArrays(
  arrays: Readonly<Record<string, NdArray>>,
  tensors: readonly Tensor[],
  where: string,
): void {
  const needed = new Map(tensors.map((tensor) => [tensor.attrs["name"] as string, tensor]));
  for (const [name, { shape, dtype }] of needed) {
    const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (array === undefined) throw misfit(where, name, `${name} is missing.`);
    if (array.dtype !== dtype || !sameShape(array.shape, shape)) {
      const found = `${array.dtype} ${showShape(array.shape)}`;
      throw misfit(where, name, `${name} is ${found}; the network needs ${dtype} ${showShape(shape)}.`);
    }
  }
  const other = Object.keys(arrays).find((name) => !needed.has(name));
  if (other !== undefined)
    throw misfit(where, other, `${other} is not an array of this network and optimiser.`);
}

function misfit(where: string, name: string, message: string): FathomError {
  const hint = "Give arrays that were made for the same network, optimiser and dtype.";
  return new FathomError({ code: "bad-input", message, where: `${where}.${name}`, hint });
}
