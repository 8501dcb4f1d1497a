/**
 * @file Evaluation: mean loss and error rate of a model over rows of a data set, in batches through one executable that
 * is compiled once and serves every split and every set of weights.
 */
import { answersOf, type Dataset, taskOf } from "../data/index.ts";
import { input, Scope, withScope } from "../expr/index.ts";
import { applyModel, type Model, parameterInputs } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { allocate, type DType, type FloatDType, type NdArray, sizeOf, toNumbers } from "../tensor/index.ts";
import { type LossKind, losses } from "./losses.ts";
import { type Metrics, tallied, tallyOf } from "./metrics.ts";
import { parseCount, parseLoss, parseRows } from "./options.ts";
import { asModelInput, checkFit, DATA, LABELS } from "./step.ts";

/** How well a model does on some rows. */
export interface Evaluation {
  /** Mean over the rows; NaN or Infinity where the outputs are not finite. */
  readonly loss: number;
  /**
   * Fraction of rows whose largest output is not at the label; of yes and no, the fraction of wrong answers; of numbers,
   * the share of the targets' variance that is left, 1 - R².
   */
  readonly error: number;
  readonly metrics: Metrics;
  /** Rows looked at. */
  readonly count: number;
}

/** Which rows: a split, and rows of it (all unless said). */
export interface EvaluationSplit {
  readonly split: "train" | "test";
  readonly rows?: ArrayLike<number>;
}

export interface EvaluatorOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** crossEntropy for classes, mse for regression, bce for binary data unless said. */
  readonly loss?: LossKind;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  /** Rows a call; 500 unless said, and never more than the larger split has. */
  readonly batch?: number;
  readonly options?: CompileOptions;
}

/**
 * Compiles an evaluator for a model on a data set.
 * @throws FathomError bad-shape when they do not fit.
 */
export async function createEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const { model, dataset, dtype = "float32" } = options;
  checkFit(model, dataset);
  const loss = parseLoss(options.loss, taskOf(dataset));
  const largest = Math.max(dataset.train.labels.shape[0]!, dataset.test.labels.shape[0]!);
  const batch = Math.min(parseCount(options.batch ?? 500, "batch"), largest);
  const graph = withScope(new Scope(), () => {
    const parameters = parameterInputs(model, dtype);
    const data = input(DATA, [batch, ...dataset.inputShape], dataset.train.inputs.dtype);
    const answers = answersOf(dataset, "test");
    const labels = input(LABELS, [batch, ...answers.shape.slice(1)], answers.dtype);
    const { output } = applyModel(model, parameters, asModelInput(data, { model, dataset, dtype }));
    return {
      inputs: [...Object.values(parameters), data, labels],
      outputs: { losses: losses[loss](output, labels), ...tallied(taskOf(dataset), output, labels) },
    };
  });
  const executable = await compile({
    ...graph,
    ...(options.options === undefined ? {} : { options: options.options }),
  });
  return new Evaluator(executable, dataset, batch);
}

/** A compiled evaluation; see {@link createEvaluator}. */
export class Evaluator implements AsyncDisposable {
  readonly #executable: Executable;
  readonly #dataset: Dataset;
  readonly #batch: number;

  constructor(executable: Executable, dataset: Dataset, batch: number) {
    this.#executable = executable;
    this.#dataset = dataset;
    this.#batch = batch;
  }

  /**
   * Evaluates weights over rows of a split.
   * @throws FathomError bad-input for rows that the split does not have.
   */
  async evaluate(
    parameters: Readonly<Record<string, NdArray>>,
    { split, rows }: EvaluationSplit,
  ): Promise<Evaluation> {
    const { inputs } = this.#dataset[split];
    const answers: NdArray = answersOf(this.#dataset, split);
    const available = answers.shape[0]!;
    const chosen =
      rows === undefined
        ? Int32Array.from({ length: available }, (_, i) => i)
        : parseRows(rows, available, "rows");
    let loss = 0;
    const tally = tallyOf(taskOf(this.#dataset));
    for (let start = 0; start < chosen.length; start += this.#batch) {
      const part = chosen.subarray(start, start + this.#batch);
      const asked = pick(answers, part, this.#batch);
      const feeds = { [DATA]: pick(inputs, part, this.#batch), [LABELS]: asked };
      const outputs = await this.#executable.run({ ...parameters, ...feeds });
      // The last batch is filled up with zeros; only its real rows count.
      loss += sum(toNumbers(outputs["losses"]!).slice(0, part.length));
      tally.add(outputs, asked, part.length);
    }
    return { loss: loss / chosen.length, ...tally.score(), count: chosen.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#executable.dispose();
  }

  /** The same as `await using`. */
  dispose(): Promise<void> {
    return this[Symbol.asyncDispose]();
  }
}

export interface EvaluateOptions extends EvaluatorOptions {
  /** Weights by name. */
  readonly parameters: Readonly<Record<string, NdArray>>;
  /** The test split unless said. */
  readonly split?: EvaluationSplit["split"];
  readonly rows?: ArrayLike<number>;
}

/**
 * Mean loss and error rate of a model over a split. For many evaluations of one model, keep a `createEvaluator`.
 * @throws FathomError bad-shape when data and model do not fit; bad-input for rows that the split does not have.
 * @example const { loss, error } = await evaluateModel({ model, parameters, dataset, split: "test" });
 */
export async function evaluateModel(options: EvaluateOptions): Promise<Evaluation> {
  const { parameters, split = "test", rows } = options;
  await using evaluator = await createEvaluator(options);
  return await evaluator.evaluate(parameters, rows === undefined ? { split } : { split, rows });
}

/** Rows of an array, filled up with zero rows to `count`. */
function pick<D extends DType>(array: NdArray<D>, rows: Int32Array, count: number): NdArray<D> {
  const [, ...rest] = array.shape;
  const width = sizeOf(rest);
  const data = allocate(array.dtype, count * width);
  for (const [i, row] of rows.entries()) {
    data.set(array.data.subarray(row * width, (row + 1) * width) as never, i * width);
  }
  return { dtype: array.dtype, shape: [count, ...rest], data };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
