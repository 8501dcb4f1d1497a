/**
 * @file How large may the learning rate be? The measured edge of stability of plain SGD beside what the neural tangent
 * kernel allows at initialisation, from theory (infinite width) and from the finite network's own curvature.
 */
import { blownAbove, unstableAbove } from "../../probes/index.ts";
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
import { type CandidateEdge, edgeBatch, edgeSeconds, isTrainable, measuredEdges } from "./edges.ts";
import { type NtkRate, ntkRate } from "./ntk-rate.ts";

/** What the NTK allows each network that is compared. */
type Prediction = readonly NtkRate[];

function predict(context: SurveyContext): Prediction {
  const { inputs } = sampleRows(context, "separation", pairRows);
  const batch = edgeBatch(context);
  return candidates(context).map(({ model }) => ntkRate({ model, inputs, batch }));
}

export const learningRate = defineAnalysis<Prediction, readonly CandidateEdge[]>({
  id: "learningRate",
  title: "Learning rate",
  question: "How large may the learning rate be?",
  source:
    "Jacot et al. 2018, arXiv 1806.07572 (tangent kernel); Lewkowycz et al. 2020, arXiv 2003.02218 (2/λ_max)",
  applies: ({ model }) =>
    isTrainable(model) ? applies : doesNotApply("the network has no trainable parameters"),
  cost: edgeSeconds,
  predict,
  measure: measuredEdges,
  conclude(context, { predicted, measured }): Conclusion {
    const { steps, seeds } = effortOf(context);
    return {
      verdict: { sentence: `Plain SGD is ${edgeText(measured[0]!)}.`, tone: "neutral" },
      findings: measured.map((candidate, i) => findingOf(candidate, predicted[i]!)),
      advice: [],
      numbers: measured.flatMap((candidate, i) => numbersOf(candidate, predicted[i]!)),
      figures: [],
      notes: [
        `Edge: runs of ${steps} steps of plain SGD with batch ${edgeBatch(context)} from ${seeds} fresh initialisations; a rate is stable when the late loss stays below ${unstableAbove} times the first, and every loss below ${blownAbove} times.`,
        "2/λ_max uses the Gauss-Newton matrix at initialisation: cross entropy often lets SGD exceed it, where its curvature falls as it trains.",
      ],
      json: learningRateJson(predicted, measured),
    };
  },
});

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
  const text = `Plain SGD, ${candidate.label}: ${edgeText(candidate)}. At initialisation 2/λ_max is ${theory}${curvature}${missing}.`;
  return { text, tone: "neutral" };
}

function numbersOf({ label, measured, curvatureRate }: CandidateEdge, ntk: NtkRate): NumberRow[] {
  const { edge, interval } = measured;
  const [low, high] = interval;
  const ci = edge?.ci ?? [low, finiteOrNull(high)];
  return [
    {
      name: `largest stable rate, ${label}`,
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

function learningRateJson(predicted: Prediction, measured: readonly CandidateEdge[]) {
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
