/**
 * @file The JSON of criticality (cli.md). Magnitudes that leave float64 are null with a status; their logarithms are beside
 * them.
 */
import { activationText, type Tap } from "../../net/index.ts";
import type { FixedPoint, Limit, MeanFieldLayer } from "../../theory/index.ts";
import type { Conclusion } from "../analysis.ts";
import { finiteOrNull } from "../figure.ts";
import { kernelLayersJson } from "../learning-rate/kernel-layers.ts";
import { betterStart } from "./first-layer.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { type CriticalityPrediction, theorySlope } from "./predict.ts";
import { unlikeLayers } from "./unlike.ts";
import { criticalityVerdict, phaseOfNetwork } from "./verdict.ts";

export function criticalityJson(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Conclusion["json"] {
  const { uniform, layers, taps, missing } = predicted;
  const critical = uniform?.critical;
  return {
    activation: uniform === undefined ? null : activationText(uniform.architecture.activation),
    phase: phaseOfNetwork(predicted, measured) ?? null,
    class: uniform?.universality.class ?? null,
    critical:
      critical === undefined
        ? null
        : { sw2: critical.sw2, sb2: critical.sb2, K: critical.K ?? null, note: critical.note },
    ...(uniform?.noCritical === undefined ? {} : { noCritical: uniform.noCritical }),
    fixedPoint: uniform === undefined ? null : fixedPointJson(uniform.fixedPoints.reached),
    fixedPoints: uniform?.fixedPoints.all.map(fixedPointJson) ?? [],
    start: startJson(predicted),
    layers: taps.map((tap, l) => layerJson(tap, layers[l], missing === undefined)),
    ...(missing === undefined ? {} : { missing }),
    zeta: critical?.zeta ?? null,
    verdict: criticalityVerdict(predicted, measured).sentence,
    ...(measured === undefined ? {} : { measured: measuredJson(predicted, measured) }),
  };
}

/** A better K¹ than the network's own, with ln J over the hidden layers from either; null where there is none. */
function startJson(predicted: CriticalityPrediction) {
  const start = betterStart(predicted);
  if (start === undefined) return null;
  const { given, advised, weightFactor } = start;
  const numbers = ({ K1, lnJ }: typeof given) => ({ K1: finiteOrNull(K1), lnJ: finiteOrNull(lnJ) });
  return { given: numbers(given), advised: numbers(advised), weightFactor: finiteOrNull(weightFactor) };
}

function fixedPointJson(point: FixedPoint & Partial<Limit>) {
  const { K, chiJ, chiK, xi, stability } = point;
  const status = Number.isFinite(K) ? point.status : "infinite";
  return {
    K: finiteOrNull(K),
    chiJ: finiteOrNull(chiJ),
    chiK: finiteOrNull(chiK),
    xi: finiteOrNull(xi),
    stability,
    ...(Number.isFinite(xi) ? {} : { xiStatus: "infinite" }),
    ...(status === undefined ? {} : { status }),
  };
}

/**
 * What theory says of one preactivation, null where it does not reach. `ntk` is the layer's share K^l J(l, L) of the tangent
 * kernel at the output, as among the measured ones.
 * @param whole - whether theory reaches the output.
 */
function layerJson({ index, name }: Tap, layer: MeanFieldLayer | undefined, whole: boolean) {
  const { K, chiJ, chiK, logJ, status } = layer ?? unknownLayer;
  const logToOutput = layer !== undefined && whole ? layer.logToOutput : Number.NaN;
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
    ntk: finiteOrNull(K * Math.exp(logToOutput)),
    ...(status === "ok" ? {} : { status }),
  };
}

const unknownLayer = {
  K: Number.NaN,
  chiJ: Number.NaN,
  chiK: Number.NaN,
  logJ: Number.NaN,
  status: "unknown",
} as const;

function measuredJson(predicted: CriticalityPrediction, measured: CriticalityMeasurement) {
  const { jacobians, kernels, diagnosis } = measured;
  const slope = unlikeLayers(predicted, measured) === undefined ? measured.slope : undefined;
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
    slope:
      slope === undefined
        ? null
        : { value: slope.value, ci: slope.ci ?? null, theory: theorySlope(predicted) ?? null },
    ...(kernels === undefined
      ? { ntk: layers.map(({ K, toOutput }) => finiteOrNull(K.value * Math.exp(toOutput.lnMean))) }
      : kernelLayersJson({ jacobians, kernels })),
    verdict: diagnosis?.verdict ?? null,
    law: diagnosis?.law ?? null,
    culprit: culpritJson(predicted, measured),
    settings: { seeds, probes, inputs: samples },
  };
}

/** One layer that stands out from its neighbours; several that are far from J = 1, the furthest first; or none. */
function culpritJson(predicted: CriticalityPrediction, measured: CriticalityMeasurement) {
  const { culprit } = measured;
  const unlike = unlikeLayers(predicted, measured);
  if (culprit?.verdict === "culprit") return { verdict: culprit.verdict, layer: culprit.segment.name };
  if (unlike !== undefined)
    return {
      verdict: "unlike layers",
      layers: unlike.map(({ name, lnJ }) => ({ layer: name, lnJ: finiteOrNull(lnJ) })),
    };
  return culprit === undefined ? null : { verdict: culprit.verdict, layer: null };
}
