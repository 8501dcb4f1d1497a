/**
 * @file The spectrum of J Jᵀ, J = D_L W_L … D_1 W_1, of a network of infinite width: moments, density, edges, atoms,
 * distribution (criticality.md §8-9). Layers may differ in activation, second moment, weight variance and ensemble.
 */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../activation.ts";
import { requireCount, requireVariance } from "../checks.ts";
import { derivativeMoment } from "../moments.ts";
import { type Bulk, curveBulk } from "./bulk.ts";
import type { Curve, Group } from "./curve.ts";
import { supportOf } from "./edges.ts";
import { type JacobianSpectrum, type SpectrumParts, spectrumOf } from "./face.ts";
import { singleLayerBulk } from "./single-layer.ts";
import { type SlopeLaw, slopeLaw } from "./slope-law.ts";

/** `haar`: σ_w times a random orthogonal matrix; `gaussian`: independent entries of variance σ_w²/N. Square. */
export type WeightEnsemble = "haar" | "gaussian";

export const weightEnsembles: readonly WeightEnsemble[] = ["haar", "gaussian"];

/** One layer of the Jacobian: D W. */
export interface SpectrumLayer {
  readonly activation: ScalarActivation;
  /** Second moment K of the preactivations. */
  readonly q: number;
  readonly sw2: number;
  readonly weights: WeightEnsemble;
}

/** Laws are refined at most so often. */
const MOST_HALVINGS = 4;
/** λ ρ(λ) of a law and of the next finer one agree to this. */
const RATE_TOLERANCE = 1e-7;
/** They are compared down to this mass: tails further out resemble those of single layers, and resolve slowly. */
const COMPARED_MASS = 1e-3;
const COMPARED_CELLS = 48;
/** Below this relative variance the spectrum is a point; rounding of many layers needs more. */
const POINT = 1e-10;
const LAYERS_OF_POINT = 100;
/**
 * Layers whose ln q differ by less than this share a law, at their mean: errors are of second order, below 1e-8. Where more than
 * `MOST_LAWS` would be left, the difference grows up to `WIDEST`: errors are then of some 1e-4.
 */
const NEAR = 3e-4;
const MOST_LAWS = 48;
const WIDEST = 0.1;

/**
 * The spectrum of J Jᵀ where J is the product of the layers, the first one first.
 * @param layers At least one; equal layers cost as much as one.
 * @throws FathomError `bad-input` for no layers, q < 0, sw2 <= 0 or an unknown ensemble, `unsupported` for an activation
 * without slope or derivative, `failed` where the curve cannot be followed.
 * @example
 * const relu = { activation: scalarActivation("relu"), q: 1, sw2: 2, weights: "haar" } as const;
 * jacobianSpectrum({ layers: Array.from({ length: 10 }, () => relu) }).edge // 25.81174792
 */
export function jacobianSpectrum({
  layers,
}: {
  readonly layers: readonly SpectrumLayer[];
}): JacobianSpectrum {
  checkLayers(layers);
  const laws = lawsAt(layers, 0);
  const logMean = layers.reduce((sum, { sw2 }, l) => sum + Math.log(sw2 * laws[l]!.mean), 0);
  const gaussians = layers.filter(({ weights }) => weights === "gaussian").length;
  const variance = laws.reduce((sum, { relativeVariance }) => sum + relativeVariance, gaussians);
  const common = { logMean, variance, bounded: laws.every(({ bounded }) => bounded) };
  const joined = joinNear(layers);
  return spectrumOf({ ...common, ...partsOf(joined, lawsAt(joined, 0), variance) });
}

/** A network whose layers are all alike. */
export interface UniformSpectrumOptions {
  readonly activation: ScalarActivation;
  /** Layers, at least 1. */
  readonly depth: number;
  readonly q: number;
  readonly weights: WeightEnsemble;
  /** Default 1/E φ'²: χ_J = 1. */
  readonly sw2?: number;
}

/**
 * The spectrum of `depth` equal layers at second moment q.
 * @throws FathomError as `jacobianSpectrum`, and `bad-input` for a depth that is no whole number >= 1.
 * @example uniformSpectrum({ activation: scalarActivation("erf"), depth: 10, q: 0.2, weights: "haar" }).edge // 4.384543629
 */
export function uniformSpectrum(options: UniformSpectrumOptions): JacobianSpectrum {
  const { activation, depth, q, weights } = options;
  requireCount(depth, "depth");
  requireVariance(q, "q");
  const sw2 = options.sw2 ?? 1 / slopeLaw(activation, q, 0).mean;
  return jacobianSpectrum({ layers: new Array(depth).fill({ activation, q, sw2, weights }) });
}

function checkLayers(layers: readonly SpectrumLayer[]): void {
  requireCount(layers.length, "layers.length");
  new Set(layers).forEach((layer) => {
    const place = `layers[${layers.indexOf(layer)}]`;
    requireVariance(layer.q, `${place}.q`);
    requireVariance(layer.sw2, `${place}.sw2`);
    if (layer.sw2 === 0)
      throw refused(`${place}.sw2`, "is 0: the Jacobian is 0.", "Give a weight variance > 0.");
    if (!weightEnsembles.includes(layer.weights))
      throw refused(`${place}.weights`, `is "${layer.weights}".`, `Known: ${weightEnsembles.join(", ")}.`);
  });
}

function refused(where: string, what: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message: `${where} ${what}`, where, hint });
}

/** The law of each layer; equal activations at equal q share one object. */
function lawsAt(layers: readonly SpectrumLayer[], halvings: number): SlopeLaw[] {
  const known = new Map<ScalarActivation, Map<number, SlopeLaw>>();
  return layers.map(({ activation, q }) => {
    const byMoment = known.get(activation) ?? new Map<number, SlopeLaw>();
    known.set(activation, byMoment);
    const law = byMoment.get(q) ?? slopeLaw(activation, q, halvings);
    byMoment.set(q, law);
    return law;
  });
}

function partsOf(
  layers: readonly SpectrumLayer[],
  laws: readonly SlopeLaw[],
  variance: number,
): Pick<SpectrumParts, "curve" | "bulk"> {
  const curve = curveOf(layers, laws);
  if (variance < POINT * Math.max(1, layers.length / LAYERS_OF_POINT))
    return { curve: { ...curve, groups: [], layers: 0 }, bulk: pointBulk };
  if (curve.layers + curve.gaussians > 1 || curve.gaussians === 1) return refined(layers, curve, variance);
  const one = layers[laws.indexOf(curve.groups[0]!.law)]!;
  const at = one.q === 0 ? 1 : one.q;
  return { curve, bulk: singleLayerBulk(one.activation, at, derivativeMoment(one.activation, at)) };
}

/** Layers with neighbouring q get the geometric mean of their q, activation by activation. */
function joinNear(layers: readonly SpectrumLayer[]): readonly SpectrumLayer[] {
  const logs = [...new Set(layers.map(({ q }) => q))].filter((q) => q > 0).map(Math.log);
  if (logs.length < 2) return layers;
  const least = logs.reduce((min, x) => Math.min(min, x));
  const range = logs.reduce((max, x) => Math.max(max, x)) - least;
  const width = Math.max(NEAR, Math.min(WIDEST, range / MOST_LAWS));
  const bins = new Map<ScalarActivation, Map<number, { sum: number; count: number }>>();
  const binOf = ({ activation, q }: SpectrumLayer) => {
    const own = bins.get(activation) ?? new Map<number, { sum: number; count: number }>();
    bins.set(activation, own);
    const key = Math.floor((Math.log(q) - least) / width);
    const bin = own.get(key) ?? { sum: 0, count: 0 };
    own.set(key, bin);
    return bin;
  };
  for (const layer of layers) {
    if (!(layer.q > 0)) continue;
    const bin = binOf(layer);
    bin.sum += Math.log(layer.q);
    bin.count++;
  }
  return layers.map((layer) => {
    if (!(layer.q > 0)) return layer;
    const { sum, count } = binOf(layer);
    return { ...layer, q: count === 1 ? layer.q : Math.exp(sum / count) };
  });
}

const pointBulk: Bulk = {
  support: { upper: 0, lower: 0, atoms: [{ x: 0, mass: 1 }] },
  rates: (x) => new Float64Array(x.length),
  cells: () => ({
    midpoints: new Float64Array(0),
    ends: new Float64Array(0),
    masses: new Float64Array(0),
  }),
};

/** The curve of the layers; those whose D² is a multiple of the identity change nothing but the mean. */
function curveOf(layers: readonly SpectrumLayer[], laws: readonly SlopeLaw[]): Curve {
  const counts = new Map<SlopeLaw, number>();
  for (const law of laws) if (!isPoint(law)) counts.set(law, (counts.get(law) ?? 0) + 1);
  const groups: Group[] = [...counts].map(([law, count]) => ({ law, count }));
  return {
    groups,
    layers: groups.reduce((sum, { count }) => sum + count, 0),
    gaussians: layers.filter(({ weights }) => weights === "gaussian").length,
    smooth: 0,
    bernoulli: 0,
  };
}

function isPoint({ zero, values }: SlopeLaw): boolean {
  return zero === 0 && values.length === 1;
}

/** Halves the panels of the laws until the density no longer changes. */
function refined(
  layers: readonly SpectrumLayer[],
  coarse: Curve,
  variance: number,
): Pick<SpectrumParts, "curve" | "bulk"> {
  const spread = Math.sqrt(variance);
  let curve = coarse;
  let bulk = curveBulk(curve, supportOf(curve), spread);
  for (let halvings = 1; halvings <= MOST_HALVINGS; halvings++) {
    const finer = curveOf(layers, lawsAt(layers, halvings));
    if (finer.groups.every(({ law }, i) => law.values.length === curve.groups[i]!.law.values.length)) break;
    const next = curveBulk(finer, supportOf(finer), spread);
    const { midpoints } = next.cells(COMPARED_CELLS, COMPARED_MASS);
    const fine = next.rates(midpoints);
    const settled = bulk.rates(midpoints).every((rate, i) => Math.abs(rate - fine[i]!) < RATE_TOLERANCE);
    curve = finer;
    bulk = next;
    if (settled) break;
  }
  return { curve, bulk };
}
