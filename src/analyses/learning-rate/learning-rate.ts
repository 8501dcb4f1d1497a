/**
 * @file How large may the learning rate be? The measured edge of stability of plain SGD beside what the neural tangent
 * kernel allows at initialisation, from theory (infinite width) and from the finite network's own curvature.
 */
import type { Estimate } from "../../theory/index.ts";
import { applies, type Conclusion, defineAnalysis } from "../analysis.ts";
import { challenger, given } from "../candidates.ts";
import type { SurveyContext } from "../context.ts";
import { inputMoments, sampleRows } from "../data-moments.ts";
import type { NumberRow } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { meanCorrelation } from "../separation/data-pairs.ts";
import { pairRows } from "../separation/predict.ts";
import { rate, significant } from "../words.ts";
import { type CandidateEdge, edgeSeconds, edgeSettings, measuredEdges } from "./edges.ts";
import { ntkRate } from "./ntk-rate.ts";

/** One NTK estimate for each network that is compared. */
type Prediction = readonly Estimate[];

function predict(context: SurveyContext): Prediction {
  const { secondMoment, mean } = inputMoments(context);
  const { classes } = context.dataset;
  const correlation = meanCorrelation(sampleRows(context, "separation", pairRows));
  const other = challenger(context);
  return [given(context), ...(other === undefined ? [] : [other])].map(({ model }) =>
    ntkRate({ model, secondMoment, mean, correlation, classes, batch: edgeSettings.batch }),
  );
}

export const learningRate = defineAnalysis<Prediction, readonly CandidateEdge[]>({
  id: "learningRate",
  title: "Learning rate",
  question: "How large may the learning rate be?",
  source:
    "Jacot et al. 2018, arXiv 1806.07572 (tangent kernel); Lewkowycz et al. 2020, arXiv 2003.02218 (2/λ_max)",
  applies: () => applies,
  cost: edgeSeconds,
  predict,
  measure: measuredEdges,
  conclude(_, { predicted, measured }): Conclusion {
    const [given] = measured;
    const edge = edgeText(given!);
    return {
      verdict: { sentence: `Plain SGD is stable up to a rate of ${edge}.`, tone: "neutral" },
      findings: measured.map((candidate, i) => findingOf(candidate, predicted[i]!)),
      advice: [],
      numbers: measured.flatMap((candidate, i) => numbersOf(candidate, predicted[i]!)),
      figures: [],
      notes: [
        `Edge: runs of ${edgeSettings.steps} steps of plain SGD with batch ${edgeSettings.batch} from ${edgeSettings.seeds} fresh initialisations; a rate is stable when the late loss stays below 1.5 times the first.`,
        "2/λ_max uses the Gauss-Newton matrix at initialisation: cross entropy lets SGD exceed it, since its curvature falls as it trains.",
      ],
      json: learningRateJson(predicted, measured),
    };
  },
});

function edgeText({ measured: { edge, interval } }: CandidateEdge): string {
  if (edge !== undefined) return rate(edge.value);
  const [low, high] = interval;
  if (low > 0) return `more than ${rate(low)}`;
  return Number.isFinite(high) ? `less than ${rate(high)}` : "an edge that was not found";
}

function findingOf(candidate: CandidateEdge, ntk: Estimate): Conclusion["findings"][number] {
  const { label, measured, curvatureRate } = candidate;
  const ratio = measured.edge
    ? ` (${significant(measured.edge.value / ntk.value, 2)} times the NTK estimate)`
    : "";
  const text = `Largest stable rate, ${label}: ${edgeText(candidate)}${ratio}; NTK of infinite width ${rate(ntk.value)}, curvature of this width ${rate(curvatureRate)}.`;
  return { text, tone: "neutral" };
}

function numbersOf({ label, measured, curvatureRate }: CandidateEdge, ntk: Estimate): NumberRow[] {
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
    {
      name: `2/λ_max from the NTK, ${label}`,
      value: finiteOrNull(ntk.value),
      kind: "theory",
      note: ntk.assumptions.join("; "),
    },
    { name: `2/λ_max measured, ${label}`, value: finiteOrNull(curvatureRate), kind: "measured" },
  ];
}

function learningRateJson(predicted: Prediction, measured: readonly CandidateEdge[]) {
  const networks = measured.map(({ label, measured: { edge, interval, trials }, curvatureRate }, i) => ({
    label,
    edge: edge?.value ?? null,
    ci: edge?.ci ?? null,
    lastStable: finiteOrNull(interval[0]),
    firstUnstable: finiteOrNull(interval[1]),
    ntk: finiteOrNull(predicted[i]!.value),
    curvature: finiteOrNull(curvatureRate),
    trials,
  }));
  const [before, after] = networks;
  return { ...before, after: after ?? null, assumptions: predicted[0]!.assumptions };
}
