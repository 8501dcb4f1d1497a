/**
 * @file Running statistics of batch normalisation for given weights (training.md §1.3): one pass over the training rows
 * in training mode, without gradients. Averaged weights need it, because the statistics of the run belong to its last
 * weights. A pass that is fed zero buffers leaves momentum × (statistics of the batch) in them, so nothing but the forward
 * pass itself is needed, and the run is never touched.
 */
import type { Dataset } from "../data/index.ts";
import { input, Scope, withScope } from "../expr/index.ts";
import {
  applyModel,
  channels,
  type Model,
  type ModelLayer,
  noiseInputs,
  parameterInputs,
} from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import {
  type FloatDType,
  type Key,
  type NdArray,
  ndarray,
  sizeOf,
  toNumbers,
  zeros,
} from "../tensor/index.ts";
import { NoiseStream, ofRows } from "./noise.ts";
import { badOption, parseCount, parseRows } from "./options.ts";
import { pickRows } from "./rows.ts";
import { asModelInput, checkFit, DATA } from "./step.ts";

/**
 * `batch`: Σ b_k mean_k / N and Σ b_k var_k / N with unbiased variances, what PyTorch's `update_bn` comes to. `exact`
 * adds the variance between batches: Σ b_k (biased var_k + (mean_k - mean)²) / N, the biased variance of all rows.
 */
export type StatisticsKind = "batch" | "exact";

export const statisticsKinds: readonly StatisticsKind[] = ["batch", "exact"];

export interface StatisticsOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** Rows a pass; the last one takes what is left, and never a single row. */
  readonly batch: number;
  /** float32 unless said. */
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
}

/** Over what, and how. */
export interface RenewOptions {
  /** Rows of the training split; all unless said. */
  readonly rows?: ArrayLike<number>;
  /** batch unless said. */
  readonly kind?: StatisticsKind;
  /** Stream of dropout, drawn as in training; dropout is off without it. */
  readonly key?: Key;
}

type Arrays = Readonly<Record<string, NdArray>>;

/** A layer with statistics: the names of its buffers, its momentum, and numbers a channel in one row. */
interface Normalised {
  readonly mean: string;
  readonly variance: string;
  readonly momentum: number;
  readonly positions: number;
}

/** The statistics of one layer, one entry a batch. */
interface Collected {
  readonly means: number[][];
  /** Unbiased. */
  readonly variances: number[][];
  readonly sizes: number[];
}

/** Batch normalisations of a model whose running statistics training moves; those of momentum 0 stay as they are. */
function normalisedLayers(layers: readonly ModelLayer[]): Normalised[] {
  return layers.flatMap((layer) => {
    const { runningMean, runningVariance } = layer.parameters;
    const inner = normalisedLayers(Object.values(layer.chains).flat());
    if (layer.spec.kind !== "batchNorm" || layer.spec.momentum === 0) return inner;
    const own: Normalised = {
      mean: runningMean!.name,
      variance: runningVariance!.name,
      momentum: layer.spec.momentum,
      positions: sizeOf(layer.input.shape) / channels(layer.input),
    };
    return [own, ...inner];
  });
}

/** Whether a model's weights come with statistics that a pass can renew. */
export function hasStatistics(model: Model): boolean {
  return normalisedLayers(model.layers).length > 0;
}

/**
 * Passes that renew the running statistics of weights; compiled at the first one.
 * @example
 * await using statistics = new Statistics({ model, dataset, batch: 128 });
 * const renewed = await statistics.renew(run.average("swa-0.75"), { kind: "exact" });
 */
export class Statistics implements AsyncDisposable {
  readonly #options: StatisticsOptions;
  readonly #dtype: FloatDType;
  readonly #layers: readonly Normalised[];
  /** By rows a pass and whether dropout is drawn. */
  readonly #executables = new Map<string, Promise<Executable>>();

  /** @throws FathomError bad-shape when data and model do not fit, bad-input for a batch of one row. */
  constructor(options: StatisticsOptions) {
    checkFit(options.model, options.dataset);
    this.#options = options;
    this.#dtype = options.dtype ?? "float32";
    this.#layers = normalisedLayers(options.model.layers);
    if (parseCount(options.batch, "batch") < 2 && this.#layers.length > 0) {
      throw badOption("batch", options.batch, "at least 2, for there is no variance of one row");
    }
  }

  /**
   * The same weights with statistics of the training rows. A model without batch normalisation gives them back as they are.
   * @param parameters All arrays of the model by name.
   * @throws FathomError bad-input for rows that the split does not have.
   */
  async renew(
    parameters: Arrays,
    { rows, kind = "batch", key }: RenewOptions = {},
  ): Promise<Record<string, NdArray>> {
    if (!statisticsKinds.includes(kind))
      throw badOption("statistics", kind, `one of ${statisticsKinds.join(", ")}`);
    if (this.#layers.length === 0) return { ...parameters };
    const available = this.#options.dataset.train.labels.shape[0]!;
    const chosen = parseRows(rows ?? Int32Array.from({ length: available }, (_, i) => i), available, "rows");
    const collected = await this.#collect(parameters, chosen, key);
    const renewed = { ...parameters };
    for (const [i, { mean, variance, positions }] of this.#layers.entries()) {
      const found = combine(collected[i]!, { kind, positions });
      renewed[mean] = ndarray(this.#dtype, [found.mean.length], found.mean);
      renewed[variance] = ndarray(this.#dtype, [found.variance.length], found.variance);
    }
    return renewed;
  }

  async #collect(parameters: Arrays, rows: Int32Array, key: Key | undefined): Promise<Collected[]> {
    const collected = this.#layers.map((): Collected => ({ means: [], variances: [], sizes: [] }));
    const { model, dataset } = this.#options;
    const blank = this.#layers.flatMap(({ mean, variance }) => [mean, variance]);
    const fed = {
      ...parameters,
      ...Object.fromEntries(blank.map((name) => [name, zeros(this.#dtype, parameters[name]!.shape)])),
    };
    let pass = 0;
    for (const [start, end] of batchesOf(rows.length, this.#options.batch)) {
      const size = end - start;
      const noise =
        key === undefined
          ? {}
          : single(new NoiseStream(key.split(pass), ofRows(model.noise, size), this.#dtype).draw(0, 1));
      const data = pickRows(dataset.train.inputs, rows.subarray(start, end), size);
      const executable = await this.#executable(size, key === undefined ? "off" : "drawn");
      const outputs = await executable.run({ ...fed, ...noise, [DATA]: data });
      for (const [i, { mean, variance, momentum }] of this.#layers.entries()) {
        const unscaled = (name: string) => toNumbers(outputs[name]!).map((value) => value / momentum);
        collected[i]!.means.push(unscaled(mean));
        collected[i]!.variances.push(unscaled(variance));
        collected[i]!.sizes.push(size);
      }
      pass++;
    }
    return collected;
  }

  #executable(batch: number, dropout: "off" | "drawn"): Promise<Executable> {
    const place = `${batch} ${dropout}`;
    const known = this.#executables.get(place) ?? this.#compile(batch, dropout);
    this.#executables.set(place, known);
    return known;
  }

  #compile(batch: number, dropout: "off" | "drawn"): Promise<Executable> {
    const { model, dataset, options } = this.#options;
    const dtype = this.#dtype;
    const graph = withScope(new Scope(), () => {
      const parameters = parameterInputs(model, dtype);
      const noise = dropout === "off" ? {} : noiseInputs(model, batch, dtype);
      const data = input(DATA, [batch, ...dataset.inputShape], dataset.train.inputs.dtype);
      const { updates } = applyModel(model, parameters, asModelInput(data, { model, dataset, dtype }), {
        mode: "training",
        noise: dropout === "off" ? "off" : noise,
      });
      const names = this.#layers.flatMap(({ mean, variance }) => [mean, variance]);
      return {
        inputs: [...Object.values(parameters), ...Object.values(noise), data],
        outputs: Object.fromEntries(names.map((name) => [name, updates[name]!])),
      };
    });
    return compile({ ...graph, ...(options === undefined ? {} : { options }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const executable of this.#executables.values()) await (await executable).dispose();
  }
}

/** Bounds of batches; a row that is left alone joins the batch before it. */
function batchesOf(rows: number, batch: number): [start: number, end: number][] {
  const bounds: [number, number][] = [];
  for (let start = 0; start < rows; start += batch) bounds.push([start, Math.min(rows, start + batch)]);
  const last = bounds.at(-1)!;
  if (last[1] - last[0] === 1 && bounds.length > 1) bounds.splice(-2, 2, [bounds.at(-2)![0], rows]);
  return bounds;
}

/** Statistics of all rows from those of batches. */
function combine(
  { means, variances, sizes }: Collected,
  { kind, positions }: { readonly kind: StatisticsKind; readonly positions: number },
): { mean: number[]; variance: number[] } {
  const rows = sizes.reduce((total, size) => total + size, 0);
  const weighted = (values: (batch: number, channel: number) => number) =>
    means[0]!.map(
      (_, channel) => sizes.reduce((total, size, batch) => total + size * values(batch, channel), 0) / rows,
    );
  const mean = weighted((batch, channel) => means[batch]![channel]!);
  if (kind === "batch") return { mean, variance: weighted((batch, channel) => variances[batch]![channel]!) };
  const variance = weighted((batch, channel) => {
    const count = sizes[batch]! * positions;
    const between = means[batch]![channel]! - mean[channel]!;
    return (variances[batch]![channel]! * (count - 1)) / count + between * between;
  });
  return { mean, variance };
}

/** The noise of the only step, without the axis of steps. */
function single(drawn: Record<string, NdArray>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(drawn).map(([name, { dtype, shape, data }]) => [
      name,
      { dtype, shape: shape.slice(1), data },
    ]),
  );
}
