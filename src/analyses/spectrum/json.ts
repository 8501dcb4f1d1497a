/** @file The spectrum as the JSON of cli.md: nothing in it is NaN or Infinity. */
import { finiteOrNull } from "../figure.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** Moments given. */
const MOMENTS = 6;

/**
 * `edge`, `mean`, `variance`, `atoms[{at, mass}]`, `density{lambda, rho}`; their logarithms where they leave float64;
 * `singular{s, rho}`, `isometry`, `moments`, `bulk`.
 */
export function spectrumJson({ spectrum, isometry, density, singular }: SpectrumPrediction) {
  const { mean, logMean, variance, relativeVariance, edge, logEdge, bulk, atoms } = spectrum;
  return {
    edge: finiteOrNull(edge),
    ...(edge === null ? { edgeStatus: "infinite" } : {}),
    logEdge,
    mean: finiteOrNull(mean),
    logMean,
    variance: finiteOrNull(variance),
    relativeVariance,
    atoms: atoms.map(({ at, mass }) => ({ at: finiteOrNull(at), mass })),
    bulk: bulk === null ? null : { lower: finiteOrNull(bulk.lower), upper: finiteOrNull(bulk.upper) },
    density: { lambda: density.lambda.map(finiteOrNull), rho: density.rho.map(finiteOrNull) },
    singular,
    moments: spectrum.moments(MOMENTS).map(finiteOrNull),
    isometry: {
      mean: finiteOrNull(isometry.mean),
      variance: finiteOrNull(isometry.variance),
      sMax: finiteOrNull(isometry.sMax),
      sMin: finiteOrNull(isometry.sMin),
      condition: finiteOrNull(isometry.condition),
    },
  };
}
