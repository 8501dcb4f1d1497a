/**
 * @file How large may the learning rate be, from the weights that the file holds? 2/λ_max of the Gauss-Newton matrix on a batch,
 * and the measured edge of plain SGD.
 */
import {
  compileChainCurvature,
  type EdgeBracket,
  foreignChain,
  isLogits,
  logitsOf,
  type OpenedModel,
  openForeign,
  sgdEdge,
  stableRate,
} from "../../probes/index.ts";
import { FathomError, ndarray } from "../../tensor/index.ts";
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import { finiteOrNull } from "../figure.ts";
import { rate } from "../words.ts";
import type { ForeignContext } from "./context.ts";
import { compileSeconds, passSeconds } from "./cost.ts";
import { dataBatch, openOptions } from "./subject.ts";

/** Examples of a step, where the file leaves them open. */
const batch = 64;
/** Steps of a trial run. */
const steps = 30;
/** Trials that a search takes, about. */
const trials = 10;
/** Products that Lanczos takes, about. */
const products = 30;

interface Measured {
  /** 2/λ_max. */
  readonly curvatureRate: number;
  readonly bracket: EdgeBracket;
  readonly samples: number;
}

export const foreignLearningRate = defineAnalysis<undefined, Measured, ForeignContext>({
  id: "learningRate",
  title: "Learning rate",
  question: "How large may the learning rate be, from these weights?",
  source: "Lewkowycz et al. 2020, arXiv 2003.02218 (2/λ_max)",
  applies: ({ subject, source }) => {
    const { model } = subject;
    const { classes, name } = source.dataset;
    const outputs = model.output.shape;
    if (model.trained.length === 0) return doesNotApply("the model has no weights to train");
    if (!isLogits(model) || outputs[1]! < classes) {
      return doesNotApply(
        `the output [${outputs.join(", ")}] is no score for each of the ${classes} classes of ${name}`,
      );
    }
    return applies;
  },
  cost: ({ subject: { model } }) => {
    const step = (3 * passSeconds(model) * batch) / model.samples;
    return 2 * compileSeconds(model) + (products * 2 + trials * steps) * step;
  },
  predict: () => undefined,
  async measure(context) {
    const { dataset } = context.source;
    const rows = Math.min(batch, dataset.train.labels.data.length);
    const opened = context.subject.fixedBatch
      ? context.subject
      : await openForeign(context.subject.path, { ...openOptions(context.source), batch: rows });
    const curvatureRate = await rateFromCurvature(context, opened);
    const { model } = opened;
    const all = dataBatch(opened, dataset, { name: "edge", rows: steps * model.samples, key: context.key });
    const bracket = await sgdEdge(model, {
      batches: batches(all, model.samples),
      guess: curvatureRate >= 1e-6 ? Math.min(curvatureRate, 10) : 1e-3,
      options: context.options,
      signal: context.signal,
      onTrial: (done) => context.progress("Learning rate", done, null),
    });
    return { curvatureRate, bracket, samples: model.samples };
  },
  conclude(_, { measured: { curvatureRate, bracket, samples } }) {
    const { lastStable, firstUnstable } = bracket;
    const edge =
      lastStable > 0 && Number.isFinite(firstUnstable) ? Math.sqrt(lastStable * firstUnstable) : undefined;
    const sentence = `From these weights plain SGD is ${edgeText(bracket, edge)}.`;
    const curvature = Number.isFinite(curvatureRate) ? rate(curvatureRate) : "not finite";
    return {
      verdict: { sentence, tone: "neutral" },
      findings: [{ text: `${sentence} 2/λ_max of the curvature is ${curvature}.`, tone: "neutral" }],
      advice: [],
      numbers: [
        {
          name: "largest stable rate",
          value: finiteOrNull(edge),
          ...(edge === undefined ? { status: "no edge in reach" } : {}),
          ci: [finiteOrNull(lastStable), finiteOrNull(firstUnstable)],
          n: 1,
          kind: "measured",
          note: "between the last rate that was stable and the first that was not",
        },
        { name: "2/λ_max", value: finiteOrNull(curvatureRate), kind: "measured" },
      ],
      figures: [],
      notes: [
        `Edge: one run of ${steps} steps of plain SGD on cross entropy at each rate, with batches of ${samples}, from the weights of the file. λ_max is that of the Gauss-Newton matrix of one batch, at these weights.`,
      ],
      json: {
        max: finiteOrNull(edge),
        lastStable: finiteOrNull(lastStable),
        firstUnstable: finiteOrNull(firstUnstable),
        bySource: {
          ntk: null,
          fisher: null,
          curvature: finiteOrNull(curvatureRate),
          measured: finiteOrNull(edge),
        },
        batch: samples,
        trials: bracket.trials,
      },
    };
  },
});

function edgeText({ lastStable, firstUnstable }: EdgeBracket, edge: number | undefined): string {
  if (edge !== undefined) return `stable up to a rate of ${rate(edge)}`;
  return lastStable > 0
    ? `stable at every rate that was tried, up to ${rate(lastStable)}`
    : `unstable at every rate that was tried, down to ${rate(firstUnstable)}`;
}

async function rateFromCurvature(context: ForeignContext, opened: OpenedModel): Promise<number> {
  const { model } = opened;
  const settings = { name: "curvature", rows: model.samples, key: context.key };
  const data = dataBatch(opened, context.source.dataset, settings);
  await using probe = await compileChainCurvature("gaussNewton", {
    chain: () => ({ ...foreignChain(model), output: logitsOf(model) }),
    loss: "crossEntropy",
    ...data,
    options: context.options,
  });
  const { largest } = await probe.measure(model.values, { key: context.key.split("curvature") });
  return stableRate(largest);
}

function batches({ inputs, labels }: ReturnType<typeof dataBatch>, samples: number) {
  const count = Math.floor(labels.data.length / samples);
  const size = inputs.data.length / labels.data.length;
  const values = inputs.data as Float32Array;
  if (count === 0)
    throw new FathomError({ code: "bad-input", message: "There are no training rows.", where: "--data" });
  return Array.from({ length: steps }, (_, step) => {
    const start = (step % count) * samples;
    return {
      inputs: ndarray(
        inputs.dtype,
        [samples, ...inputs.shape.slice(1)],
        values.subarray(start * size, (start + samples) * size),
      ),
      labels: ndarray("int32", [samples], labels.data.subarray(start, start + samples)),
    };
  });
}
