/** @file The largest stable rates from the weights of a file: one network on several batches of the data. */
import {
  compileChainCurvature,
  compileDescent,
  descentSteps,
  type ForeignBatch,
  foreignChain,
  logitsOf,
  type OpenedModel,
  openForeign,
} from "../../probes/index.ts";
import { ndarray } from "../../tensor/index.ts";
import type { KnownRates } from "../learning-rate/largest.ts";
import { layerRates } from "../learning-rate/per-layer.ts";
import {
  type BlockShare,
  blockShares,
  measureRatesOf,
  mostBlocks,
  type RateStage,
  stageNames,
} from "../learning-rate/rates.ts";
import type { ForeignContext } from "./context.ts";
import { compileSeconds, passSeconds } from "./cost.ts";
import { dataBatch, openOptions } from "./subject.ts";

/** Examples of a batch, where the file leaves them open. */
const batch = 64;
const mostBatches = 3;
/** Trials that a search takes on the first batch, and on each other one, about. */
const [firstTrials, laterTrials] = [6, 3];
/** Shares of layers do not need the whole batch. */
const blockRows = 32;
/** Products that Lanczos takes, about: with the whole matrix, and with a layer's block, which is not wanted as precisely. */
const [products, blockProducts] = [10, 6];
/** Passes of a product, and of a step. */
const passes = 3;
/** Of a budget, for the shares of the layers. */
const blockBudget = 0.2;

export interface FileRates {
  readonly known: KnownRates;
  /** Examples of a batch. */
  readonly samples: number;
  readonly batches: number;
}

/** Predicted seconds. */
export function rateSeconds(context: ForeignContext): number {
  const trials = firstTrials + (mostBatches - 1) * laterTrials;
  const times = passes * (trials * descentSteps + mostBatches * products);
  const whole = 2 * compileSeconds(context.subject.model) + times * passOf(context, batch);
  return whole + (affordsBlocks(context) ? blockSeconds(context) : 0);
}

function passOf({ subject: { model, fixedBatch } }: ForeignContext, rows: number): number {
  return fixedBatch ? passSeconds(model) : (passSeconds(model) * rows) / model.samples;
}

function blockSeconds(context: ForeignContext): number {
  return layersOf(context).size * blockProducts * passes * passOf(context, blockRows);
}

function affordsBlocks(context: ForeignContext): boolean {
  return (
    layersOf(context).size <= mostBlocks && blockSeconds(context) <= blockBudget * context.budget.seconds
  );
}

function layersOf({ subject: { model } }: ForeignContext): ReadonlySet<string> {
  return new Set(model.trained.map((name) => name.replace(/\.[^.]*$/, "")));
}

export async function measureFileRates(context: ForeignContext): Promise<FileRates> {
  const { options, signal, key } = context;
  const opened = await openedFor(context, batch);
  const { model } = opened;
  const batches = drawBatches(context, opened, mostBatches);
  await using probe = await compileProbe(context, opened, batches[0]!);
  await using descent = await compileDescent(model, { steps: descentSteps, options });
  const starts = batches.map((one) => ({
    curvature: async () => {
      const { largest } = await probe.measure(model.values, { key, inputs: one.inputs });
      return largest;
    },
    run: descent.on(one),
  }));
  const measured = await measureRatesOf(starts, { over: "batches", signal, onStage: tellStage(context) });
  const known: KnownRates = {
    ntk: { because: "a file holds one draw of weights, not the law they come from" },
    measured,
    perLayer: layerRates(measured.fisher && (await sharesOf(context)), new Map()),
  };
  return { known, samples: model.samples, batches: batches.length };
}

/** Undefined where the budget does not reach. */
async function sharesOf(context: ForeignContext): Promise<BlockShare[] | undefined> {
  if (!affordsBlocks(context)) return undefined;
  const { key, signal } = context;
  const opened = await openedFor(context, blockRows);
  const [one] = drawBatches(context, opened, 1);
  await using probe = await compileProbe(context, opened, one!);
  return await blockShares(probe, opened.model.values, { key, signal, onStage: tellStage(context) });
}

function tellStage(context: ForeignContext) {
  return (stage: RateStage, done: number, total: number | null) =>
    context.progress(stageNames[stage], done, total);
}

/** The model for batches of so many rows, of what the data have, or of what the file fixes. */
async function openedFor({ subject, source }: ForeignContext, rows: number): Promise<OpenedModel> {
  if (subject.fixedBatch) return subject;
  const most = Math.min(rows, source.dataset.train.labels.data.length);
  return await openForeign(subject.path, { ...openOptions(source), batch: most });
}

function compileProbe({ options }: ForeignContext, { model }: OpenedModel, one: ForeignBatch) {
  const chain = () => ({ ...foreignChain(model), output: logitsOf(model) });
  return compileChainCurvature("gaussNewton", { chain, loss: "crossEntropy", ...one, options });
}

/** Whole batches, as many as there are up to `most`. */
function drawBatches(context: ForeignContext, opened: OpenedModel, most: number): readonly ForeignBatch[] {
  const { samples } = opened.model;
  const { dataset } = context.source;
  const settings = { name: "edge", rows: most * samples, key: context.key };
  const { inputs, labels } = dataBatch(opened, dataset, settings);
  const size = inputs.data.length / labels.data.length;
  const values = inputs.data as Float32Array;
  return Array.from({ length: labels.data.length / samples }, (_, i) => ({
    inputs: ndarray(
      inputs.dtype,
      [samples, ...inputs.shape.slice(1)],
      values.subarray(i * samples * size, (i + 1) * samples * size),
    ),
    labels: ndarray("int32", [samples], labels.data.subarray(i * samples, (i + 1) * samples)),
  }));
}
