/** @file What a spectrum means for training, in sentences and numbers. */
import type { Finding, NumberRow, Verdict } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import { percent, significant } from "../words.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** Singular values within these bounds train as an isometry does. */
const CLOSE = { least: 0.1, most: 3 };
/** So many directions lost are said first. */
export const LOST = 0.01;
/** ln of the mean eigenvalue beyond which a network explodes or dies out. */
const FAR_MEAN = Math.log(100);

export function spectrumVerdict({ spectrum, isometry }: SpectrumPrediction): Verdict {
  const { logMean } = spectrum;
  if (Math.abs(logMean) > FAR_MEAN) {
    const word = logMean > 0 ? "grow" : "shrink";
    return {
      sentence: `Small changes ${word} by a factor of ${exponential(Math.abs(logMean) / 2)} on average: the network is not critical, and its spectrum ${logMean > 0 ? "explodes" : "collapses"}.`,
      tone: "bad",
    };
  }
  const { sMin, sMax } = isometry;
  const lost = spectrum.atoms.find(({ at }) => at === 0)?.mass ?? 0;
  if (lost >= LOST) {
    const others = sMax === null ? "" : `, others grow up to ${shown(sMax)} times`;
    return {
      sentence: `Far from an isometry: ${percent(lost)} of the directions are lost${others}.`,
      tone: "warn",
    };
  }
  const range = `99 % of the singular values lie between ${shown(sMin)} and ${sMax === null ? "no upper end" : shown(sMax)}`;
  if (sMax !== null && sMin >= CLOSE.least && sMax <= CLOSE.most)
    return { sentence: `Close to a dynamical isometry: ${range}.`, tone: "good" };
  return { sentence: `Far from an isometry: ${range}.`, tone: "warn" };
}

export function spectrumFindings({ spectrum, isometry }: SpectrumPrediction): Finding[] {
  const { sMax, sMin } = isometry;
  const zero = spectrum.atoms.find(({ at }) => at === 0);
  const others = spectrum.atoms.filter(({ at }) => at > 0);
  const most =
    sMax === null ? "The spectrum has no upper end" : `The largest singular value is ${shown(sMax)}`;
  const least = sMin > 0 ? `1 % are below ${shown(sMin)}` : `${percent(zero?.mass ?? 0)} are 0`;
  return [
    ...(spectrum.bulk === null && sMin > 0
      ? []
      : [{ text: `${most}; ${least}.`, tone: sMin > 0 ? ("neutral" as const) : ("warn" as const) }]),
    ...others.map(({ at, mass }) => ({
      text: `${percent(mass)} of the singular values are exactly ${shown(Math.sqrt(at))}.`,
      tone: "neutral" as const,
    })),
  ];
}

export function spectrumNumbers({ spectrum, isometry }: SpectrumPrediction): NumberRow[] {
  const { mean, logMean, variance, relativeVariance, edge } = spectrum;
  return [
    theoryRow("mean eigenvalue of J Jᵀ", mean, "product of σw² E φ'²"),
    theoryRow("ln of the mean", logMean),
    theoryRow("variance of the eigenvalues", variance),
    theoryRow("variance over mean²", relativeVariance, "0 is an isometry"),
    theoryRow("upper edge", edge),
    theoryRow("largest singular value", isometry.sMax),
    theoryRow("1 % quantile of the singular values", isometry.sMin),
    theoryRow("condition", isometry.condition, "largest over 1 % quantile"),
  ];
}

function theoryRow(name: string, value: number | null, note?: string): NumberRow {
  const finite = finiteOrNull(value);
  const status = finite === null ? { status: "infinite" } : {};
  return { name, value: finite, ...status, kind: "theory", ...(note === undefined ? {} : { note }) };
}

function shown(value: number): string {
  return Number.isFinite(value) ? significant(value) : "∞";
}

/** exp of a logarithm that may leave float64. */
function exponential(logarithm: number): string {
  const decimal = logarithm / Math.LN10;
  return decimal < 6 ? significant(Math.exp(logarithm)) : `10^${Math.round(decimal)}`;
}
