/**
 * @file Is the network critical? The first record of the registry: theory of J by depth beside sampled networks, the
 * network's point in the phase diagram, and the layer to blame (criticality.md §1-6).
 */

import type { JacobianMeasurement } from "../../probes/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import { applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import { type InitialisationAdvice, initialisationAdvice } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { sampleRows } from "../data-moments.ts";
import type { NumberRow, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { kernelTable } from "../learning-rate/kernel-layers.ts";
import { probeSeconds } from "../probe-cost.ts";
import { gainsTable } from "../tune/gains-table.ts";
import { type TunedAdvice, tunedAdvice, tuneForSurvey } from "../tuned.ts";
import { changeAdvice, theoryAdvice, tunedChange } from "./advice.ts";
import { criticalityFigures, kernelTheory } from "./figures.ts";
import { criticalityFindings } from "./findings.ts";
import { criticalityJson } from "./json.ts";
import { type CriticalityMeasurement, measureCriticality, probes } from "./measure.ts";
import { criticalityNumbers } from "./numbers.ts";
import { type CriticalityPrediction, criticalFactor, probeRows, surveyPrediction } from "./predict.ts";
import { sweepAdvice, unlikeLayers } from "./unlike.ts";
import { criticalityVerdict } from "./verdict.ts";

const seeds = 8;

/** Everything a conclusion holds but the advice, for a survey and for the command alike. */
export function concludeCriticality(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Omit<Conclusion, "advice"> & { readonly verdict: Verdict } {
  const logs =
    measured?.jacobians.layers.map(({ J }) => J.lnMean) ?? predicted.layers.map(({ logJ }) => logJ);
  return {
    verdict: criticalityVerdict(predicted, measured),
    findings: criticalityFindings(predicted, measured),
    numbers: criticalityNumbers(predicted, measured),
    figures: criticalityFigures(predicted, measured),
    ...tablesOf(predicted, measured),
    notes: notesOf(predicted, measured),
    profiles: [{ label: "ln J by layer", values: logs.slice(0, predicted.hidden).map(finiteOrNull) }],
    json: criticalityJson(predicted, measured),
  };
}

function tablesOf(
  predicted: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): Pick<Conclusion, "tables"> {
  if (measured?.kernels === undefined) return {};
  const { jacobians, kernels } = measured;
  return { tables: [kernelTable({ theory: kernelTheory(predicted), jacobians, kernels })] };
}

function notesOf(
  { layers, assumptions, mixesBatch, uniform }: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): string[] {
  const { seeds, probes, samples } = measured?.jacobians ?? {};
  const where = mixesBatch
    ? `one batch of ${samples} inputs in training mode: J counts what each input does to all of the batch`
    : `each of ${samples} inputs`;
  return [
    ...(layers.length === 0
      ? []
      : [
          "Theory is that of infinite width; at finite width ln J of one network scatters with variance of order depth/width.",
          ...assumptions,
          ...epsilonNote(uniform),
        ]),
    ...(seeds === undefined
      ? []
      : [`Measured on ${seeds} networks with ${probes} Rademacher probes on ${where}.`]),
  ];
}

function epsilonNote(uniform: CriticalityPrediction["uniform"]): string[] {
  const { epsilon } = uniform?.architecture ?? {};
  if (epsilon === undefined) return [];
  return [
    `Fixed points, critical variances and the diagram are those of epsilon = 0; the layers by depth have ${epsilon}, which counts where K falls to a thousandfold of it.`,
  ];
}

export const criticality = defineAnalysis<CriticalityPrediction, CriticalityMeasurement>({
  id: "criticality",
  title: "Criticality",
  question: "Do signals and gradients survive the depth, and which layer is to blame if not?",
  source: "Doshi, He and Gromov, Critical initialization through partial Jacobians, arXiv 2111.12143",
  applies: ({ model }) =>
    model.taps.length > 0
      ? applies
      : doesNotApply("the network has no preactivations: no layer of its own list has weights"),
  cost: ({ model }) => probeSeconds(model, { seeds, rows: probes * probeRows(model).count }),
  predict: surveyPrediction,
  async measure(context, predicted) {
    const inputs = probeInputs(context);
    const measured = await measureCriticality({
      model: context.model,
      inputs,
      seeds,
      key: context.key.split("probes"),
      options: context.options,
    });
    if (initialisationAdvice(context) === undefined) {
      const harmless = Math.log(criticalFactor);
      const isUneven = (jacobians: JacobianMeasurement) =>
        unlikeLayers(predicted, { jacobians }) !== undefined;
      await tuneForSurvey(context, { measured: measured.jacobians, inputs, harmless, isUneven });
    }
    return measured;
  },
  conclude(context, { predicted, measured }) {
    const [advised, tuned] = [initialisationAdvice(context), tunedAdvice(context)];
    const shown = concludeCriticality(predicted, measured);
    if (advised === undefined && tuned !== undefined) return { ...shown, ...tunedParts(shown, tuned) };
    return {
      ...shown,
      numbers: [...shown.numbers, ...firstLayerRow(advised)],
      advice:
        advised === undefined ? surveySweepAdvice(context, predicted, measured) : [theoryAdvice(advised)],
    };
  },
});

/** Where no sweep was run, or none helped: a network compared with another is not to be tuned. */
function surveySweepAdvice(
  { net, versus }: SurveyContext,
  predicted: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
) {
  return versus === undefined && predicted.uniform === undefined ? sweepAdvice(net, predicted, measured) : [];
}

/** What a sweep adds: its advice, and its variances by layer. */
function tunedParts({ tables = [] }: Pick<Conclusion, "tables">, tuned: TunedAdvice) {
  return {
    advice: [changeAdvice(tunedChange(tuned))],
    tables: [...tables, gainsTable(tuned.gains, "Advised variances, found by a sweep")],
  };
}

function probeInputs(context: SurveyContext): NdArray {
  const { name, count } = probeRows(context.model);
  return sampleRows(context, name, count).inputs;
}

function firstLayerRow(advised: InitialisationAdvice | undefined): NumberRow[] {
  if (advised === undefined || advised.first.sw2 === advised.critical.sw2) return [];
  return [
    {
      name: "advised σw² of the first layer",
      value: advised.first.sw2,
      kind: "theory",
      note: "puts K¹ at K*",
    },
  ];
}
