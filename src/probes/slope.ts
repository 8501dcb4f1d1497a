/**
 * @file The growth rate of J with its interval, for comparison with theory (criticality.md §6): APJN is an expectation
 * over networks, so the slope is that of ln of the mean over seeds, and its error comes from leaving out one seed at a
 * time (the jackknife).
 */

import { FathomError } from "../tensor/index.ts";
import { type Estimate, tQuantile } from "../theory/index.ts";
import type { ProfileLayer } from "./diagnosis.ts";
import { fitLaw } from "./laws.ts";
import { logMeanExp } from "./log-estimate.ts";

/**
 * Slope of ln J against depth by least squares, with a 95 % interval over seeds.
 * @param profile At least two layers; at least two seeds for an interval. A theory curve has one "seed".
 * @throws FathomError bad-input for fewer than two layers, or where J is dead or overflowed.
 * @example growthRate(layers.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed }))).ci
 */
export function growthRate(profile: readonly ProfileLayer[]): Estimate {
  const seeds = profile[0]?.lnJ.length ?? 0;
  if (profile.length < 2 || seeds === 0 || profile.some(({ lnJ }) => !Number.isFinite(logMeanExp(lnJ)))) {
    throw new FathomError({
      code: "bad-input",
      where: "profile",
      message: "A growth rate of J needs at least two layers, with a finite ln J at each.",
      hint: "Take the layers before the first that is dead or overflowed.",
    });
  }
  const value = slopeWithout(profile, -1);
  if (seeds === 1) return { value, n: 1, kind: "measured", assumptions: ["one network: no interval"] };
  const left = Array.from({ length: seeds }, (_, seed) => slopeWithout(profile, seed));
  const centre = left.reduce((sum, slope) => sum + slope, 0) / seeds;
  const squares = left.reduce((sum, slope) => sum + (slope - centre) ** 2, 0);
  const se = Math.sqrt(((seeds - 1) / seeds) * squares);
  if (!Number.isFinite(se))
    return { value, n: seeds, kind: "measured", assumptions: ["one living network: no interval"] };
  const half = tQuantile(0.975, seeds - 1) * se;
  return {
    value,
    se,
    ci: [value - half, value + half],
    n: seeds,
    kind: "measured",
    assumptions: ["seeds are independent", "jackknife over seeds, Student's t"],
  };
}

/**
 * How far a measured growth rate lies from theory's: the finite-width shift. Zero outside `ci` means that infinite-width
 * theory is off at this width by more than chance.
 * @param measured From {@link growthRate} over several seeds.
 * @param theory Growth rate of theory's ln J over the same layers.
 * @example growthShift(growthRate(measured), growthRate(theory).value).ci
 */
export function growthShift(measured: Estimate, theory: number): Estimate {
  return {
    ...measured,
    value: measured.value - theory,
    ...(measured.ci ? { ci: [measured.ci[0] - theory, measured.ci[1] - theory] } : {}),
    assumptions: [...measured.assumptions, "theory is that of infinite width"],
  };
}

function slopeWithout(profile: readonly ProfileLayer[], left: number): number {
  const points = profile.map(({ depth, lnJ }) => ({
    depth,
    lnJ: logMeanExp(lnJ.filter((_, seed) => seed !== left)),
  }));
  return fitLaw(points, "exponential", "independent").slope;
}
