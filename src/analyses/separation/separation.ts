/**
 * @file How far do two inputs stay apart through depth? K¹ over the data's inputs, and the correlations of the data's own
 * pairs within and between classes, layer by layer: theory (the pair recursion from the data's mean moments) beside the
 * finite network.
 */

import type { Model } from "../../net/index.ts";
import {
  type CorrelationMeasurement,
  measureCorrelations,
  separation as separate,
} from "../../probes/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { SurveyContext } from "../context.ts";
import { sampleRows } from "../data-moments.ts";
import type { NumberRow, Tone } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { probeSeconds } from "../probe-cost.ts";
import { hasTappedReadout, hiddenTaps } from "../readout.ts";
import { separationFigures } from "./figures.ts";
import { pairRows, predictSeparation, type SeparationPrediction } from "./predict.ts";

const seeds = 5;

export const separation = defineAnalysis<SeparationPrediction, CorrelationMeasurement>({
  id: "separation",
  title: "Separation of inputs",
  question: "How deep can two inputs still be told apart?",
  source: "Poole et al. 2016, arXiv 1606.05340; Schoenholz et al. 2017, arXiv 1611.01232",
  applies: (context) => {
    if (hiddenTaps(context.model) === 0) return doesNotApply("the network has no hidden layer");
    const { data } = sampleRows(context, "separation", pairRows).labels;
    const classes = new Set(data).size;
    if (classes < 2) return doesNotApply("the data have a single class: there are no pairs between classes");
    return classes < data.length ? applies : doesNotApply("no two of the sampled rows are of one class");
  },
  cost: ({ model }) => probeSeconds(model, { seeds, rows: pairRows }),
  predict: predictSeparation,
  measure: (context) => {
    const { inputs, labels } = sampleRows(context, "separation", pairRows);
    const { model, options, key } = context;
    return measureCorrelations({ model, inputs, labels, seeds, key: key.split("probes"), options });
  },
  conclude(context, { predicted, measured }) {
    const { model } = context;
    const { verdict, statement } = separate(withReadout(model, measured.layers));
    return {
      findings: [
        { text: statement, tone: tones[verdict] },
        { text: theorySentence(predicted, model), tone: "neutral" },
      ],
      advice: [],
      numbers: numbersOf(predicted, measured),
      figures: separationFigures(predicted, measured),
      notes: notesOf(context, predicted, measured),
      json: separationJson(model, predicted, measured),
    };
  },
});

const tones: Readonly<Record<ReturnType<typeof separate>["verdict"], Tone>> = {
  apart: "good",
  lost: "bad",
  undecided: "neutral",
};

/** The taps with the readout last, as the probe wants them: where that is not tapped, the last hidden one stands for it. */
function withReadout<L>(model: Model, layers: readonly L[]): readonly L[] {
  return hasTappedReadout(model) ? layers : [...layers, layers.at(-1)!];
}

function notesOf(
  { net, model }: SurveyContext,
  { layers, assumptions }: SeparationPrediction,
  { pairs, seeds }: CorrelationMeasurement,
): string[] {
  const measured = `Measured on ${pairs.within} pairs within and ${pairs.between} between classes, ${seeds} seeds${model.mixesBatch ? ", all inputs as one batch in training mode" : ""}.`;
  const lost =
    "Classes are lost where correlation keeps less than a third of the advantage over chance it had at the first layer in ranking a same-class pair above a mixed one, or where all inputs become one.";
  if (layers.length === 0) return [measured, lost];
  const haar =
    net.init === "haar"
      ? ["That scatter is the one of Gaussian weights; orthogonal ones scatter less and keep classes longer."]
      : [];
  return [
    `${measured} Theory starts at the mean correlations of the same pairs and the mean second moment of the inputs.`,
    `${lost} In theory a correlation over N units scatters by (1 − c²)/√N at every layer.`,
    ...haar,
    ...assumptions,
  ];
}

function theorySentence(
  { lostAfter, ranking, layers, missing, hidden }: SeparationPrediction,
  { taps }: Model,
): string {
  if (layers.length === 0) return `Measured only: ${missing}.`;
  if (layers.length < hidden && lostAfter === undefined)
    return `Theory reaches as far as ${taps[layers.length - 1]!.name}, layer ${layers.length} of ${taps.length}: ${missing}. What lies behind is measured only.`;
  if (lostAfter === 0) return "Theory at this width: classes are lost from the first layer on.";
  if (lostAfter !== undefined) return `Theory at this width: classes are lost after layer ${lostAfter}.`;
  const last = (100 * ranking[hidden - 1]!).toFixed(0);
  return `Theory at this width: classes are kept to the last hidden layer, where correlation ranks a same-class pair above a mixed one in ${last} of 100 cases.`;
}

function numbersOf(
  { firstK, pairs, hidden }: SeparationPrediction,
  { layers }: CorrelationMeasurement,
): NumberRow[] {
  const last = layers[hidden - 1]!;
  const measured = (name: string, { value, se }: Estimate): NumberRow => ({
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "overflow" }),
    ...(se === undefined ? {} : { se }),
    kind: "measured",
  });
  const K: NumberRow[] =
    firstK === undefined
      ? []
      : [
          {
            name: "K¹, median input [5-95 % of the inputs]",
            value: firstK[1],
            ci: [firstK[0], firstK[2]],
            kind: "theory",
          },
        ];
  return [
    ...K,
    { name: "input correlation within classes", value: pairs.within.mean, kind: "measured" },
    { name: "input correlation between classes", value: pairs.between.mean, kind: "measured" },
    measured(`correlation within classes, layer ${last.index}`, last.within.mean),
    measured(`correlation between classes, layer ${last.index}`, last.between.mean),
    measured(`same-class pair ranked first, layer ${last.index}`, last.ranking),
  ];
}

function separationJson(
  model: Model,
  { firstK, within, between, ranking, lostAfter, missing }: SeparationPrediction,
  measured: CorrelationMeasurement,
) {
  const result = separate(withReadout(model, measured.layers));
  const beside = (theory: number | undefined, { value, se }: Estimate) => ({
    theory: finiteOrNull(theory),
    measured: finiteOrNull(value),
    se: se ?? null,
    ...(finiteOrNull(theory) !== null && Number.isFinite(value) ? {} : { status: "unknown" }),
  });
  return {
    firstK: firstK === undefined ? null : { p5: firstK[0], p50: firstK[1], p95: firstK[2] },
    ...(missing === undefined ? {} : { missing }),
    lostAfter: {
      theory: lostAfter ?? null,
      measured: result.lostAfter?.index ?? null,
      how: result.lostAfter?.how ?? null,
    },
    statement: result.statement,
    layers: measured.layers.map((layer, l) => ({
      index: layer.index,
      name: layer.name,
      within: beside(within[l]?.c, layer.within.mean),
      between: beside(between[l]?.c, layer.between.mean),
      ranking: beside(ranking[l], layer.ranking),
    })),
  };
}
