/**
 * @file Critical initialisation: the weight and bias variances at which signals neither explode nor vanish, for each row of
 * criticality.md §4, by formula (§3, §4.1-4.7).
 */
import type { ScalarActivation } from "./activation.ts";
import { type Norm, requireNorm } from "./architecture.ts";
import { requireMu, requireVariance } from "./checks.ts";
import { lineAt } from "./critical-line.ts";
import { activationVariance, derivativeMoment, secondMoment } from "./moments.ts";
import { FLAT, universality } from "./universality.ts";

export interface CriticalOptions {
  readonly activation: ScalarActivation;
  /** Default "none". */
  readonly norm?: Norm;
  /** Weight of the skip, in [0, 1]. Default 0. */
  readonly mu?: number;
  /** Wanted bias variance: the point of the critical line there. Default: the critical point, or K* = 1 on a line. */
  readonly sb2?: number;
}

/** Variances at which neither signals nor gradients grow or die out with depth (criticality.md §3-4). */
export interface CriticalInitialisation {
  readonly sw2: number;
  readonly sb2: number;
  /** K*; undefined where every K is fixed or K grows. */
  readonly K: number | undefined;
  /** The K^1 that the first layer should have, so that depth begins at the fixed point; undefined where none is better. */
  readonly firstLayerK: number | undefined;
  /** J(1, l) ~ l^-zeta for large l, when K^1 = firstLayerK. */
  readonly zeta: number;
  /** What to know about it, one sentence. */
  readonly note: string;
}

/** The initialisation, or in one sentence why there is none. */
type Found = CriticalInitialisation | string;

interface Request {
  readonly activation: ScalarActivation;
  readonly mu: number;
  readonly sb2: number | undefined;
}

/**
 * Variances at which the network is critical.
 * @returns undefined where there are none; `noCriticalReason` says why.
 * @throws FathomError `bad-input` for mu outside [0, 1], a negative or non-finite sb2, or an unknown norm.
 * @example criticalInitialisation({ activation: scalarActivation("gelu") })?.sw2 // 1.9830582574375
 */
export function criticalInitialisation(options: CriticalOptions): CriticalInitialisation | undefined {
  const found = solve(options);
  return typeof found === "string" ? undefined : found;
}

/**
 * Why a network has no critical initialisation; undefined when it has one.
 * @example noCriticalReason({ activation: scalarActivation("tanh"), mu: 1 }) // "With mu = 1 and no LayerNorm …"
 */
export function noCriticalReason(options: CriticalOptions): string | undefined {
  const found = solve(options);
  return typeof found === "string" ? found : undefined;
}

function solve({ activation, norm = "none", mu = 0, sb2 }: CriticalOptions): Found {
  requireMu(mu);
  requireNorm(norm);
  if (sb2 !== undefined) requireVariance(sb2, "sb2");
  const A = derivativeMoment(activation, 1);
  if (A === 0) return FLAT;
  if (norm !== "none" && !Number.isFinite(A))
    return "E φ'² is infinite at K = 1, where the normalisation puts the preactivations: J grows without bound.";
  return rows[norm]({ activation, mu, sb2 });
}

const rows: Readonly<Record<Norm, (request: Request) => Found>> = {
  none: plain,
  "ln-pre": normalisedPreactivations,
  "ln-act": normalisedActivations,
  "ln-skip": normalisedSkip,
  "ln-block": block,
  batchnorm: batchNormalised,
};

function plain({ activation, mu, sb2 }: Request): Found {
  if (mu === 1) return "With mu = 1 and no LayerNorm χ_J = 1 + σw² A > 1: J grows at every initialisation.";
  const rest = 1 - mu * mu;
  const { critical, zeta, note, class: kind } = universality(activation);
  if (sb2 !== undefined && sb2 !== (critical?.sb2 ?? -1) * rest) return plainAtBias(activation, sb2, rest);
  if (critical === undefined || zeta === undefined) return note;
  return {
    sw2: critical.sw2 * rest,
    sb2: critical.sb2 * rest,
    K: critical.K,
    firstLayerK: kind === "half-stable" ? critical.K : undefined,
    zeta,
    note,
  };
}

function plainAtBias(activation: ScalarActivation, sb2: number, rest: number): Found {
  if (activation.homogeneous) {
    const note = "Scale-invariant with biases: χ_J = 1 and K grows by σb² a layer.";
    return {
      sw2: rest / derivativeMoment(activation, 1),
      sb2,
      K: undefined,
      firstLayerK: undefined,
      zeta: 0,
      note,
    };
  }
  const point = lineAt({ activation }, sb2 / rest);
  if (point === undefined) return offTheLine(sb2);
  const note = "On the critical line: J tends to a constant.";
  return { sw2: point.sw2 * rest, sb2, K: point.K, firstLayerK: point.K, zeta: 0, note };
}

function offTheLine(sb2: number | undefined): string {
  return `No σw² is critical at σb² = ${sb2}: the critical line does not pass there.`;
}

/** Line sb2 = sw2 (A(1) - B(1)), independent of mu (§4.3); everywhere critical for mu = 1 (§4.4). */
function normalisedPreactivations({ activation, mu, sb2 }: Request): Found {
  const A = derivativeMoment(activation, 1);
  const B = secondMoment(activation, 1);
  if (mu === 1) return everywhereCritical({ a: A, s: B }, sb2);
  const rest = 1 - mu * mu;
  const sw2 = weightOnLine(A - B, rest / A, sb2);
  if (sw2 === undefined) return noLine(A - B, sb2);
  const K = (sw2 * A) / rest;
  return {
    sw2,
    sb2: sb2 ?? sw2 * (A - B),
    K,
    firstLayerK: K,
    zeta: 0,
    note: "On the critical line σb² = σw² (A(1) - B(1)).",
  };
}

/** sw2 on the line sb2 = slope sw2: the one with K* = 1 unless sb2 is wanted. Undefined where the line has no such point. */
function weightOnLine(slope: number, natural: number, sb2: number | undefined): number | undefined {
  const flat = Math.abs(slope) < 1e-14;
  if (flat) return sb2 === undefined || sb2 === 0 ? natural : undefined;
  if (slope < 0) return undefined;
  if (sb2 === undefined) return natural;
  return sb2 > 0 ? sb2 / slope : undefined;
}

function noLine(slope: number, sb2: number | undefined): string {
  return `No σw² > 0 is critical at σb² = ${sb2 ?? 0}: the critical line is σb² = ${Number(slope.toPrecision(4))} σw².`;
}

/** mu = 1 with K growing linearly: chi_J - 1 = a sw2/K falls as 1/l. */
function everywhereCritical(
  { a, s }: { readonly a: number; readonly s: number },
  sb2: number | undefined,
): Found {
  const sw2 = 1 / a;
  const bias = sb2 ?? Math.max(0, sw2 * (a - s));
  const rho = (sw2 * a) / (sw2 * s + bias);
  const note = `Every initialisation is critical: J grows only as l^${Number(rho.toPrecision(4))}.`;
  return { sw2, sb2: bias, K: undefined, firstLayerK: undefined, zeta: -rho, note };
}

/** Choose K: sw2 = (1 - mu²) V/A, sb2 = (1 - mu²) K - sw2 (§4.5). */
function normalisedActivations({ activation, mu, sb2 }: Request): Found {
  if (mu === 1)
    return "With mu = 1 and LayerNorm on activations K grows and J with it, as a power or faster.";
  const point = lineAt({ activation, norm: "ln-act", mu }, sb2);
  if (point === undefined) return offTheLine(sb2);
  return {
    ...point,
    firstLayerK: point.K,
    zeta: 0,
    note: "On the critical line of LayerNorm on activations.",
  };
}

/** The same line as on preactivations, whatever mu (§4.7); K* = sw2 A + mu². */
function normalisedSkip({ activation, mu, sb2 }: Request): Found {
  const A = derivativeMoment(activation, 1);
  const slope = A - secondMoment(activation, 1);
  const sw2 = weightOnLine(slope, (mu === 1 ? 1 : 1 - mu * mu) / A, sb2);
  if (sw2 === undefined) return noLine(slope, sb2);
  const K = sw2 * A + mu * mu;
  return {
    sw2,
    sb2: sb2 ?? sw2 * slope,
    K,
    firstLayerK: K,
    zeta: 0,
    note: "On the critical line σb² = σw² (A(1) - B(1)).",
  };
}

/** Two-layer branch: sw2² A(q) = sw2 B(q) + sb2 with q = sw2 + sb2. For mu = 1 the same point makes J ~ l. */
function block({ activation, mu, sb2 }: Request): Found {
  const point = lineAt({ activation, norm: "ln-block" }, sb2);
  if (point === undefined) return offTheLine(sb2);
  const { sw2, K } = point;
  if (mu === 1) {
    const note = "With mu = 1 every initialisation is critical; here J grows as l.";
    return { sw2, sb2: point.sb2, K: undefined, firstLayerK: undefined, zeta: -1, note };
  }
  const fixed = K / (1 - mu * mu);
  return {
    sw2,
    sb2: point.sb2,
    K: fixed,
    firstLayerK: fixed,
    zeta: 0,
    note: "On the critical line of the two-layer branch.",
  };
}

/** A(1)/V(1) - 1 below this is rounding: only a linear φ has A = V (Gaussian Poincaré inequality). */
const LINEAR = 1e-12;

/** chi_J = (1 - mu²) A(1)/V(1) + mu² at every initialisation: above 1 unless φ is linear (§4.8). */
function batchNormalised({ activation, mu, sb2 = 0 }: Request): Found {
  const growth = derivativeMoment(activation, 1) / activationVariance(activation, 1);
  const anywhere = { sw2: 1, sb2, K: undefined, firstLayerK: undefined };
  if (mu === 1) {
    const note = `Behind BatchNorm with mu = 1 every initialisation is alike: J grows only as l^${Number(growth.toPrecision(4))}.`;
    return { ...anywhere, zeta: -growth, note };
  }
  if (growth - 1 < LINEAR) {
    const note = "A linear network behind a large BatchNorm keeps J whatever its variances.";
    return { ...anywhere, zeta: 0, note };
  }
  const chiJ = (1 - mu * mu) * growth + mu * mu;
  return `Behind BatchNorm χ_J = ${Number(chiJ.toPrecision(6))} whatever σw² and σb²: J grows at every initialisation.`;
}
