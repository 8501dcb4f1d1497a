/**
 * @file How large may the learning rate be, from the weights that the file holds? 2/λ_max of the Gauss-Newton matrix and the
 * edge of descent on the same batches, as for described networks, where weights are fixed and batches differ.
 */
import { descentSteps, isLogits } from "../../probes/index.ts";
import { applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import { type KnownRates, largestRate, largestRateJson } from "../learning-rate/largest.ts";
import { layerFigure, layerNotes, layerTables, rateNumbers } from "../learning-rate/section.ts";
import { rate } from "../words.ts";
import type { ForeignContext } from "./context.ts";
import { type FileRates, measureFileRates, rateSeconds } from "./rates.ts";

export const foreignLearningRate = defineAnalysis<undefined, FileRates, ForeignContext>({
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
  cost: rateSeconds,
  predict: () => undefined,
  measure: measureFileRates,
  conclude: (_, { measured }) => concludeRates(measured),
});

function concludeRates({ known, samples, batches }: FileRates): Conclusion {
  const sentence = `From these weights plain SGD ${descentText(known)}.`;
  const figure = layerFigure(known);
  const conditions = { batch: samples, loss: "crossEntropy", parameterisation: "as in the file" } as const;
  return {
    verdict: { sentence, tone: "neutral" },
    findings: [{ text: `${sentence} ${curvatureText(known)}.`, tone: "neutral" }],
    advice: [],
    numbers: rateNumbers(known),
    figures: figure === undefined ? [] : [figure],
    tables: layerTables(known),
    notes: [
      `Descent: the largest rate at which each of the first ${descentSteps - 1} steps of gradient descent on one batch of ${samples} lowers its cross entropy; 2/λ_max of the Gauss-Newton matrix predicts it, for it is where the sharpest direction stops growing. Both start from the weights of the file, on ${batches === 1 ? "one batch" : `${batches} batches, over which errors are`}.`,
      ...layerNotes(known),
    ],
    json: largestRateJson(known, conditions),
  };
}

function descentText(known: KnownRates): string {
  const { edge, interval } = known.measured!.descent;
  if (edge !== undefined) return `descends steadily up to a rate of ${rate(edge.value)}`;
  const [low, high] = interval;
  if (low > 0) return `descends at every rate that was tried, up to ${rate(low)}`;
  return Number.isFinite(high)
    ? `descends on some batch at no rate that was tried, down to ${rate(high)}`
    : "descends at every rate on some batches and at none on others";
}

function curvatureText(known: KnownRates): string {
  const fisher = known.measured?.fisher;
  if (fisher === undefined) return "2/λ_max of the curvature is not finite";
  const largest = largestRate(known);
  const from = largest?.source === "fisher" ? ", which stands in for it" : "";
  return `2/λ_max of the curvature is ${rate(fisher.value)}${from}`;
}
