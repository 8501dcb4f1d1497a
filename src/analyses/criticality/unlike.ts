/**
 * @file Layers that are far apart: where single layers multiply J by very different factors, J over the whole depth may be
 * harmless by accident, no slope describes it, and no neighbour tells what a layer should do. Then J = 1 is the measure.
 */

import type { Net } from "../../net/index.ts";
import { isTunable } from "../../probes/index.ts";
import type { Advice } from "../document.ts";
import { logarithm, significant } from "../words.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { type CriticalityPrediction, criticalFactor, theoryLogJ } from "./predict.ts";

/** A layer and ln J(l−1, l) of it. */
export interface LayerStep {
  readonly index: number;
  readonly name: string;
  readonly lnJ: number;
}

/** A layer that multiplies J by more than this, or by less than its inverse, is named. */
const namedFactor = 3;
/** Logarithms of factors within this of each other are one, for what is measured. */
const slack = Math.log(1.5);
/** Layers that a sentence names. */
const shown = 4;

/** ln J(l−1, l) of the hidden layers from the second on that no pool is before: measured where it was, else of theory. */
function layerSteps(
  predicted: CriticalityPrediction,
  measured?: Pick<CriticalityMeasurement, "jacobians">,
): LayerStep[] {
  const { layers, hidden, pooled } = predicted;
  const steps =
    measured === undefined
      ? layers.slice(1).map(({ index, name, logJ }, l) => ({ index, name, lnJ: logJ - layers[l]!.logJ }))
      : measured.jacobians.layers.flatMap(({ index, name, local }) =>
          local === undefined ? [] : [{ index, name, lnJ: local.lnMedian }],
        );
  return steps.filter(({ index, name }) => index <= hidden && !pooled.has(name));
}

/** Whether the largest and the smallest factor are further apart than what does no harm over the whole depth. */
function areUnlike(steps: readonly LayerStep[]): boolean {
  const logs = steps.map(({ lnJ }) => lnJ).filter(Number.isFinite);
  const apart = Math.max(...logs) - Math.min(...logs) > Math.log(criticalFactor);
  return apart && !areSettling(logs);
}

/** Whether steps of one direction get smaller with depth: K on its way, which the law of the later layers tells. */
function areSettling(logs: readonly number[]): boolean {
  const direction = Math.sign(logs[0]!);
  const sizes = logs.map((lnJ) => direction * lnJ);
  return sizes.every((size, l) => size > -slack && (l === 0 || size < sizes[l - 1]! + slack));
}

/**
 * The layers that are furthest from J = 1, the furthest first; undefined where layers are alike by construction, their
 * factors are near each other, or these settle with depth.
 */
export function unlikeLayers(
  predicted: CriticalityPrediction,
  measured?: Pick<CriticalityMeasurement, "jacobians">,
): readonly LayerStep[] | undefined {
  if (predicted.uniform !== undefined) return undefined;
  const steps = layerSteps(predicted, measured);
  if (!areUnlike(steps)) return undefined;
  return steps
    .filter(({ lnJ }) => Math.abs(lnJ) > Math.log(namedFactor))
    .sort((a, b) => Math.abs(b.lnJ) - Math.abs(a.lnJ));
}

/** `layers[4] (dense) multiplies J by 4.6×10⁻⁴, layers[2] (dense) by 202` */
export function unlikeText(layers: readonly LayerStep[]): string {
  const names = layers.slice(0, shown).map(({ name, lnJ }, place) => {
    return `${name} ${place === 0 ? "multiplies J " : ""}by ${significant(Math.exp(lnJ))}`;
  });
  const more = layers.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more by over ${namedFactor} or below 1/${namedFactor}` : ""}`;
}

/** What to do where no theory has an initialisation to advise: a sweep, which measures. */
export function sweepAdvice(
  net: Net,
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Advice[] {
  const { hidden } = predicted;
  const total = measured?.jacobians.layers[hidden - 1]?.J.lnMedian ?? theoryLogJ(predicted);
  const unlike = unlikeLayers(predicted, measured);
  const harmful = hidden > 1 && Math.abs(total) > Math.log(criticalFactor);
  if ((unlike === undefined && !harmful) || !isTunable(net)) return [];
  const source = measured === undefined ? "in theory" : "measured";
  const whole = `ln J(1, ${hidden}) = ${Number.isFinite(total) ? logarithm(total) : String(total)} ${source}`;
  return [
    {
      about: "initialisation",
      what: "Tune the variances layer by layer: fathom tune NET measures each layer and writes the network.",
      why: "No row of the theory's table is this network, and its layers change the size of small changes.",
      evidence: `${unlike === undefined ? whole : `${unlikeText(unlike)}; ${whole}`}.`,
      expected: "J of every layer that a gain reaches near 1; tune says what is left.",
    },
  ];
}
