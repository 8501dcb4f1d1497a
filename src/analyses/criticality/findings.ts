/** @file What criticality finds, in sentences: the verdict, the fixed point, the slope beside theory's, the layer that stands out. */
import { type CriticalInitialisation, type Limit, phaseOf } from "../../theory/index.ts";
import type { Finding } from "../document.ts";
import { quantity, significant } from "../words.ts";
import { betterStart, livingPoints, startFinding } from "./first-layer.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { type CriticalityPrediction, theorySlope, type UniformPrediction } from "./predict.ts";
import { unlikeLayers, unlikeText } from "./unlike.ts";
import { criticalityVerdict } from "./verdict.ts";

export function criticalityFindings(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Finding[] {
  const { sentence, tone } = criticalityVerdict(predicted, measured);
  const found =
    measured === undefined ? [] : [...overflowFindings(measured), ...slopeFindings(predicted, measured)];
  return [
    { text: sentence, tone },
    ...reachFindings(predicted, measured),
    ...limitFindings(predicted),
    ...pointsFindings(predicted),
    ...startFindings(predicted),
    ...criticalFindings(predicted),
    ...found,
    ...layerFindings(predicted, measured),
  ];
}

/** How far theory reaches, where it does not reach the last layer, and why. */
function reachFindings(
  { missing, layers, taps }: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): Finding[] {
  if (missing === undefined) return [];
  if (layers.length > 0) {
    const behind = measured === undefined ? "" : " What lies behind is measured only.";
    const last = `${layers.at(-1)!.name}, layer ${layers.length} of ${taps.length}`;
    return [{ text: `Theory reaches as far as ${last}: ${missing}.${behind}`, tone: "neutral" }];
  }
  return measured === undefined ? [] : [{ text: `Measured only: ${missing}.`, tone: "neutral" }];
}

function limitFindings({ uniform, hidden, missing }: CriticalityPrediction): Finding[] {
  if (hidden < 2 || missing !== undefined) return [];
  const text =
    uniform === undefined
      ? "No fixed point is given: those are of networks whose hidden layers are all alike, dense or convolutions with full windows. Theory follows these layers one by one."
      : limitText(uniform.fixedPoints.reached);
  return [{ text, tone: "neutral" }];
}

/** Where the critical point is, or why there is none. */
function criticalFindings({ uniform }: CriticalityPrediction): Finding[] {
  if (uniform === undefined) return [];
  const { critical, noCritical } = uniform;
  const text =
    critical === undefined
      ? `No critical initialisation: ${noCritical}`
      : criticalText(critical, isElsewhereOnLine(uniform, critical));
  return [{ text, tone: "neutral" }];
}

function criticalText({ sw2, sb2, note }: CriticalInitialisation, elsewhere: boolean): string {
  const point = `σw² = ${significant(sw2, 5)}, σb² = ${significant(sb2, 5)}`;
  return elsewhere
    ? `Critical as given. Another critical initialisation is ${point} (${note.replace(/\.$/, "")}).`
    : `Critical at ${point}. ${note}`;
}

/** Whether the network is critical at other variances than those of the point. */
function isElsewhereOnLine(
  { layer, fixedPoints }: UniformPrediction,
  point: CriticalInitialisation,
): boolean {
  const differs = (a: number, b: number) => Math.abs(a - b) > sameVariance * Math.max(a, b);
  const away = differs(layer.sw2, point.sw2) || differs(layer.sb2, point.sb2);
  return away && phaseOf(fixedPoints.reached.chiJ) === "critical";
}

/** Variances within this part of each other are one. */
const sameVariance = 1e-3;

function limitText({ K, chiJ, chiK, xi, status }: Limit): string {
  const at = { infinite: "K grows without bound", dead: "K dies out" }[status as string];
  const slow = status === "slow" ? "; the approach is slow, so the finite-depth values count" : "";
  return `Theory: ${at ?? `K* = ${significant(K)}`}, ${quantity("χ_J", chiJ)}, ${quantity("χ_K", chiK)}, ${lengthText(xi)}${slow}.`;
}

/** A length beyond this is that of criticality: critical variances are given to about ten digits. */
const longest = 1e8;

function lengthText(xi: number): string {
  return xi > longest ? "ξ is infinite" : `${quantity("ξ", xi, 3)} layers`;
}

/** Where there are several fixed points, each with what it does to changes: which is reached depends on K¹. */
function pointsFindings({ uniform, layers }: CriticalityPrediction): Finding[] {
  const points = uniform === undefined ? [] : livingPoints(uniform);
  if (points.length < 2) return [];
  const list = points.map(
    ({ K, chiJ, xi, stability }) =>
      `K* = ${significant(K, 4)} (${stability}, ${quantity("χ_J", chiJ)}, ${lengthText(xi)})`,
  );
  const { K } = uniform!.fixedPoints.reached;
  const end = Number.isFinite(K) ? `ends at ${significant(K, 4)}` : "grows without bound";
  const text = `${points.length} fixed points: ${list.join(" and ")}. From K¹ = ${significant(layers[0]!.K)} K ${end}.`;
  return [{ text, tone: "neutral" }];
}

function startFindings(predicted: CriticalityPrediction): Finding[] {
  const start = betterStart(predicted);
  return start === undefined ? [] : [{ text: startFinding(start, predicted.hidden), tone: "warn" }];
}

function overflowFindings({ overflowFrom, zeroDivision }: CriticalityMeasurement): Finding[] {
  if (overflowFrom === undefined) return [];
  const from = `from layer ${overflowFrom} on nothing could be measured.`;
  const text =
    zeroDivision === undefined
      ? `The preactivations overflow: ${from}`
      : `The preactivations overflow or are no numbers: ${from} ${zeroDivision}`;
  return [{ text, tone: "bad" }];
}

function slopeFindings(predicted: CriticalityPrediction, measured: CriticalityMeasurement): Finding[] {
  const theory = theorySlope(predicted);
  const { slope } = measured;
  if (unlikeLayers(predicted, measured) !== undefined) return [];
  if (slope?.ci === undefined || theory === undefined) return [];
  const [low, high] = slope.ci;
  const holds = low <= theory && theory <= high;
  const beside = holds
    ? "inside it"
    : `outside it: a shift of ${significant(slope.value - theory, 2)} at this width`;
  const text = `ln J changes by ${significant(slope.value)} a layer (95 % interval ${significant(low)} to ${significant(high)}); theory at infinite width says ${significant(theory)}, ${beside}.`;
  return [{ text, tone: "neutral" }];
}

/** The layer that stands out from its neighbours, or those far from J = 1 where neighbours say nothing. */
function layerFindings(
  predicted: CriticalityPrediction,
  measured: CriticalityMeasurement | undefined,
): Finding[] {
  const unlike = unlikeLayers(predicted, measured);
  if (unlike === undefined || measured?.culprit?.verdict === "culprit")
    return measured === undefined ? [] : culpritFindings(predicted, measured);
  const text = `The layers are unlike, so that no slope describes J. Furthest from J = 1: ${unlikeText(unlike)}.`;
  return [{ text, tone: "bad" }];
}

/** In a uniform network the layer that stands out is built like the others: then K is what differs. */
function culpritFindings(
  { uniform, layers }: CriticalityPrediction,
  { culprit }: CriticalityMeasurement,
): Finding[] {
  if (culprit === undefined) return [];
  const { segment, deviation, verdict } = culprit;
  if (verdict === "all alike")
    return [{ text: "No single layer is to blame: none stands out from its neighbours.", tone: "neutral" }];
  const own = `${segment.name} stands out: it alone multiplies J by ${significant(Math.exp(segment.lnJ))}`;
  const expected = significant(Math.exp(segment.lnJ - deviation));
  const text = Number.isFinite(deviation) ? `${own}, its neighbours by about ${expected}` : own;
  if (uniform === undefined) return [{ text: `${text}.`, tone: "bad" }];
  const [before, after] = [segment.index - 1, segment.index].map((l) => significant(layers[l - 1]!.K));
  return [
    {
      text: `${text}. It is built like the others; K is ${before} before it and ${after} after it.`,
      tone: "warn",
    },
  ];
}
