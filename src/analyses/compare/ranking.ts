/** @file The networks in the order of their evidence, and what parts neighbours: paired over targets and over test items. */
import { type Estimate, meanEstimate, meanOf, pairedDifference } from "../../theory/index.ts";
import type { Judged, MeasuredPoint } from "./judge.ts";

export interface Ranked extends Judged {
  readonly name: string;
}

/** The networks by falling evidence. */
export function ranking(judged: readonly Ranked[]): Ranked[] {
  return [...judged].sort((a, b) => b.evidence.total - a.evidence.total);
}

/** One network against another, better evidence first. */
export interface Comparison {
  readonly first: string;
  readonly second: string;
  /** Nats, all targets together: the logarithm of the Bayes factor. */
  readonly evidence: number;
  /** Nats a target, over targets. */
  readonly perTarget: Estimate;
  /** Targets on which the first has the higher evidence. */
  readonly wins: number;
  readonly targets: number;
  /** Whether the evidence decides: {@link decisiveNats} in all, and above 0 over targets. */
  readonly decisive: boolean;
  /** Squared error and error rate of the second minus the first, over test items, all training items used. */
  readonly squaredError: Estimate;
  readonly errorRate: Estimate;
}

/** "Very strong" evidence: a Bayes factor of 150 (Kass and Raftery, JASA 90, 1995). */
export const decisiveNats = 5;

/**
 * Whether a difference of evidence is that of rounding: kernels in float32 that differ by a factor have evidences as near as this.
 */
export function equalEvidence(nats: number): boolean {
  return Math.abs(nats) < 0.01;
}

/** Compares two networks on the same items. */
export function comparison(first: Ranked, second: Ranked): Comparison {
  const [a, b] = [first.evidence.perTarget, second.evidence.perTarget];
  const perTarget = pairedDifference({ a, b });
  const evidence = first.evidence.total - second.evidence.total;
  const surely = perTarget.ci === undefined || perTarget.ci[0] > 0;
  const [of, to] = [wholeOf(first).trials[0]!, wholeOf(second).trials[0]!];
  return {
    first: first.name,
    second: second.name,
    evidence,
    perTarget,
    wins: a.filter((value, i) => value > b[i]!).length,
    targets: a.length,
    decisive: evidence > decisiveNats && surely,
    squaredError: pairedDifference({ a: to.squared, b: of.squared }),
    errorRate: pairedDifference({ a: to.wrong, b: of.wrong }),
  };
}

/** The regression on all training items. */
export function wholeOf({ measured }: Pick<Judged, "measured">): MeasuredPoint {
  return measured.at(-1)!;
}

/** Means over test items: over subsets where there are several, with their spread; over test items else. */
export function pointEstimate({ trials }: MeasuredPoint, kind: "squared" | "wrong"): Estimate {
  if (trials.length === 1) return meanEstimate(trials[0]![kind]);
  return meanEstimate(trials.map((trial) => meanOf(trial[kind])));
}

/** How far predictions are off at measured sizes, as parts of the measurement. */
export function deviations({ predicted, measured }: Judged): { n: number; relative: number }[] {
  return measured.map((point) => {
    const error = predicted.find(({ n }) => n === point.n)!.error;
    const { value } = pointEstimate(point, "squared");
    return { n: point.n, relative: value === 0 ? 0 : error / value - 1 };
  });
}
