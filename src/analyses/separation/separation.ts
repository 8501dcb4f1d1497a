/**
 * @file How far do two inputs stay apart through depth? K¹ over the data's inputs, and the correlations of the data's own
 * pairs within and between classes, layer by layer: theory (the pair recursion from the data's mean moments) beside the
 * finite network.
 */
import { meanFieldPlaces } from "../../net/index.ts";
import {
  type CorrelationMeasurement,
  measureCorrelations,
  separation as separate,
} from "../../probes/index.ts";
import { type PairLayer, propagate, propagatePair } from "../../theory/index.ts";
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import type { SurveyContext } from "../context.ts";
import { inputMoments, sampleRows } from "../data-moments.ts";
import type { Finding, NumberRow } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { type DataPairs, dataPairs } from "./data-pairs.ts";
import { separationFigures } from "./figures.ts";

/** Rows of the probe's batch: about 200 pairs within classes and 2,000 between ten of them. */
const rows = 64;
const seeds = 5;

export interface SeparationPrediction {
  readonly pairs: DataPairs;
  readonly within: readonly PairLayer[];
  readonly between: readonly PairLayer[];
  /** K¹ at the 5th, 50th and 95th percentile of the inputs. */
  readonly firstK: readonly [number, number, number];
  /** Last layer at which theory can tell classes apart at this width; undefined when it can to the end. */
  readonly lostAfter: number | undefined;
}

function predict(context: SurveyContext): SeparationPrediction {
  const places = meanFieldPlaces(context.model);
  const { secondMoment, mean, meanSquares } = inputMoments(context);
  const sorted = meanSquares.toSorted();
  const pairs = dataPairs(sampleRows(context, "separation", rows));
  const through = (C: number) =>
    propagatePair(places, { Ka: secondMoment, Kb: secondMoment, C, meanA: mean, meanB: mean });
  const within = through(pairs.within * secondMoment);
  const between = through(pairs.between * secondMoment);
  const quantile = (p: number) => {
    const K = sorted[Math.round(p * (sorted.length - 1))]!;
    return propagate(places, { K, mean })[0]!.K;
  };
  return {
    pairs,
    within,
    between,
    firstK: [quantile(0.05), quantile(0.5), quantile(0.95)],
    lostAfter: lostAfter(context, within, between),
  };
}

/**
 * Theory's depth of loss: from there on, at every hidden layer, the gap between the mean correlations is below the
 * fluctuation (1 - c²)/√N of one correlation over N units.
 */
function lostAfter(
  { model }: SurveyContext,
  within: readonly PairLayer[],
  between: readonly PairLayer[],
): number | undefined {
  const lost = within.slice(0, -1).map(({ c }, l) => {
    const units = model.taps[l]!.shape.reduce((product, n) => product * n, 1);
    const other = between[l]!.c;
    return !(Math.abs(c - other) > (1 - other ** 2) / Math.sqrt(units));
  });
  const kept = lost.lastIndexOf(false) + 1;
  return kept === lost.length ? undefined : kept;
}

export const separation = defineAnalysis<SeparationPrediction, CorrelationMeasurement>({
  id: "separation",
  title: "Separation of inputs",
  question: "How deep can two inputs still be told apart?",
  source: "criticality.md §1 (slope of the correlation map); Poole et al. 2016, Schoenholz et al. 2017",
  applies: ({ dataset, model }) => {
    if (dataset.classes < 2)
      return doesNotApply("the data have a single class: there are no pairs between classes");
    return model.taps.length > 1 ? applies : doesNotApply("the network has no hidden layer");
  },
  cost: ({ model }) => 0.5 + 0.02 * model.taps.length,
  predict,
  measure: (context) => {
    const { inputs, labels } = sampleRows(context, "separation", rows);
    const { model, options, key } = context;
    return measureCorrelations({ model, inputs, labels, seeds, key: key.split("probes"), options });
  },
  conclude(_, { predicted, measured }) {
    const result = separate(measured.layers);
    const findings: Finding[] = [
      { text: result.statement, tone: result.lostAfter ? "bad" : "good" },
      { text: theorySentence(predicted), tone: "neutral" },
    ];
    return {
      findings,
      advice: [],
      numbers: numbersOf(predicted, measured),
      figures: separationFigures(predicted, measured),
      notes: [
        `Measured on ${measured.pairs.within} pairs within and ${measured.pairs.between} between classes, ${measured.seeds} seeds; theory starts at the mean moments of the same pairs.`,
      ],
      json: separationJson(predicted, measured),
    };
  },
});

function theorySentence({ lostAfter, within }: SeparationPrediction): string {
  const hidden = within.length - 1;
  if (lostAfter === undefined)
    return `Theory: at this width the gap between classes stays above the fluctuations through all ${hidden} hidden layers.`;
  if (lostAfter === 0)
    return "Theory: at this width the gap between the classes' mean correlations is below the fluctuations from the first layer on.";
  return `Theory: at this width the gap between classes falls below the fluctuations after layer ${lostAfter}.`;
}

function numbersOf({ firstK, pairs }: SeparationPrediction, { layers }: CorrelationMeasurement): NumberRow[] {
  const last = layers.at(-2) ?? layers.at(-1)!;
  const measured = (
    name: string,
    { value, se }: { readonly value: number; readonly se?: number },
  ): NumberRow => ({
    name,
    value: finiteOrNull(value),
    ...(se === undefined ? {} : { se }),
    kind: "measured",
  });
  return [
    {
      name: "K¹, median input",
      value: firstK[1],
      ci: [firstK[0], firstK[2]],
      kind: "theory",
      note: "5-95 % of the inputs",
    },
    { name: "input correlation within classes", value: pairs.within, kind: "measured" },
    { name: "input correlation between classes", value: pairs.between, kind: "measured" },
    measured(`correlation within classes, layer ${last.index}`, last.within.mean),
    measured(`correlation between classes, layer ${last.index}`, last.between.mean),
    measured(`same-class pair ranked first, layer ${last.index}`, last.ranking),
  ];
}

function separationJson(
  { firstK, within, between, lostAfter }: SeparationPrediction,
  measured: CorrelationMeasurement,
) {
  const result = separate(measured.layers);
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
      within: {
        theory: finiteOrNull(within[l]!.c),
        measured: layer.within.mean.value,
        se: layer.within.mean.se ?? null,
      },
      between: {
        theory: finiteOrNull(between[l]!.c),
        measured: layer.between.mean.value,
        se: layer.between.mean.se ?? null,
      },
      ranking: layer.ranking.value,
    })),
  };
}
