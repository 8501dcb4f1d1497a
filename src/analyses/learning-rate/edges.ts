/**
 * @file The largest stable learning rates, measured: short runs of plain SGD bracket the rate from which on the loss no
 * longer stays down, for the network as given and for the one it is compared with. The training comparison centres its
 * grid of rates on them.
 */

import { countParameters, type Model } from "../../net/index.ts";
import { type EdgeMeasurement, measureEdge } from "../../probes/index.ts";
import { type Candidate, candidates } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { drawRows } from "../data-moments.ts";
import { effortOf, searchSeconds } from "../effort.ts";
import { secondsPerStep } from "../step-cost.ts";
import { trainedLayers } from "./per-layer.ts";
import {
  type BlockShare,
  measureBlocks,
  measureRates,
  mostBlocks,
  type RateMeasurement,
  type RateOptions,
} from "./rates.ts";

export interface CandidateEdge {
  readonly label: string;
  readonly measured: EdgeMeasurement;
  /** 2/λ_max of the Gauss-Newton matrix at initialisation on one batch, geometric mean over seeds; may overflow. */
  readonly curvatureRate: number;
  /** The edge of descent, and 2/λ_max with its interval. */
  readonly rates: RateMeasurement;
}

/** The search starts at the curvature's rate within this range: far into chaos it is off by many orders of magnitude. */
const searchFrom = [1e-3, 1] as const;

/** Shares of layers do not need the whole batch. */
const blockRows = 32;
/** Products with a layer's block, each of which takes as long as so many steps. */
const [blockProducts, stepsAProduct] = [12, 2];
/** Of a budget, for the shares of the layers. */
const blockBudget = 0.1;

/** Whether there is anything to train. */
export function isTrainable(model: Model): boolean {
  return countParameters(model) > 0;
}

/** Predicted seconds of measuring the edges; none when they have been measured. */
export function edgeSeconds(context: SurveyContext): number {
  if (context.has("edges")) return 0;
  return searchSeconds(
    candidates(context).map(({ model }) => model),
    effortOf(context),
  );
}

/** Rows of a trial's batch: a small data set has fewer. */
export function edgeBatch(context: SurveyContext): number {
  return Math.min(effortOf(context).batch, context.dataset.train.labels.data.length);
}

/** The edges of both networks; measured once a survey. */
export function measuredEdges(context: SurveyContext): Promise<readonly CandidateEdge[]> {
  return context.share("edges", async () => {
    const edges: CandidateEdge[] = [];
    for (const candidate of candidates(context)) {
      context.progress(`learning rate, ${candidate.label}`, 0, null);
      edges.push(await edgeOf(context, candidate));
    }
    return edges;
  });
}

async function edgeOf(context: SurveyContext, { label, model }: Candidate): Promise<CandidateEdge> {
  const { dataset, options, signal } = context;
  const { steps, seeds } = effortOf(context);
  const key = context.key.split("edge");
  const rates = await ratesOf(context, model, seeds);
  const curvatureRate = curvatureRateOf(rates);
  const measured = await measureEdge({
    model,
    dataset,
    batch: edgeBatch(context),
    optimizer: { kind: "sgd", momentum: 0 },
    steps,
    seeds,
    guess: searchStart(curvatureRate),
    key,
    options,
    ...(signal === undefined ? {} : { signal }),
  });
  return { label, measured, curvatureRate, rates };
}

/** The curvature's rate within the range of usual ones; it is not finite where the curvature overflowed or vanished. */
function searchStart(curvatureRate: number): number {
  const [least, largest] = searchFrom;
  return curvatureRate >= least ? Math.min(curvatureRate, largest) : least;
}

/** The sources of a largest stable rate on one batch of the data. */
function ratesOf(context: SurveyContext, model: Model, seeds: number): Promise<RateMeasurement> {
  return measureRates(rateOptions(context, model, { rows: edgeBatch(context), seeds }));
}

function rateOptions(
  context: SurveyContext,
  model: Model,
  { rows, seeds }: { readonly rows: number; readonly seeds: number },
): RateOptions {
  const { dataset, options, signal } = context;
  return {
    model,
    dataset,
    rows: drawRows(context, "curvature", rows),
    loss: "crossEntropy",
    seeds,
    key: context.key.split("curvature"),
    options,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Not finite where the curvature overflowed or vanished in some network. */
function curvatureRateOf({ fisherRates }: RateMeasurement): number {
  const logs = fisherRates.map(Math.log);
  return Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length);
}

/** Whether the budget reaches the shares of the layers, which theory tells too. */
function affordsBlocks({ model, budget }: SurveyContext): boolean {
  const layers = trainedLayers(model);
  const seconds = layers * blockProducts * stepsAProduct * secondsPerStep(model, blockRows);
  return layers <= mostBlocks && seconds <= blockBudget * budget.seconds;
}

/** The shares of the layers of the network as given; undefined where measuring each is too dear. */
export async function measuredBlocks(context: SurveyContext): Promise<readonly BlockShare[] | undefined> {
  const { model } = context;
  if (!affordsBlocks(context)) return undefined;
  context.progress("learning rate, layer by layer", 0, null);
  return await measureBlocks(
    rateOptions(context, model, { rows: Math.min(blockRows, edgeBatch(context)), seeds: 2 }),
  );
}

/**
 * Where a grid of rates should end: the edge, or the end of the bracket that was found. Where no rate is unstable (bounded
 * outputs) that says nothing, and the curvature's rate stands in, as far as rates were tried.
 */
export function edgeValue({ measured: { edge, interval }, curvatureRate }: CandidateEdge): number {
  if (edge !== undefined) return edge.value;
  const [low, high] = interval;
  if (!Number.isFinite(high))
    return curvatureRate > 0 && curvatureRate <= low ? curvatureRate : searchFrom[1];
  return low > 0 ? low : high;
}
