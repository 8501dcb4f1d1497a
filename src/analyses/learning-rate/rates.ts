/**
 * @file The largest stable rate of plain SGD, from two sides on one batch of one finite network: 2/λ_max of the Gauss-Newton
 * matrix at initialisation, for the whole network and for one layer at a time, and the measured edge up to which gradient
 * descent lowers the loss at every step. Both see the same weights, since λ_max differs between draws of a narrow network.
 */
import { type Dataset, labelsOf, rowsAsFloat, rowsAsIds } from "../../data/index.ts";
import { initialise, type Model } from "../../net/index.ts";
import {
  type CurvatureProbe,
  compileCurvature,
  descends,
  descentSteps,
  type EdgeMeasurement,
  measureEdgeOf,
  type StartRun,
  seedKey,
  stableRate,
} from "../../probes/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import type { Key, NdArray } from "../../tensor/index.ts";
import { type Estimate, meanEstimate } from "../../theory/index.ts";
import { createTrainer, eventLoopTurn, type LossKind } from "../../train/index.ts";

export interface RateOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  /** Rows of the training split that make the batch. */
  readonly rows: Int32Array;
  readonly loss: LossKind;
  /** Fresh initialisations, 2 or more. */
  readonly seeds: number;
  readonly key: Key;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  /** Called before each network's curvature is measured, and before each trial. */
  readonly onStage?: (stage: RateStage, done: number, total: number | null) => void;
}

export type RateStage = "curvature" | "trials" | "layers";

/** What progress calls the stages. */
export const stageNames: Readonly<Record<RateStage, string>> = {
  curvature: "learning rate, curvature",
  trials: "learning rate, trials of descent",
  layers: "learning rate, layer by layer",
};

export interface RateMeasurement {
  /** 2/λ_max, geometric mean over seeds; absent where the curvature overflowed or vanished in some network. */
  readonly fisher?: Estimate;
  /** Of each seed; may be Infinity or NaN. */
  readonly fisherRates: readonly number[];
  /** The edge of descent on the batch. */
  readonly descent: EdgeMeasurement;
}

/** λ_max of a layer's own block over that of the whole network, on one network. */
export interface BlockShare {
  /** Path of the layer: `3.branch.0`. */
  readonly layer: string;
  readonly share: number;
}

/** The search starts at the curvature's rate within this range: far into chaos it is off by many orders of magnitude. */
const searchFrom = [1e-6, 1e3] as const;

/** @example await measureRates({ model, dataset, rows, loss: "crossEntropy", seeds: 3, key }) */
export async function measureRates(settings: RateOptions): Promise<RateMeasurement> {
  const { model, key, seeds, loss, dataset, rows, options } = settings;
  await using probe = await compileCurvature("gaussNewton", {
    model,
    loss,
    ...batchOf(settings),
    ...given(options),
  });
  await using trainer = await createTrainer({
    model,
    dataset,
    loss,
    batch: rows.length,
    optimizer: { kind: "sgd", momentum: 0 },
    ...given(options),
  });
  const starts = Array.from({ length: seeds }, (_, seed): RateStart => {
    const parameters = initialise(model, seedKey(key, seed));
    const run = { key: key.split("edge").split(seed), parameters, rows, steps: descentSteps };
    return {
      curvature: async () => (await probe.measure(parameters, { key })).largest,
      run: (learningRate) => trainer.start({ ...run, learningRate }),
    };
  });
  return await measureRatesOf(starts, { over: "seeds", ...settings });
}

/** One network on one batch: λ_max of its Gauss-Newton matrix, and descents of `descentSteps` on the batch. */
export interface RateStart {
  curvature(): Promise<number>;
  readonly run: StartRun;
}

export interface RateSettings {
  /** What starts differ in, for the words beside an interval. */
  readonly over: "seeds" | "batches";
  readonly signal?: AbortSignal | undefined;
  readonly onStage?: RateOptions["onStage"];
}

/** The same of whatever can be run: two rates from each start. */
export async function measureRatesOf(
  starts: readonly RateStart[],
  { over, signal, onStage }: RateSettings,
): Promise<RateMeasurement> {
  const fisherRates: number[] = [];
  for (const { curvature } of starts) {
    onStage?.("curvature", fisherRates.length, starts.length);
    await eventLoopTurn();
    signal?.throwIfAborted();
    fisherRates.push(stableRate(await curvature()));
  }
  const fisher = geometricMean(fisherRates, over);
  const descent = await measureEdgeOf(
    starts.map(({ run }) => run),
    {
      criterion: descends,
      guess: startOf(fisher),
      stride: 2,
      reach: 8,
      ...(signal === undefined ? {} : { signal }),
      onTrial: (done) => onStage?.("trials", done, null),
    },
  );
  return { ...(fisher === undefined ? {} : { fisher }), fisherRates, descent };
}

/** Layers whose blocks are measured at most. */
export const mostBlocks = 64;

/** Lanczos on a block is stopped early: shares are read to two digits. */
const blockPrecision = { tolerance: 0.02, steps: 20 };

/**
 * The share of every layer in λ_max, on one network: blocks of the Gauss-Newton matrix on its diagonal.
 * @returns empty where the curvature is not finite.
 */
export async function measureBlocks(settings: RateOptions): Promise<BlockShare[]> {
  const { model, key, loss, options } = settings;
  await using probe = await compileCurvature("gaussNewton", {
    model,
    loss,
    ...batchOf(settings),
    ...given(options),
  });
  return await blockShares(probe, initialise(model, seedKey(key, 0)), settings);
}

/** The same by a probe that is there already, at some weights. */
export async function blockShares(
  probe: CurvatureProbe,
  weights: Readonly<Record<string, NdArray>>,
  { key, signal, onStage }: Pick<RateOptions, "key" | "signal" | "onStage">,
): Promise<BlockShare[]> {
  const largest = async (group?: string) => {
    await eventLoopTurn();
    signal?.throwIfAborted();
    const only = group === undefined ? {} : { group };
    return (await probe.measure(weights, { key, ...blockPrecision, ...only })).largest;
  };
  const whole = await largest();
  if (!(whole > 0)) return [];
  const shares: BlockShare[] = [];
  for (const layer of probe.groups) {
    onStage?.("layers", shares.length, probe.groups.length);
    shares.push({ layer, share: (await largest(layer)) / whole });
  }
  return shares;
}

function batchOf({ dataset, rows }: RateOptions): { inputs: NdArray; labels: NdArray<"int32"> } {
  const take = dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
  return { inputs: take(dataset, "train", rows), labels: labelsOf(dataset, "train", rows) };
}

function given(options: CompileOptions | undefined): { options?: CompileOptions } {
  return options === undefined ? {} : { options };
}

function startOf(fisher: Estimate | undefined): number {
  const [least, most] = searchFrom;
  return fisher === undefined ? least : Math.min(Math.max(fisher.value, least), most);
}

function geometricMean(rates: readonly number[], over: RateSettings["over"]): Estimate | undefined {
  if (!rates.every((rate) => Number.isFinite(rate) && rate > 0)) return undefined;
  const { value, ci, n } = meanEstimate(rates.map(Math.log));
  return {
    value: Math.exp(value),
    ...(ci === undefined ? {} : { ci: [Math.exp(ci[0]), Math.exp(ci[1])] as const }),
    ...(n === undefined ? {} : { n }),
    kind: "measured",
    assumptions: ["2/λ_max of the Gauss-Newton matrix at initialisation", `geometric mean over ${over}`],
  };
}
