/**
 * @file The largest stable learning rates, measured: short runs of plain SGD bracket the rate from which on the loss no
 * longer stays down, for the network as given and for the one it is compared with. The training comparison centres its
 * grid of rates on them.
 */

import { countParameters, initialise, type Model } from "../../net/index.ts";
import {
  compileCurvature,
  type EdgeMeasurement,
  measureEdge,
  seedKey,
  stableRate,
} from "../../probes/index.ts";
import { type Candidate, candidates } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { sampleRows } from "../data-moments.ts";
import { effortOf, searchSeconds } from "../effort.ts";

export interface CandidateEdge {
  readonly label: string;
  readonly measured: EdgeMeasurement;
  /** 2/λ_max of the Gauss-Newton matrix at initialisation on one batch, geometric mean over seeds; may overflow. */
  readonly curvatureRate: number;
}

/** The search starts at the curvature's rate within this range: far into chaos it is off by many orders of magnitude. */
const searchFrom = [1e-3, 1] as const;

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
  const curvatureRate = await rateFromCurvature(context, model);
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
  return { label, measured, curvatureRate };
}

/** The curvature's rate within the range of usual ones; it is not finite where the curvature overflowed or vanished. */
function searchStart(curvatureRate: number): number {
  const [least, largest] = searchFrom;
  return curvatureRate >= least ? Math.min(curvatureRate, largest) : least;
}

async function rateFromCurvature(context: SurveyContext, model: Candidate["model"]): Promise<number> {
  const { batch, seeds } = effortOf(context);
  const { inputs, labels } = sampleRows(context, "curvature", batch);
  await using probe = await compileCurvature("gaussNewton", {
    model,
    loss: "crossEntropy",
    inputs,
    labels,
    options: context.options,
  });
  const logs: number[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const key = seedKey(context.key.split("curvature"), seed);
    const { largest } = await probe.measure(initialise(model, key), { key });
    logs.push(Math.log(stableRate(largest)));
  }
  return Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length);
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
