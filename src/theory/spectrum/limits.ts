/**
 * @file Spectra in the double-scaling limit (criticality.md §10): depth to infinity with L (µ2/µ1² - 1) = σ0² fixed at
 * χ_J = 1 and orthogonal weights (Pennington, Schoenholz and Ganguli 2018, arXiv 1802.09979).
 */
import { FathomError } from "../../tensor/index.ts";
import { requireFinite } from "../checks.ts";
import { curveBulk } from "./bulk.ts";
import { supportOf } from "./edges.ts";
import { type JacobianSpectrum, spectrumOf } from "./face.ts";

/** `smooth`: φ' varies little (erf, tanh at small q); `bernoulli`: φ' is 1 or, rarely, 0 (hardtanh, a shifted relu). */
export type DoubleScalingClass = "smooth" | "bernoulli";

export interface DoubleScalingOptions {
  readonly class: DoubleScalingClass;
  /** σ0² > 0, the variance of the eigenvalues; their mean is 1. */
  readonly sigma2: number;
}

/**
 * The limit law: S = exp(-σ0² y) (smooth) or exp(-σ0² y/(1+y)) (bernoulli). The bernoulli class has the edge e σ0²; for
 * σ0² < 1 it has an atom of mass 1 - σ0² at exp(σ0²) above it.
 * @throws FathomError `bad-input` unless sigma2 > 0 and the class is known.
 * @example doubleScalingSpectrum({ class: "smooth", sigma2: 0.25 }).bulk // { lower: 0.3213189, upper: 2.4237626 }
 */
export function doubleScalingSpectrum({ class: kind, sigma2 }: DoubleScalingOptions): JacobianSpectrum {
  requireFinite(sigma2, "sigma2");
  if (sigma2 <= 0)
    throw refused("sigma2", `sigma2 must be > 0, got ${sigma2}.`, "At 0 all eigenvalues are 1.");
  if (kind !== "smooth" && kind !== "bernoulli")
    throw refused("class", `Unknown class "${kind}".`, "Known: smooth, bernoulli.");
  const curve = {
    groups: [],
    layers: 0,
    gaussians: 0,
    smooth: kind === "smooth" ? sigma2 : 0,
    bernoulli: kind === "bernoulli" ? sigma2 : 0,
  };
  const bulk = curveBulk(curve, supportOf(curve), Math.sqrt(sigma2));
  return spectrumOf({ logMean: 0, variance: sigma2, bounded: true, curve, bulk });
}

function refused(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}
