/**
 * @file The law of the eigenvalues of the dual Fisher at any depth, as quantiles (criticality.md §12): layer by layer the free
 * product with the law of sw2 φ'² by subordination, cut into quantiles of equal weight, rescaled to the exact mean, and
 * shifted by qhat.
 */
import { normalQuantile } from "../../tensor/index.ts";
import { meanOf } from "../estimate.ts";
import { type FisherLayers, type FisherNetwork, fisherLayers, fisherMoments } from "./layers.ts";
import { freeProduct, type Point } from "./subordination.ts";

/** Quantiles that stand for a law. */
const QUANTILES = 300;
/** Values averaged into each quantile of φ'². */
const FINE = 100;

/** The law of H_L as quantiles of equal weight, and its density. */
export interface FisherLaw {
  readonly depth: number;
  /** `[300]` ascending: at (i + 1/2)/300. */
  readonly quantiles: Float64Array;
  /** Density at ascending eigenvalues, atoms left out; empty where the law is made of atoms or known in closed form. */
  readonly density: readonly Point[];
}

/**
 * The law of the dual Fisher at depth L. About 0.1 s a layer. Three hundred quantiles hold no heavy tail: where most units
 * are saturated (erf at q = 50) they have the exact mean, but three quarters of the second moment; that of `fisherMoments` is exact.
 * @param network `onLayer` is told the depth reached, of L.
 * @throws FathomError bad-input for q, sw2 or inputMoment ≤ 0, depth < 1; unsupported where E φ'² = 0; failed where the
 * products of laws do not settle.
 * @example fisherLaw({ activation: scalarActivation("erf"), q: 0.5, depth: 6 }).quantiles.at(-1) // about 5.85
 */
export function fisherLaw(
  network: FisherNetwork,
  { onLayer }: { readonly onLayer?: (depth: number) => void } = {},
): FisherLaw {
  const layers = fisherLayers(network);
  const moments = fisherMoments(network);
  const factors = new Map<number, Float64Array>();
  let quantiles = new Float64Array(QUANTILES).fill(layers.first);
  let density: readonly Point[] = [];
  for (let depth = 2; depth <= layers.depth; depth++) {
    const { q, shift } = layers.steps[depth - 2]!;
    const slopes = factors.get(q) ?? slopeFactor(layers, q);
    factors.set(q, slopes);
    const product =
      depth === 2
        ? { quantiles: slopes.map((value) => layers.first * value), density: [] }
        : freeProduct(quantiles, slopes);
    const mean = moments[depth - 1]!.m1 - shift;
    const factor = mean / meanOf(product.quantiles);
    quantiles = product.quantiles.map((value) => factor * value + shift);
    density = product.density.map(({ x, rho }) => ({ x: factor * x + shift, rho: rho / factor }));
    onLayer?.(depth);
  }
  return { depth: layers.depth, quantiles, density };
}

/** Quantiles of the law that every layer multiplies by: sw2 φ'², times that of W Wᵀ where W is Gaussian. */
function slopeFactor({ activation, sw2, weights }: FisherLayers, q: number): Float64Array {
  const values = Float64Array.from({ length: QUANTILES * FINE }, (_, i) => {
    const g = normalQuantile((i + 0.5) / (QUANTILES * FINE));
    return sw2 * activation.df(Math.sqrt(q) * g) ** 2;
  }).sort();
  const slopes = Float64Array.from({ length: QUANTILES }, (_, i) =>
    meanOf(values.subarray(i * FINE, (i + 1) * FINE)),
  );
  return weights === "haar" ? slopes : freeProduct(slopes, quarterCircle()).quantiles;
}

/** W Wᵀ of a square Gaussian matrix: λ = 4 sin²θ, where F = (2θ + sin 2θ)/π (Marchenko and Pastur). */
function quarterCircle(): Float64Array {
  return Float64Array.from({ length: QUANTILES }, (_, i) => {
    const p = (i + 0.5) / QUANTILES;
    let [low, high] = [0, Math.PI / 2];
    for (let step = 0; step < 50; step++) {
      const theta = (low + high) / 2;
      if ((2 * theta + Math.sin(2 * theta)) / Math.PI < p) low = theta;
      else high = theta;
    }
    return 4 * Math.sin(low) ** 2;
  });
}
