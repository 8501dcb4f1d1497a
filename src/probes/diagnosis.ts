/**
 * @file From measured Jacobians to a verdict: which law ln J follows over the last two thirds of the layers, with
 * which constant, and whether it differs from a flat line (criticality.md §6). Medians over seeds, since ln J of one
 * network scatters with variance ~ c L/N and its mean is ruled by rare networks.
 */
import { FathomError } from "../tensor/index.ts";
import { type Estimate, meanEstimate, tQuantile } from "../theory/index.ts";
import {
  abscissa,
  chooseLaw,
  type Errors,
  fewestForChoice,
  fitLaw,
  type Law,
  type LawFit,
  type ProfilePoint,
  rankLaws,
} from "./laws.ts";
import { median } from "./log-estimate.ts";

export type Verdict = "vanishing" | "exploding" | "critical" | "critical-power-law" | "stretched";

/** ln J at one depth: a theory value, or the values of several seeds. */
export interface ProfileLayer {
  /** l, from 1; consecutive. */
  readonly depth: number;
  /** ln J of each seed; one entry for a theory curve. -Infinity where nothing comes through. */
  readonly lnJ: readonly number[];
}

export interface DiagnosisOptions {
  /**
   * Hidden width. The median of ln J over finite networks drifts by up to ½ c/N a layer with c ≤ 1.7
   * (criticality.md §6) although the mean does not: slopes within 1/N count as none.
   */
  readonly width?: number;
}

/** The law that J follows over depth, chosen by AICc (criticality.md §6). */
export interface Diagnosis {
  readonly verdict: Verdict;
  readonly law: Law;
  /** Slope of ln J against l, ln l or √l, of the median over seeds, with its 95 % interval. */
  readonly slope: Estimate;
  /** Exponential: J ~ e^{±l/ξ}; infinite for an exactly flat line. */
  readonly xi?: number;
  /** Power: J ~ l^{-ζ}. */
  readonly zeta?: number;
  /** Stretched: J ~ e^{±√(l/λ)}. */
  readonly lambda?: number;
  /** The layers that were fitted. */
  readonly from: number;
  readonly to: number;
  /** All candidates by AICc, best first; empty when there were too few layers to choose. */
  readonly fits: readonly LawFit[];
  /** First depth where the median network lets nothing through. */
  readonly deadFrom?: number;
  /** First depth where some network overflowed; the layers before it were judged. */
  readonly overflowFrom?: number;
}

/**
 * Names the law of a profile of ln J, up to the first layer that overflowed.
 * @param profile At least three consecutive layers.
 * @throws FathomError bad-input for fewer layers, layers out of order, or layers with different numbers of seeds.
 * @example diagnose(layers.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed })), { width: 128 }).verdict
 */
export function diagnose(profile: readonly ProfileLayer[], { width }: DiagnosisOptions = {}): Diagnosis {
  const finite = beforeOverflow(profile);
  checkProfile(finite);
  const cut = finite.length < profile.length ? { overflowFrom: profile[finite.length]!.depth } : {};
  const medians = finite.map(({ depth, lnJ }) => ({ depth, lnJ: median(lnJ) }));
  const dead = medians.find(({ lnJ }) => lnJ === Number.NEGATIVE_INFINITY);
  if (dead) return deadProfile(medians[0]!.depth, dead.depth);
  const skipped = transient(finite.length);
  const points = medians.slice(skipped);
  const fits = points.length >= fewestForChoice ? rankLaws(points) : [];
  const best = fits.length > 0 ? chooseLaw(fits) : fitLaw(points, "exponential", "accumulated");
  const slope = slopeWithInterval(best, finite.slice(skipped));
  const drift = width === undefined ? 0 : 1 / width;
  const flat = Math.abs(best.slope) <= 2 * slope.se! || Math.abs(changePerLayer(best, points)) < drift;
  return {
    verdict: flat ? "critical" : verdictOf(best),
    law: best.law,
    slope,
    ...constantOf(best),
    from: points[0]!.depth,
    to: points.at(-1)!.depth,
    fits,
    ...cut,
  };
}

/** Layers left out of the fit: the first third, as long as enough remain to choose a law. */
function transient(layers: number): number {
  return layers - Math.max(Math.ceil((2 * layers) / 3), Math.min(layers, fewestForChoice));
}

/** Mean change of ln J a layer, over the layers of a fit. */
function changePerLayer({ law, slope }: LawFit, points: readonly ProfilePoint[]): number {
  const [first, last] = [points[0]!.depth, points.at(-1)!.depth];
  return (slope * (abscissa[law](last) - abscissa[law](first))) / (last - first);
}

function beforeOverflow(profile: readonly ProfileLayer[]): readonly ProfileLayer[] {
  const overflow = profile.findIndex(({ lnJ }) =>
    lnJ.some((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY),
  );
  return overflow < 0 ? profile : profile.slice(0, overflow);
}

function verdictOf({ law, slope }: LawFit): Verdict {
  if (law === "power") return "critical-power-law";
  if (law === "stretched") return "stretched";
  return slope > 0 ? "exploding" : "vanishing";
}

function constantOf({ law, slope }: LawFit): Pick<Diagnosis, "xi" | "zeta" | "lambda"> {
  if (law === "power") return { zeta: -slope };
  if (law === "stretched") return { lambda: 1 / slope ** 2 };
  return { xi: 1 / Math.abs(slope) };
}

/**
 * The interval comes from the scatter of the seeds' own slopes where there are at least two, else from the scatter
 * about the fit. A median's standard error is √(π/2) times that of a mean.
 */
function slopeWithInterval(fit: LawFit, profile: readonly ProfileLayer[]): Estimate {
  const slopes = seedSlopes(profile, fit.law, fit.errors);
  const n = slopes.length;
  const spread = n > 1 ? Math.sqrt(Math.PI / 2) * meanEstimate(slopes).se! : fit.slopeSe;
  const freedom = n > 1 ? n - 1 : Math.max(profile.length - 2, 1);
  const half = tQuantile(0.975, freedom) * spread;
  return {
    value: fit.slope,
    se: spread,
    ci: [fit.slope - half, fit.slope + half],
    n,
    kind: "measured",
    assumptions: [
      n > 1
        ? "seeds are independent; Student's t over seeds"
        : "one network: the interval is from the scatter about the fit",
    ],
  };
}

/** One slope per seed; seeds that died on the way have none. */
function seedSlopes(profile: readonly ProfileLayer[], law: Law, errors: Errors): number[] {
  return profile[0]!.lnJ
    .map((_, seed) => profile.map(({ depth, lnJ }) => ({ depth, lnJ: lnJ[seed]! })))
    .filter((points) => points.every(({ lnJ }) => Number.isFinite(lnJ)))
    .map((points) => fitLaw(points, law, errors).slope);
}

function deadProfile(from: number, deadFrom: number): Diagnosis {
  return {
    verdict: "vanishing",
    law: "exponential",
    slope: { value: Number.NEGATIVE_INFINITY, kind: "measured", assumptions: [] },
    xi: 0,
    from,
    to: deadFrom,
    fits: [],
    deadFrom,
  };
}

function checkProfile(profile: readonly ProfileLayer[]): void {
  const problem = problemOf(profile);
  if (problem === undefined) return;
  throw new FathomError({
    code: "bad-input",
    where: "profile",
    message: problem,
    hint: "Give ln J(1, l) for consecutive l, one value per seed.",
  });
}

function problemOf(profile: readonly ProfileLayer[]): string | undefined {
  if (profile.length < 3) return `A law of depth needs at least 3 layers with ln J, not ${profile.length}.`;
  const [first] = profile as [ProfileLayer];
  if (profile.some(({ depth }, i) => depth !== first.depth + i || depth < 1))
    return "The layers are not consecutive.";
  if (profile.some(({ lnJ }) => lnJ.length === 0 || lnJ.length !== first.lnJ.length)) {
    return "The layers were not measured on the same seeds.";
  }
  return undefined;
}
