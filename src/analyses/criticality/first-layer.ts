/**
 * @file What the first layer decides: K¹ is where depth begins, and a network of few hundred layers never leaves the
 * neighbourhood of a half-stable fixed point, nor reaches a stable one that attracts slowly (criticality.md §3, the trap of
 * gelu and silu). Judged by the product of χ_J over the real depth, never by χ_J* alone.
 */
import { type FixedPoint, propagateUniform } from "../../theory/index.ts";
import type { Advice } from "../document.ts";
import { logarithm, significant } from "../words.ts";
import { type CriticalityPrediction, theoryLogJ, type UniformPrediction } from "./predict.ts";

/** A better K¹ than the network's own. */
export interface BetterStart {
  readonly given: { readonly K1: number; readonly lnJ: number };
  readonly advised: { readonly K1: number; readonly lnJ: number };
  /** Factor on the weight variance of the first layer that makes the difference; undefined where its biases are too large. */
  readonly weightFactor: number | undefined;
}

/** A better start must bring ln J nearer to 0 by this. */
const leastGain = Math.log(2);

/** Fixed points that a network may be put at: not K = 0, which carries no signal. */
export function livingPoints({ fixedPoints }: UniformPrediction): readonly FixedPoint[] {
  return fixedPoints.all.filter(({ K }) => K > 0);
}

/**
 * The K¹ among the fixed points at which J keeps its size best over the hidden layers; undefined where the network's own is
 * about as good, or where it has fewer than two hidden layers.
 */
export function betterStart(predicted: CriticalityPrediction): BetterStart | undefined {
  const { uniform, hidden, layers } = predicted;
  const K1 = layers[0]?.K ?? Number.NaN;
  const lnJ = theoryLogJ(predicted);
  if (uniform === undefined || hidden < 2 || !Number.isFinite(K1) || Number.isNaN(lnJ)) return undefined;
  const starts = livingPoints(uniform)
    .filter(({ stability }) => stability !== "neutral")
    .map(({ K }) => ({ K1: K, lnJ: propagateUniform(uniform.layer, { K1: K, depth: hidden }).at(-1)!.logJ }))
    .sort((a, b) => Math.abs(a.lnJ) - Math.abs(b.lnJ));
  const advised = starts[0];
  if (advised === undefined || !(Math.abs(advised.lnJ) < Math.abs(lnJ) - leastGain)) return undefined;
  const { sb2 } = uniform.first;
  const weightFactor = (advised.K1 - sb2) / (K1 - sb2);
  const possible = weightFactor > 0 && Number.isFinite(weightFactor);
  return { given: { K1, lnJ }, advised, weightFactor: possible ? weightFactor : undefined };
}

/** `3.56: σw² of the first layer times 1.65, or inputs times 1.28` */
function scaleText({ advised, weightFactor }: BetterStart): string {
  const K = `K¹ = K* = ${significant(advised.K1)}`;
  if (weightFactor === undefined) return K;
  return `${K} (σw² of the first layer times ${significant(weightFactor)}, or the inputs times ${significant(Math.sqrt(weightFactor))})`;
}

/** Both products in one sentence. */
export function startFinding(start: BetterStart, hidden: number): string {
  const { given, advised } = start;
  return `The first layer decides: over ${hidden} hidden layers ln J comes to ${logarithm(given.lnJ)} from K¹ = ${significant(given.K1)}, and to ${logarithm(advised.lnJ, 2)} from ${scaleText(start)}.`;
}

export function startAdvice(start: BetterStart, hidden: number): Advice {
  const { given, advised, weightFactor } = start;
  const at = significant(advised.K1, 5);
  const what =
    weightFactor === undefined
      ? `Give the first layer the variances that make K¹ = ${at}.`
      : `Multiply σw² of the first layer by ${significant(weightFactor, 4)}, or the inputs by ${significant(Math.sqrt(weightFactor), 4)}, so that K¹ = K* = ${at}.`;
  return {
    about: "initialisation",
    what,
    why: `K¹ = ${significant(given.K1)} is not the fixed point, and K goes there too slowly for this depth or ends elsewhere.`,
    evidence: `ln J(1, ${hidden}) = ${logarithm(given.lnJ)} in theory.`,
    expected: `ln J(1, ${hidden}) = ${logarithm(advised.lnJ, 2)} in theory.`,
  };
}
