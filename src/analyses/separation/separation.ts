/**
 * @file How far do two inputs stay apart through depth? K¹ over the data's inputs, and the correlations of the data's own
 * pairs within and between classes, layer by layer: theory (the pair recursion from the data's mean moments) beside the
 * finite network.
 */
import {
  type CorrelationMeasurement,
  measureCorrelations,
  separation as separate,
} from "../../probes/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import { sampleRows } from "../data-moments.ts";
import type { NumberRow, Tone } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { probeSeconds } from "../probe-cost.ts";
import { separationFigures } from "./figures.ts";
import { pairRows, predictSeparation, type SeparationPrediction } from "./predict.ts";

const seeds = 5;

export const separation = defineAnalysis<SeparationPrediction, CorrelationMeasurement>({
  id: "separation",
  title: "Separation of inputs",
  question: "How deep can two inputs still be told apart?",
  source: "Poole et al. 2016, arXiv 1606.05340; Schoenholz et al. 2017, arXiv 1611.01232",
  applies: (context) => {
    if (context.model.taps.length < 2) return doesNotApply("the network has no hidden layer");
    const { data } = sampleRows(context, "separation", pairRows).labels;
    const classes = new Set(data).size;
    if (classes < 2) return doesNotApply("the data have a single class: there are no pairs between classes");
    return classes < data.length ? applies : doesNotApply("no two of the sampled rows are of one class");
  },
  cost: ({ model }) => probeSeconds(model, seeds),
  predict: predictSeparation,
  measure: (context) => {
    const { inputs, labels } = sampleRows(context, "separation", pairRows);
    const { model, options, key } = context;
    return measureCorrelations({ model, inputs, labels, seeds, key: key.split("probes"), options });
  },
  conclude({ net }, { predicted, measured }) {
    const { verdict, statement } = separate(measured.layers);
    return {
      findings: [
        { text: statement, tone: tones[verdict] },
        { text: theorySentence(predicted), tone: "neutral" },
      ],
      advice: [],
      numbers: numbersOf(predicted, measured),
      figures: separationFigures(predicted, measured),
      notes: [
        `Measured on ${measured.pairs.within} pairs within and ${measured.pairs.between} between classes, ${measured.seeds} seeds. Theory starts at the mean correlations of the same pairs and the mean second moment of the inputs.`,
        "Classes are lost where correlation keeps less than a third of the advantage over chance it had at the first layer in ranking a same-class pair above a mixed one, or where all inputs become one. In theory a correlation over N units scatters by (1 − c²)/√N at every layer.",
        ...(net.init === "haar"
          ? [
              "That scatter is the one of Gaussian weights; orthogonal ones scatter less and keep classes longer.",
            ]
          : []),
      ],
      json: separationJson(predicted, measured),
    };
  },
});

const tones: Readonly<Record<ReturnType<typeof separate>["verdict"], Tone>> = {
  apart: "good",
  lost: "bad",
  undecided: "neutral",
};

function theorySentence({ lostAfter, ranking }: SeparationPrediction): string {
  if (lostAfter === 0) return "Theory at this width: classes are lost from the first layer on.";
  if (lostAfter !== undefined) return `Theory at this width: classes are lost after layer ${lostAfter}.`;
  const last = (100 * ranking.at(-2)!).toFixed(0);
  return `Theory at this width: classes are kept to the last hidden layer, where correlation ranks a same-class pair above a mixed one in ${last} of 100 cases.`;
}

function numbersOf({ firstK, pairs }: SeparationPrediction, { layers }: CorrelationMeasurement): NumberRow[] {
  const last = layers.at(-2) ?? layers.at(-1)!;
  const measured = (name: string, { value, se }: Estimate): NumberRow => ({
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "overflow" }),
    ...(se === undefined ? {} : { se }),
    kind: "measured",
  });
  return [
    {
      name: "K¹, median input [5-95 % of the inputs]",
      value: firstK[1],
      ci: [firstK[0], firstK[2]],
      kind: "theory",
    },
    { name: "input correlation within classes", value: pairs.within.mean, kind: "measured" },
    { name: "input correlation between classes", value: pairs.between.mean, kind: "measured" },
    measured(`correlation within classes, layer ${last.index}`, last.within.mean),
    measured(`correlation between classes, layer ${last.index}`, last.between.mean),
    measured(`same-class pair ranked first, layer ${last.index}`, last.ranking),
  ];
}

function separationJson(
  { firstK, within, between, ranking, lostAfter }: SeparationPrediction,
  measured: CorrelationMeasurement,
) {
  const result = separate(measured.layers);
  const beside = (theory: number, { value, se }: Estimate) => ({
    theory: finiteOrNull(theory),
    measured: finiteOrNull(value),
    se: se ?? null,
    ...(Number.isFinite(theory) && Number.isFinite(value) ? {} : { status: "undefined" }),
  });
  return {
    firstK: { p5: firstK[0], p50: firstK[1], p95: firstK[2] },
    lostAfter: {
      theory: lostAfter ?? null,
      measured: result.lostAfter?.index ?? null,
      how: result.lostAfter?.how ?? null,
    },
    statement: result.statement,
    layers: measured.layers.map((layer, l) => ({
      index: layer.index,
      name: layer.name,
      within: beside(within[l]!.c, layer.within.mean),
      between: beside(between[l]!.c, layer.between.mean),
      ranking: beside(ranking[l]!, layer.ranking),
    })),
  };
}
