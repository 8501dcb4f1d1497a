/** @file From prediction and measurement to a verdict, findings, numbers and the JSON of `criticality` (cli.md). */

import { activationText } from "../../net/index.ts";
import { growthRate } from "../../probes/index.ts";
import {
  type Estimate,
  type FixedPoint,
  type MeanFieldLayer,
  type Phase,
  phaseOf,
} from "../../theory/index.ts";
import type { Conclusion } from "../analysis.ts";
import type { Finding, NumberRow, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { significant } from "../words.ts";
import { type CriticalityMeasurement, slopeFrom } from "./measure.ts";
import { type CriticalityPrediction, criticalFactor, theoryLogJ, type UniformPrediction } from "./predict.ts";

/** ln J over the hidden layers: measured where it was, else theory. */
function totalLogJ(predicted: CriticalityPrediction, measured: CriticalityMeasurement | undefined): number {
  const hidden = measured?.jacobians.layers.at(-2);
  return hidden === undefined ? theoryLogJ(predicted) : hidden.J.lnMedian;
}

/** The phase of the fixed point where there is one, else by the law that J follows. */
export function phaseOfNetwork(predicted: CriticalityPrediction, measured?: CriticalityMeasurement): Phase {
  const reached = predicted.uniform?.fixedPoints.reached;
  if (reached !== undefined) return phaseOf(reached.chiJ);
  const law = (measured?.diagnosis ?? predicted.diagnosis)?.verdict;
  if (law === "exploding" || law === "stretched") return "chaotic";
  return law === "vanishing" ? "ordered" : "critical";
}

const phaseNames: Readonly<Record<Phase, string>> = {
  chaotic: "Chaotic",
  ordered: "Ordered",
  critical: "Critical",
};

export function criticalityVerdict(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Verdict {
  const phase = phaseOfNetwork(predicted, measured);
  const total = totalLogJ(predicted, measured);
  const hidden = Math.max(1, predicted.layers.length - 1);
  const chiJ = predicted.uniform?.fixedPoints.reached.chiJ;
  const name =
    chiJ === undefined ? phaseNames[phase] : `${phaseNames[phase]} (χ_J = ${significant(chiJ, 4)})`;
  const change = `a small change ${changeText(total)} over ${hidden} hidden layers`;
  const mild = Math.abs(total) <= Math.log(criticalFactor);
  const judged = mild && phase !== "critical" ? `${change}, little at this depth` : change;
  return { sentence: `${name}: ${judged}.`, tone: mild ? "good" : phase === "critical" ? "warn" : "bad" };
}

function changeText(logarithm: number): string {
  if (Number.isFinite(logarithm))
    return `${logarithm < 0 ? "shrinks" : "grows"} by a factor ${factorText(logarithm)}`;
  return logarithm < 0 ? "dies out altogether" : "grows without bound";
}

/** e^|x| for people: `12`, `3·10⁸` once it is large. */
function factorText(logarithm: number): string {
  const size = Math.abs(logarithm);
  if (size < Math.log(1e4)) return significant(Math.exp(size), 2);
  return `10^${(size / Math.LN10).toFixed(1)}`;
}

/** The slope of theory over the layers that the measured slope is fitted on. */
export function theorySlope({ layers }: CriticalityPrediction): number | undefined {
  const hidden = layers.slice(0, -1);
  const profile = hidden
    .slice(slopeFrom(hidden.length) - 1)
    .map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }));
  return profile.length > 1 && profile.every(({ lnJ }) => Number.isFinite(lnJ[0]))
    ? growthRate(profile).value
    : undefined;
}

export function criticalityFindings(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Finding[] {
  const verdict = criticalityVerdict(predicted, measured);
  return [
    { text: verdict.sentence, tone: verdict.tone },
    ...uniformFindings(predicted.uniform),
    ...(measured === undefined ? [] : [...shiftFindings(predicted, measured), ...culpritFindings(measured)]),
  ];
}

function uniformFindings(uniform: UniformPrediction | undefined): Finding[] {
  if (uniform === undefined) {
    return [
      {
        text: "Its hidden layers differ, so it has no single fixed point; the layers are propagated one by one.",
        tone: "neutral",
      },
    ];
  }
  const { reached } = uniform.fixedPoints;
  const at = reached.status === "infinite" ? "K grows without bound" : `K* = ${significant(reached.K)}`;
  const slow = reached.status === "slow" ? "; the approach is slow, so the finite-depth values count" : "";
  const others =
    uniform.fixedPoints.all.length > 1 ? `; ${uniform.fixedPoints.all.length} fixed points in all` : "";
  return [
    {
      text: `Theory: ${at}, χ_J = ${significant(reached.chiJ, 4)}, χ_K = ${significant(reached.chiK, 4)}, ξ = ${Number.isFinite(reached.xi) ? `${significant(reached.xi)} layers` : "infinite"}${slow}${others}.`,
      tone: "neutral",
    },
  ];
}

function shiftFindings(predicted: CriticalityPrediction, { slope }: CriticalityMeasurement): Finding[] {
  const theory = theorySlope(predicted);
  if (slope?.ci === undefined || theory === undefined) return [];
  const [low, high] = slope.ci;
  const holds = low <= theory && theory <= high;
  const text = `ln J changes by ${significant(slope.value)} a layer (95 % interval ${significant(low)} to ${significant(high)}); theory at infinite width says ${significant(theory)}${holds ? ", inside it" : `: a shift of ${significant(slope.value - theory, 2)} at this width`}.`;
  return [{ text, tone: "neutral" }];
}

function culpritFindings({ culprit }: CriticalityMeasurement): Finding[] {
  if (culprit === undefined) return [];
  const { segment, verdict } = culprit;
  if (verdict === "all alike")
    return [{ text: "No single layer is to blame: all layers change J alike.", tone: "neutral" }];
  const text = `The layer to blame is ${segment.name}: it alone multiplies J by ${significant(Math.exp(segment.lnJ))}.`;
  return [{ text, tone: "bad" }];
}

export function criticalityNumbers(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): NumberRow[] {
  const { uniform, layers } = predicted;
  const theory = theorySlope(predicted);
  return [
    { name: "K¹", value: finiteOrNull(layers[0]!.K), kind: "theory" },
    ...(uniform === undefined ? [] : fixedPointRows(uniform.fixedPoints.reached)),
    ...criticalRows(uniform),
    ...(theory === undefined
      ? []
      : [{ name: "slope of ln J", value: theory, kind: "theory" as const, unit: "per layer" }]),
    ...slopeRows(theory, measured?.slope),
  ];
}

function fixedPointRows({
  K,
  chiJ,
  chiK,
  xi,
  status,
}: FixedPoint & { readonly status: string }): NumberRow[] {
  const row = (name: string, value: number, unit?: string): NumberRow => ({
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "infinite" }),
    ...(unit === undefined ? {} : { unit }),
    kind: "theory",
  });
  const note = status === "ok" ? {} : { note: status };
  return [
    { ...row("K*", K), ...note },
    row("χ_J at K*", chiJ),
    row("χ_K at K*", chiK),
    row("ξ", xi, "layers"),
  ];
}

function criticalRows(uniform: UniformPrediction | undefined): NumberRow[] {
  const critical = uniform?.critical;
  if (critical === undefined) return [];
  return [
    { name: "critical σw²", value: critical.sw2, kind: "theory", note: critical.note },
    { name: "critical σb²", value: critical.sb2, kind: "theory" },
  ];
}

function slopeRows(theory: number | undefined, slope: Estimate | undefined): NumberRow[] {
  if (slope === undefined) return [];
  const { value, se, ci, n } = slope;
  const base = { kind: "measured" as const, unit: "per layer", ...(n === undefined ? {} : { n }) };
  const errors = { ...(se === undefined ? {} : { se }), ...(ci === undefined ? {} : { ci }) };
  const shift =
    theory === undefined
      ? []
      : [
          {
            ...base,
            name: "finite-width shift of the slope",
            value: value - theory,
            ...(se === undefined ? {} : { se }),
          },
        ];
  return [{ ...base, ...errors, name: "slope of ln J", value }, ...shift];
}

/** The fields of cli.md. Magnitudes that leave float64 are null with a status; their logarithms are beside them. */
export function criticalityJson(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Conclusion["json"] {
  const { uniform, layers } = predicted;
  const { sentence } = criticalityVerdict(predicted, measured);
  return {
    activation: uniform === undefined ? null : activationText(uniform.architecture.activation),
    phase: phaseOfNetwork(predicted, measured),
    class: uniform?.universality.class ?? null,
    critical: uniform?.critical
      ? {
          sw2: uniform.critical.sw2,
          sb2: uniform.critical.sb2,
          K: uniform.critical.K ?? null,
          note: uniform.critical.note,
        }
      : null,
    ...(uniform?.noCritical === undefined ? {} : { noCritical: uniform.noCritical }),
    fixedPoint: uniform === undefined ? null : fixedPointJson(uniform.fixedPoints.reached),
    fixedPoints: uniform?.fixedPoints.all.map(fixedPointJson) ?? [],
    layers: layers.map(layerJson),
    zeta: uniform?.critical?.zeta ?? null,
    verdict: sentence,
    ...(measured === undefined ? {} : { measured: measuredJson(predicted, measured) }),
  };
}

function fixedPointJson(point: FixedPoint & { readonly status?: string }) {
  const { K, chiJ, chiK, xi, stability, status } = point;
  const infinite = Number.isFinite(K) ? status : "infinite";
  return {
    K: finiteOrNull(K),
    chiJ: finiteOrNull(chiJ),
    chiK: finiteOrNull(chiK),
    xi: finiteOrNull(xi),
    stability,
    ...(infinite === undefined ? {} : { status: infinite }),
  };
}

function layerJson({ index, name, K, chiJ, chiK, logJ, logToOutput, theta, status }: MeanFieldLayer) {
  return {
    index,
    name,
    K: finiteOrNull(K),
    chiJ: finiteOrNull(chiJ),
    chiK: finiteOrNull(chiK),
    J: finiteOrNull(Math.exp(logJ)),
    lnJ: finiteOrNull(logJ),
    toOutput: finiteOrNull(Math.exp(logToOutput)),
    lnToOutput: finiteOrNull(logToOutput),
    ntk: finiteOrNull(theta),
    ...(status === "ok" ? {} : { status }),
  };
}

function measuredJson(
  predicted: CriticalityPrediction,
  { jacobians, slope, diagnosis, culprit }: CriticalityMeasurement,
) {
  const theory = theorySlope(predicted);
  const { layers, seeds, probes, samples } = jacobians;
  return {
    layers: layers.map(({ index, name, K, J, toOutput, local }) => ({
      index,
      name,
      K: finiteOrNull(K.value),
      J: finiteOrNull(Math.exp(J.lnMean)),
      se: finiteOrNull(Math.exp(J.lnMean) * (J.se ?? Number.NaN)),
      lnJ: finiteOrNull(J.lnMean),
      lnJMedian: finiteOrNull(J.lnMedian),
      lnToOutput: finiteOrNull(toOutput.lnMean),
      local: local === undefined ? null : finiteOrNull(Math.exp(local.lnMean)),
      ...(J.status === undefined ? {} : { status: J.status }),
    })),
    slope: slope === undefined ? null : { value: slope.value, ci: slope.ci ?? null, theory: theory ?? null },
    ntk: layers.map(({ K, toOutput }) => finiteOrNull(K.value * Math.exp(toOutput.lnMean))),
    verdict: diagnosis?.verdict ?? null,
    law: diagnosis?.law ?? null,
    culprit: culprit === undefined ? null : { verdict: culprit.verdict, layer: culprit.segment.name },
    settings: { seeds, probes, inputs: samples },
  };
}
