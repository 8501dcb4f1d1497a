/**
 * @file How large may the learning rate be? The measured edge of stability of plain SGD beside what the neural tangent
 * kernel allows at initialisation, from theory (infinite width) and from the finite network's own curvature.
 */
import { blownAbove, descentSteps, unstableAbove } from "../../probes/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { applies, type Conclusion, defineAnalysis, doesNotApply } from "../analysis.ts";
import { candidates } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { sampleRows } from "../data-moments.ts";
import type { Finding, NumberRow } from "../document.ts";
import { effortOf } from "../effort.ts";
import { finiteOrNull } from "../figure.ts";
import { pairRows } from "../separation/predict.ts";
import { rate } from "../words.ts";
import {
  type CandidateEdge,
  edgeBatch,
  edgeSeconds,
  isTrainable,
  measuredBlocks,
  measuredEdges,
} from "./edges.ts";
import { type KnownRates, largestRate, largestRateJson } from "./largest.ts";
import { type NtkRate, ntkRate } from "./ntk-rate.ts";
import { layerRates, predictedShares } from "./per-layer.ts";
import type { BlockShare } from "./rates.ts";
import { layerFigure, layerNotes, layerTables, rateNumbers } from "./section.ts";

/** What the NTK allows each network that is compared, and how it divides among the layers of the first. */
interface Prediction {
  readonly rates: readonly NtkRate[];
  readonly kernel: ReadonlyMap<string, number>;
}

interface Measurement {
  readonly edges: readonly CandidateEdge[];
  readonly blocks: readonly BlockShare[] | undefined;
}

function predict(context: SurveyContext): Prediction {
  const { inputs } = sampleRows(context, "separation", pairRows);
  const batch = edgeBatch(context);
  return {
    rates: candidates(context).map(({ model }) => ntkRate({ model, inputs, batch })),
    kernel: predictedShares(context.model, inputs),
  };
}

/** What is known of each network; the layers are those of the network as given. */
function knownOf({ rates, kernel }: Prediction, { edges, blocks }: Measurement): KnownRates[] {
  return edges.map((edge, i) => ({
    ntk: rates[i]!,
    measured: edge.rates,
    perLayer: i === 0 ? layerRates(blocks, kernel) : [],
  }));
}

export const learningRate = defineAnalysis<Prediction, Measurement>({
  id: "learningRate",
  title: "Learning rate",
  question: "How large may the learning rate be?",
  source:
    "Jacot et al. 2018, arXiv 1806.07572 (tangent kernel); Lewkowycz et al. 2020, arXiv 2003.02218 (2/λ_max)",
  applies: ({ model }) =>
    isTrainable(model) ? applies : doesNotApply("the network has no trainable parameters"),
  cost: edgeSeconds,
  predict,
  measure: async (context) => ({
    edges: await measuredEdges(context),
    blocks: await measuredBlocks(context),
  }),
  conclude(context, { predicted, measured }): Conclusion {
    const { steps, seeds } = effortOf(context);
    const { edges } = measured;
    const known = knownOf(predicted, measured);
    const figure = layerFigure(known[0]!);
    return {
      verdict: { sentence: `Plain SGD ${verdictText(edges[0]!, known[0]!)}.`, tone: "neutral" },
      findings: edges.map((candidate, i) => findingOf(candidate, predicted.rates[i]!)),
      advice: [],
      numbers: edges.flatMap((candidate, i) => numbersOf(candidate, known[i]!)),
      figures: figure === undefined ? [] : [figure],
      tables: layerTables(known[0]!),
      notes: [
        `Descent: the largest rate at which each of the first ${descentSteps - 1} steps of gradient descent on one batch of ${edgeBatch(context)} lowers its loss; 2/λ_max predicts it, for it is where the sharpest direction stops growing.`,
        `Survival: runs of ${steps} steps of plain SGD with batch ${edgeBatch(context)} from ${seeds} fresh initialisations; a rate is survived when the late loss stays below ${unstableAbove} times the first, and every loss below ${blownAbove} times.`,
        "2/λ_max uses the Gauss-Newton matrix at initialisation. Above it losses jump; cross entropy often lets SGD come back, where its curvature falls as it trains, and rectifiers may die on the way.",
        ...layerNotes(known[0]!),
      ],
      json: {
        ...learningRateJson(predicted.rates, edges),
        survived: edges[0]!.measured.edge?.value ?? null,
        ...largestRateJson(known[0]!, {
          batch: edgeBatch(context),
          loss: "crossEntropy",
          parameterisation: context.model.net.parameterisation,
        }),
      },
    };
  },
});

/** The largest stable rate, and up to which rate runs come back. */
function verdictText(candidate: CandidateEdge, known: KnownRates): string {
  const largest = largestRate(known);
  const survived = `is ${edgeText(candidate)}`;
  if (largest?.source !== "measured") return survived;
  const { edge } = candidate.measured;
  const more = edge !== undefined && edge.value > jumpsFrom * largest.value;
  const beyond = more ? `, and comes back from its jumps up to ${rate(edge.value)}` : "";
  return `descends steadily up to a rate of ${rate(largest.value)}${beyond}`;
}

/** Rates that are closer than this are not told apart. */
const jumpsFrom = 1.5;

function edgeText({ measured: { edge, interval } }: CandidateEdge): string {
  if (edge !== undefined) return `stable up to a rate of ${rate(edge.value)}`;
  const [low, high] = interval;
  if (low > 0) return `stable at every rate that was tried, up to ${rate(low)}`;
  return Number.isFinite(high)
    ? `unstable in some network at every rate that was tried, down to ${rate(high)}`
    : "stable at every rate in some networks and at none in others";
}

function findingOf(candidate: CandidateEdge, ntk: NtkRate): Finding {
  const shown = (value: number) => (Number.isFinite(value) ? rate(value) : "not finite");
  const theory = "rate" in ntk ? `${shown(ntk.rate.value)} by the NTK of infinite width, ` : "";
  const missing = "rate" in ntk ? "" : `; the NTK of infinite width gives none: ${ntk.because}`;
  const curvature = `${shown(candidate.curvatureRate)} by the curvature of this width`;
  const { edge } = candidate.rates.descent;
  const descent = edge === undefined ? "" : `descends at every step up to a rate of ${rate(edge.value)}; `;
  const text = `Plain SGD, ${candidate.label}: ${descent}over a longer run it is ${edgeText(candidate)}. At initialisation 2/λ_max is ${theory}${curvature}${missing}.`;
  return { text, tone: "neutral" };
}

function numbersOf(candidate: CandidateEdge, known: KnownRates): NumberRow[] {
  const { label, measured, curvatureRate } = candidate;
  const { ntk } = known;
  const { edge, interval } = measured;
  const [low, high] = interval;
  const ci = edge?.ci ?? [low, finiteOrNull(high)];
  return [
    ...rateNumbers({ ...known, ntk: { because: "below" } }, `, ${label}`).filter(
      ({ name }) => !name.startsWith("2/"),
    ),
    {
      name: `largest rate survived, ${label}`,
      value: edge?.value ?? null,
      ...(edge === undefined ? { status: "no edge in reach" } : {}),
      ci: [ci[0], ci[1]],
      n: measured.brackets.length,
      kind: "measured",
    },
    ...("rate" in ntk ? [ntkRow(label, ntk.rate)] : []),
    rateRow(`2/λ_max measured, ${label}`, curvatureRate, "measured"),
  ];
}

function ntkRow(label: string, { value, assumptions }: Estimate): NumberRow {
  return { ...rateRow(`2/λ_max from the NTK, ${label}`, value, "theory"), note: assumptions.join("; ") };
}

function rateRow(name: string, value: number, kind: NumberRow["kind"]): NumberRow {
  return {
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "not finite" }),
    kind,
  };
}

function learningRateJson(predicted: readonly NtkRate[], measured: readonly CandidateEdge[]) {
  const [before, after] = measured.map((candidate, i) => networkJson(candidate, predicted[i]!));
  const [given] = predicted;
  const assumptions = given !== undefined && "rate" in given ? given.rate.assumptions : [];
  return { ...before, after: after ?? null, assumptions };
}

function networkJson({ label, measured, curvatureRate }: CandidateEdge, ntk: NtkRate) {
  const { edge, interval, trials } = measured;
  return {
    label,
    edge: edge?.value ?? null,
    ci: edge?.ci ?? null,
    lastStable: finiteOrNull(interval[0]),
    firstUnstable: finiteOrNull(interval[1]),
    ntk: finiteOrNull("rate" in ntk ? ntk.rate.value : null),
    ...("because" in ntk ? { ntkMissing: ntk.because } : {}),
    curvature: finiteOrNull(curvatureRate),
    trials,
  };
}
