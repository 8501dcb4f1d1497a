/**
 * @file Dynamical isometry (criticality.md §10): all singular values of J near 1, which takes orthogonal weights, χ_J = 1
 * and so small a second moment q that φ' hardly varies.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireCount, requireFinite } from "../checks.ts";
import { linePoint } from "../critical-line.ts";
import { brent, logSpaced } from "../roots.ts";
import type { JacobianSpectrum } from "./face.ts";
import { slopeLaw } from "./slope-law.ts";
import { uniformSpectrum } from "./spectrum.ts";

/** How near a Jacobian is to an isometry: its singular values s = sqrt(λ) and the first two moments of λ = s². */
export interface Isometry {
  /** Of λ; 1 at χ_J = 1. */
  readonly mean: number;
  /** Of λ: 0 for an isometry. */
  readonly variance: number;
  /** The upper end; null where the spectrum has none. */
  readonly sMax: number | null;
  /** The 1 % quantile: the true lower end says little about finite widths. */
  readonly sMin: number;
  /** sMax/sMin; null where one of them is none, or 0. */
  readonly condition: number | null;
}

const LOW_SHARE = 0.01;
/** A direction that keeps less than this of its length counts as lost. */
const LOST_BELOW = 0.1;

/**
 * The numbers of isometry of a spectrum.
 * @throws FathomError `failed` where its distribution does not add up.
 * @example isometryOf(uniformSpectrum({ activation: scalarActivation("relu"), depth: 10, q: 1, weights: "haar" })).sMin // 0
 */
export function isometryOf(spectrum: JacobianSpectrum): Isometry {
  const sMax = spectrum.edge === null ? null : Math.sqrt(spectrum.edge);
  const sMin = Math.sqrt(spectrum.quantile(LOW_SHARE));
  const { mean, variance } = spectrum;
  return { mean, variance, sMax, sMin, condition: sMax === null || sMin === 0 ? null : sMax / sMin };
}

/**
 * The share of directions that keep less than a tenth of their length: singular values below 0.1.
 * @throws FathomError `failed` where the distribution does not add up.
 * @example lostShare(uniformSpectrum({ activation: scalarActivation("relu"), depth: 1, q: 1, weights: "haar" })) // 0.5
 */
export function lostShare(spectrum: JacobianSpectrum): number {
  const { lambda, F } = spectrum.distribution();
  const beyond = lambda.findIndex((at) => at >= LOST_BELOW ** 2);
  if (beyond < 0) return 1;
  return beyond === 0 ? 0 : F[beyond - 1]!;
}

/** An initialisation under which the Jacobian is nearly an isometry. Weights are orthogonal, biases Gaussian. */
export interface IsometryRecipe {
  /** Second moment of the preactivations, which the first layer must give: K¹ = q. */
  readonly q: number;
  readonly sw2: number;
  readonly sb2: number;
  /** Largest eigenvalue of J Jᵀ; null where φ' is unbounded and there is none. */
  readonly edge: number | null;
  /** Variance of the eigenvalues; at most the wanted one. */
  readonly variance: number;
}

export interface IsometryOptions {
  readonly activation: ScalarActivation;
  readonly depth: number;
  /** Wanted variance of the eigenvalues of J Jᵀ. Default 0.25. */
  readonly sigma2?: number;
}

const LEAST_Q = 1e-12;
const LARGEST_Q = 1e4;
const Q_POINTS = 161;
/** Second moment of activations for which every one does. */
const ANY_Q = 1;

/**
 * The largest q up to 1e4, approached from 0, at which `depth` orthogonal layers keep the variance of the eigenvalues of J Jᵀ at
 * `sigma2`: L (µ2/µ1² - 1) = σ0², and the point of the critical line there.
 * @returns undefined where there is none; `noIsometryReason` says why.
 * @throws FathomError `bad-input` for a depth below 1 or a sigma2 that is not > 0, `unsupported` for an activation without slope.
 * @example isometryRecipe({ activation: scalarActivation("erf"), depth: 100 }) // q 0.018984499, sw2 0.8146733, sb2 8.47e-6
 */
export function isometryRecipe(options: IsometryOptions): IsometryRecipe | undefined {
  const found = solve(options);
  return typeof found === "string" ? undefined : found;
}

/**
 * Why an activation reaches no dynamical isometry at a depth; undefined where it does.
 * @example noIsometryReason({ activation: scalarActivation("relu"), depth: 10 }) // "φ'² of relu varies …"
 */
export function noIsometryReason(options: IsometryOptions): string | undefined {
  const found = solve(options);
  return typeof found === "string" ? found : undefined;
}

function solve({ activation, depth, sigma2 = 0.25 }: IsometryOptions): IsometryRecipe | string {
  requireCount(depth, "depth");
  requireFinite(sigma2, "sigma2");
  if (sigma2 <= 0) throw notPositive(sigma2);
  const variation = (q: number) => slopeLaw(activation, q, 0).relativeVariance;
  const q = activation.homogeneous
    ? homogeneousQ(variation, sigma2 / depth)
    : largestQ(variation, sigma2 / depth);
  if (q === undefined) return tooVaried(activation, { depth, layer: variation(LEAST_Q), sigma2 });
  const point = activation.homogeneous
    ? { sw2: 1 / slopeLaw(activation, q, 0).mean, sb2: 0 }
    : linePoint({ activation }, q);
  if (point === undefined) return offLine(activation, q);
  const { sw2, sb2 } = point;
  const { edge, variance } = uniformSpectrum({ activation, depth, q, weights: "haar", sw2 });
  return { q, sw2, sb2, edge, variance };
}

function homogeneousQ(variation: (q: number) => number, target: number): number | undefined {
  return variation(ANY_Q) <= target ? ANY_Q : undefined;
}

/** The first q from below where the variation passes the target, to rounding. */
function largestQ(variation: (q: number) => number, target: number): number | undefined {
  const miss = (logarithm: number) => Math.log(variation(Math.exp(logarithm)) / target);
  const grid = logSpaced(LEAST_Q, LARGEST_Q, Q_POINTS).map(Math.log);
  if (!(miss(grid[0]!) < 0)) return undefined;
  const next = grid.findIndex((at) => miss(at) >= 0);
  return next < 0 ? LARGEST_Q : Math.exp(brent(miss, grid[next - 1]!, grid[next]!));
}

interface Varied {
  readonly depth: number;
  /** Variance that one layer adds. */
  readonly layer: number;
  readonly sigma2: number;
}

function tooVaried({ kind }: ScalarActivation, { depth, layer, sigma2 }: Varied): string {
  const most = Math.floor(sigma2 / layer);
  const short = (value: number) => Number(value.toPrecision(3));
  const fewer = most >= 1 ? `, or at most ${most === 1 ? "one layer" : `${most} layers`}` : "";
  const one = most < 1 && depth > 1 ? ` (one layer's ${short(layer)})` : "";
  return `φ'² of ${kind} varies at every q: its eigenvalues have a variance of at least ${short(depth * layer)}${one}, more than ${sigma2}. Take a smooth odd activation (erf, tanh)${fewer}.`;
}

function offLine({ kind }: ScalarActivation, q: number): string {
  return `${kind} would need q = ${q.toPrecision(3)}, where it has no stable point with χ_J = 1. Take a smooth odd activation (erf, tanh).`;
}

function notPositive(sigma2: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `sigma2 must be > 0, got ${sigma2}.`,
    where: "sigma2",
    hint: "It is the variance of the eigenvalues of J Jᵀ; 0.25 is usual.",
  });
}
