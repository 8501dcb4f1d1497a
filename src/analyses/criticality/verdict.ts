/** @file Criticality in one sentence: the phase, and what becomes of a small change over the depth. */
import { type Phase, phaseOf } from "../../theory/index.ts";
import type { Verdict } from "../document.ts";
import { quantity, significant } from "../words.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { type CriticalityPrediction, criticalFactor, reachesHidden } from "./predict.ts";
import { unlikeLayers } from "./unlike.ts";

/** ln J(1, l): measured where it could be, else theory; NaN where neither is there. */
function logJ(
  { layers }: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
  l: number,
): number {
  const median = measured?.jacobians.layers[l - 1]?.J.lnMedian ?? Number.NaN;
  return Number.isNaN(median) ? (layers[l - 1]?.logJ ?? Number.NaN) : median;
}

/**
 * The phase of the fixed point where there is one, else by the law that J follows; undefined for fewer than two hidden
 * layers, over which nothing can grow, where few layers change little or layers are unlike, and where J is not known.
 */
export function phaseOfNetwork(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Phase | undefined {
  if (predicted.hidden < 2) return undefined;
  const reached = predicted.uniform?.fixedPoints.reached;
  if (reached !== undefined) return phaseOf(reached.chiJ);
  const total = logJ(predicted, measured, predicted.hidden);
  if (Number.isNaN(total) || unlikeLayers(predicted, measured) !== undefined) return undefined;
  if (Math.abs(total) < leastChange) return "critical";
  const law = (measured?.diagnosis ?? predicted.diagnosis)?.verdict;
  if (law === "critical" || law === "critical-power-law") return "critical";
  if (law === undefined && Math.abs(total) <= Math.log(criticalFactor)) return undefined;
  return total > 0 ? "chaotic" : "ordered";
}

const phaseNames: Readonly<Record<Phase, string>> = {
  chaotic: "Chaotic",
  ordered: "Ordered",
  critical: "Critical",
};

/** The sentence and its tone: a change of J within a factor 10 does no harm, whatever the phase. */
export function criticalityVerdict(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Verdict {
  const { hidden } = predicted;
  if (hidden < 2) {
    const layers = hidden === 1 ? "With one hidden layer" : "Without hidden layers";
    return { sentence: `${layers} there is no depth to grow or die out over.`, tone: "good" };
  }
  if (measured?.zeroDivision !== undefined) {
    const sentence = `The preactivations of sampled networks are not finite from layer ${measured.overflowFrom} on.`;
    return { sentence, tone: "bad" };
  }
  const total = logJ(predicted, measured, hidden);
  if (Number.isNaN(total)) return unknownVerdict(predicted, measured);
  const phase = phaseOfNetwork(predicted, measured);
  const mild = Math.abs(total) <= Math.log(criticalFactor);
  const unlike = unlikeLayers(predicted, measured);
  const change = `a small change ${changeText(total)} over ${hidden} hidden layers`;
  if (unlike !== undefined) {
    const [low, high] = [Math.min, Math.max].map((end) =>
      significant(Math.exp(end(...unlike.map(({ lnJ }) => lnJ)))),
    );
    const single =
      low === high ? `a single one multiplies J by ${low}` : `single ones multiply J by ${low} to ${high}`;
    const sentence = `Layers are unlike: ${change}, and ${single}.`;
    return { sentence, tone: "bad" };
  }
  if (phase === undefined) {
    const source = reachesHidden(predicted) ? "" : " (measured only)";
    return { sentence: `Too few layers to tell a phase${source}: ${change}.`, tone: "good" };
  }
  const tone = mild ? "good" : phase === "critical" ? "warn" : "bad";
  if (phase === "critical" && !mild && predicted.uniform === undefined)
    return { sentence: transientSentence(predicted, measured), tone };
  const judged = mild && phase !== "critical" ? `${change}, little at this depth` : change;
  return { sentence: `${phaseText(phase, predicted)}: ${judged}.`, tone };
}

/**
 * The law that J follows is that of the later layers; what the first ones do to it is no law. `Critical from layer 4 on: up
 * to there a small change grows by a factor 10^4.0, over the 5 layers after it by a factor 6.`
 */
function transientSentence(
  predicted: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): string {
  const { hidden } = predicted;
  const { from } = (measured?.diagnosis ?? predicted.diagnosis)!;
  const before = logJ(predicted, measured, from);
  const after = logJ(predicted, measured, hidden) - before;
  const source = reachesHidden(predicted) ? "" : " (measured only)";
  return `Critical from layer ${from} on${source}: a small change ${changeText(before)} up to there, and ${changeText(after)} over the ${hidden - from} layers after it.`;
}

/** Neither theory nor measurement reaches the last hidden layer. */
function unknownVerdict(
  { missing, hasNetworks }: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): Verdict {
  const mend = hasNetworks ? " Sample networks with --measure." : "";
  return measured === undefined && missing !== undefined
    ? { sentence: `Theory does not reach the last hidden layer: ${missing}.${mend}`, tone: "warn" }
    : { sentence: "The preactivations overflow before the last hidden layer.", tone: "bad" };
}

/** `Chaotic (χ_J = 1.134)`; where K moves on without end, χ_J is that of the limit. */
function phaseText(phase: Phase, predicted: CriticalityPrediction): string {
  const { uniform } = predicted;
  if (!reachesHidden(predicted)) return `${phaseNames[phase]} (measured only)`;
  if (uniform === undefined) return phaseNames[phase];
  const { chiJ, status } = uniform.fixedPoints.reached;
  const isLimit = status === "infinite" || status === "slow";
  return isLimit && phase === "critical"
    ? "Critical in the limit of depth (χ_J → 1)"
    : `${phaseNames[phase]} (${quantity("χ_J", chiJ)})`;
}

/** Changes of ln J below this are not told from none. */
const leastChange = 0.05;

function changeText(logarithm: number): string {
  if (Math.abs(logarithm) < leastChange) return "keeps its size";
  if (Number.isFinite(logarithm))
    return `${logarithm < 0 ? "shrinks" : "grows"} by a factor ${factorText(logarithm)}`;
  return logarithm < 0 ? "dies out altogether" : "grows without bound";
}

/** e^|x| for people: `12`, `10^8.3` once it is large. */
function factorText(logarithm: number): string {
  const size = Math.abs(logarithm);
  if (size < Math.log(1e4)) return significant(Math.exp(size), 2);
  return `10^${(size / Math.LN10).toFixed(1)}`;
}
