/**
 * @file The largest eigenvalue of the dual Fisher of a wide network, at every depth, exactly (criticality.md §12).
 *
 * With M(z) = z G(z) - 1 and its inverse Z(y), the product with the law of sw2 φ'² (inverse ζ) and Haar weights has
 * Z_p(y) = Z(y) ζ(y) y/(1+y), Gaussian weights another factor 1+y; and a shift by qhat moves the point (y, Z_p) to
 * (y + qhat (1+y)/Z_p, Z_p + qhat). So from H_1 = qhat_0 I, Z(t) = qhat_0 (1+t)/t, a single parameter t runs along
 * the curve (y_L, z_L) of any depth, from z = ∞ at t = 0 down to the upper edge, where dz_L/dt = 0 first.
 */
import { normalPanels } from "../gaussian.ts";
import { brent } from "../roots.ts";
import { slopePanels } from "../spectrum/slope-law.ts";
import { type FisherLayers, type FisherNetwork, fisherLayers } from "./layers.ts";

/** t, in logarithms, from where z is as good as infinite to where it is as good as at its limit. */
const LEAST = Math.log(1e-9);
const MOST = Math.log(1e9);
/** The turning point of the next depth is looked for this far below, and twice as far each time. */
const STRIDE = 0.25;
const PEAK_STEPS = 60;

/** The law of sw2 φ'(√q g)², as weights on values. */
interface SlopeLaw {
  readonly values: Float64Array;
  readonly weights: Float64Array;
  readonly largest: number;
  /** M at `largest`, where the quadrature has no node there: what lies above has ζ = largest to its precision. */
  readonly most: number;
}

/**
 * Largest eigenvalues at depths 1 … L.
 * @returns `[L]`, ascending with depth.
 * @throws FathomError bad-input for q, sw2 or inputMoment ≤ 0, depth < 1; unsupported where E φ'² = 0.
 * @example fisherEdges({ activation: scalarActivation("relu"), q: 1, depth: 2 }) // [0.5, 1.5]
 */
export function fisherEdges(network: FisherNetwork): number[] {
  const layers = fisherLayers(network);
  const laws = lawsOf(layers);
  const edges: number[] = [];
  let most = MOST;
  for (let depth = 1; depth <= layers.depth; depth++) {
    // The edge of a product lies at a smaller t than that of its factor.
    most = turningPoint(layers, laws, depth, most);
    edges.push(pointAt(layers, laws, depth, Math.exp(most)).z);
  }
  return edges;
}

/** One law for each step; equal second moments share theirs. */
function lawsOf(layers: FisherLayers): SlopeLaw[] {
  const known = new Map<number, SlopeLaw>();
  return layers.steps.map(({ q }) => {
    const law = known.get(q) ?? slopeLaw(layers, q);
    known.set(q, law);
    return law;
  });
}

function slopeLaw({ activation, sw2 }: FisherLayers, q: number): SlopeLaw {
  const { nodes, weights } = normalPanels(slopePanels(activation, q, 0));
  const value = (g: number) => sw2 * activation.df(Math.sqrt(q) * g) ** 2;
  const values = nodes.map(value);
  const largest = peakOf(value, nodes);
  const most = values.reduce((sum, d, i) => sum + (weights[i]! * d) / (largest - d), 0);
  return { values, weights, largest, most };
}

/** The largest value between nodes: quadrature nodes fall beside the peak, but the edge is made of it. */
function peakOf(value: (g: number) => number, nodes: Float64Array): number {
  let best = 0;
  for (let i = 1; i < nodes.length; i++) if (value(nodes[i]!) > value(nodes[best]!)) best = i;
  let [low, high] = [nodes[Math.max(0, best - 1)]!, nodes[Math.min(nodes.length - 1, best + 1)]!];
  let peak = value(nodes[best]!);
  for (let i = 0; i < PEAK_STEPS; i++) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    const [a, b] = [value(left), value(right)];
    peak = Math.max(peak, a, b);
    if (a > b) high = right;
    else low = left;
  }
  return peak;
}

/** ln t where z_depth stops falling, or `most` where it falls all the way. */
function turningPoint(layers: FisherLayers, laws: readonly SlopeLaw[], depth: number, most: number): number {
  const slope = (lnT: number) => {
    const { z, dz } = pointAt(layers, laws, depth, Math.exp(lnT));
    return dz / z;
  };
  if (slope(most) < 0) return most;
  let [low, stride] = [most, 0];
  do {
    stride = stride === 0 ? STRIDE : 2 * stride;
    low = Math.max(LEAST, most - stride);
  } while (low > LEAST && !(slope(low) < 0));
  return slope(low) < 0 ? brent(slope, low, most) : LEAST;
}

/** The point (y, z) of the curve of a depth, with derivatives by ln t. */
function pointAt(
  { first, steps, weights }: FisherLayers,
  laws: readonly SlopeLaw[],
  depth: number,
  t: number,
) {
  let [y, dy] = [t, t];
  let [z, dz] = [(first * (1 + t)) / t, -first / t];
  for (let l = 2; l <= depth; l++) {
    const { zeta, slope } = inverse(laws[l - 2]!, y);
    const other = steps[l - 2]!.shift;
    const gaussian = weights === "gaussian";
    const p = z * zeta * (gaussian ? y : y / (1 + y));
    const lnSlope = dz / z + dy * (slope / zeta + 1 / y - (gaussian ? 0 : 1 / (1 + y)));
    const dp = p * lnSlope;
    const dyNext = dy + other * (dy / p - ((1 + y) * dp) / (p * p));
    [y, dy, z, dz] = [y + (other * (1 + y)) / p, dyNext, p + other, dp];
  }
  return { y, z, dz };
}

/** ζ above all values with Σ w d/(ζ - d) = y, and dζ/dy, by Newton's method on ln(ζ/largest - 1), kept in a bracket. */
function inverse({ values, weights, largest, most }: SlopeLaw, y: number): { zeta: number; slope: number } {
  if (y >= most) return { zeta: largest, slope: 0 };
  let [low, high] = [-80, 80];
  // Exact for a single value.
  let u = -Math.log(y);
  let slope = 0;
  for (let step = 0; step < 100; step++) {
    const excess = largest * Math.exp(u);
    let sum = 0;
    let derivative = 0;
    for (let i = 0; i < values.length; i++) {
      const gap = excess + (largest - values[i]!);
      const term = (weights[i]! * values[i]!) / gap;
      sum += term;
      derivative -= term / gap;
    }
    slope = 1 / derivative;
    if (sum > y) low = u;
    else high = u;
    // Newton on ln M, which is close to linear in u.
    const change = (Math.log(y / sum) * sum) / (derivative * excess);
    const next = u + change;
    if (Math.abs(change) < 1e-14) break;
    u = next > low && next < high ? next : (low + high) / 2;
  }
  return { zeta: largest * (1 + Math.exp(u)), slope };
}
