/**
 * @file How J(1, l) behaves for many layers: an exponential with its length xi, a power with its exponent zeta, or a
 * stretched exponential (criticality.md §3, §4.2-4.6), each from asymptotics of the layer's map, and the exact product of
 * §4.4 for LayerNorm on preactivations with mu = 1.
 */
import { FathomError } from "../tensor/index.ts";
import type { Norm, UniformLayer } from "./architecture.ts";
import { requireCount, requireVariance } from "./checks.ts";
import { type Limit, reachedLimit } from "./fixed-points.ts";
import { type LayerMap, layerMap } from "./layer-map.ts";
import { universality } from "./universality.ts";

/** The law of J(1, l) at large l. */
export type DecayLaw =
  /** J tends to a constant (zeta = 0). */
  | { readonly law: "constant" }
  /** J ~ exp(rate l), xi = 1/|rate| layers. */
  | { readonly law: "exponential"; readonly rate: number; readonly xi: number }
  /** J ~ l^-zeta; negative zeta is growth. */
  | { readonly law: "power"; readonly zeta: number }
  /** J ~ exp(sqrt(l/lambda)). */
  | { readonly law: "stretched"; readonly lambda: number };

/** |ln chi_J*| below this is criticality: critical variances are given to about ten digits. */
const CRITICAL = 1e-8;

/**
 * The law of J(1, l) in a uniform network whose first preactivations have variance `K1`, 1 unless said.
 * @throws FathomError `bad-input` as `layerMap`.
 * @example decayLaw({ activation: scalarActivation("erf"), sw2: Math.PI / 4, sb2: 0 }) // { law: "power", zeta: 1 }
 */
export function decayLaw(layer: UniformLayer, { K1 = 1 }: { readonly K1?: number } = {}): DecayLaw {
  const map = layerMap(layer);
  const limit = reachedLimit(layer, { K1 });
  const rate = Math.log(limit.chiJ);
  if (Math.abs(rate) > CRITICAL) return { law: "exponential", rate, xi: 1 / Math.abs(rate) };
  if (limit.K === Number.POSITIVE_INFINITY) return lawOfGrowth(map);
  if (limit.K === 0) return powerOrConstant(universality(layer.activation).zeta ?? 0);
  if (limit.stability === "half-stable" && limit.status === "slow") return lawOfApproach(map, limit);
  return { law: "constant" };
}

function powerOrConstant(zeta: number): DecayLaw {
  return zeta === 0 ? { law: "constant" } : { law: "power", zeta };
}

/** Where the leading asymptotics are read off. With mu < 1 both K' - K and chi_J - 1 are differences and lose digits there. */
const FAR = 1e24;
const FAR_WITH_DIFFERENCES = 1e8;

/**
 * K grows by s a layer and chi_J -> 1. Where chi_J - 1 = a/K the product over layers is l^(a/s); where it is alpha/sqrt(K)
 * it is exp(2 alpha sqrt(l/s)), so lambda = s/(2 alpha)²; where it falls faster J stays bounded.
 */
function lawOfGrowth(map: LayerMap): DecayLaw {
  const K = map.skip === 1 ? FAR : FAR_WITH_DIFFERENCES;
  const excess = (k: number) => map.branch.chiJ(k) + (map.skip - 1);
  const s = map.excess(K);
  if (!(excess(K) > 1e-14 / Math.sqrt(K))) return { law: "constant" };
  const order = Math.log(excess(K / 100) / excess(K)) / Math.log(100);
  if (order < 0.75) return { law: "stretched", lambda: s / (4 * K * excess(K) ** 2) };
  return order < 1.25 ? { law: "power", zeta: -(excess(K) * K) / s } : { law: "constant" };
}

/**
 * Onto a half-stable point from its stable side: K - K* ~ -2/(chi_K' l), and chi_J - 1 ~ chi_J' (K - K*), so
 * J ~ l^(-2 chi_J'/chi_K') (derivatives by K at K*), once l >> 1/|chi_K' K*|.
 */
function lawOfApproach(map: LayerMap, { K }: Limit): DecayLaw {
  const h = 1e-3 * K;
  const slopeJ = (map.chiJ(K + h) - map.chiJ(K - h)) / (2 * h);
  const slopeK = (map.chiK(K + h) - map.chiK(K - h)) / (2 * h);
  return { law: "power", zeta: (2 * slopeJ) / slopeK };
}

const exactRows: readonly Norm[] = ["ln-pre", "ln-block", "batchnorm"];

/**
 * ln J(1, l+1) after `steps` layers of a network whose K grows by exactly s a layer and whose chi_J = 1 + a/K: the rows
 * ln-pre, ln-block and batchnorm with mu = 1 (criticality.md §4.4), exactly
 * J = Γ(l + (K1 + a)/s) Γ(K1/s) / (Γ(l + K1/s) Γ((K1 + a)/s)) ~ l^(a/s).
 * `K1` is the variance of the first preactivations (at 0 LayerNorm makes J infinite); `steps` >= 0.
 * @throws FathomError `bad-input` for bad numbers, `unsupported` for other rows or mu < 1.
 * @example growthLogJ({ activation: scalarActivation("relu"), sw2: 1.96, sb2: 0.09, norm: "ln-pre", mu: 1 }, { K1: 1, steps: 10 })
 */
export function growthLogJ(
  layer: UniformLayer,
  { K1, steps }: { readonly K1: number; readonly steps: number },
): number {
  requireVariance(K1, "K1");
  requireCount(steps, "steps", 0);
  const { norm = "none", mu = 0 } = layer;
  if (mu !== 1 || !exactRows.includes(norm)) throw noProduct(norm, mu);
  const { branch } = layerMap(layer);
  const s = branch.K(1);
  const a = branch.chiJ(1);
  if (s === 0) return steps * Math.log1p(a / K1);
  return logGammaRatio(steps + K1 / s, a / s) - logGammaRatio(K1 / s, a / s);
}

/** Arguments are raised to this by the recurrence before Stirling's series, whose sixth term is then below 1e-15. */
const STIRLING_FROM = 16;

/** ln Γ(x + d) - ln Γ(x) for x > 0, d >= 0: the difference of two log-gammas would lose the digits that they share. */
function logGammaRatio(x: number, d: number): number {
  const shift = Math.max(0, Math.ceil(STIRLING_FROM - x));
  let sum = 0;
  for (let k = 0; k < shift; k++) sum -= Math.log1p(d / (x + k));
  const y = x + shift;
  return sum + (y - 0.5) * Math.log1p(d / y) + d * Math.log(y + d) - d + stirling(y + d) - stirling(y);
}

/** ln Γ(x) - (x - 1/2) ln x + x - ln(2π)/2. */
function stirling(x: number): number {
  const r = 1 / (x * x);
  return (1 / 12 + r * (-1 / 360 + r * (1 / 1260 + r * (-1 / 1680 + r / 1188)))) / x;
}

function noProduct(norm: string, mu: number): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The exact product of chi_J is known for ln-pre, ln-block and batchnorm with mu = 1, not for ${norm} with mu = ${mu}.`,
    where: "growthLogJ",
    hint: "Use propagateUniform.",
  });
}
