/**
 * @file The rows of criticality.md §4 as maps of one number, K -> K', with their slopes: what fixed points, critical lines
 * and phase diagrams are computed from. The same rows composed of steps are in architecture.ts; tests hold them equal.
 */
import type { ScalarActivation } from "./activation.ts";
import { type Norm, requireNorm, type UniformLayer } from "./architecture.ts";
import { requireMu, requireVariance } from "./checks.ts";
import { activationVariance, chiKMoment, derivativeMoment, secondMoment } from "./moments.ts";
import { scaled } from "./step.ts";

/** What the branch of a layer does; the skip adds mu² K, mu², mu². */
interface Branch {
  /** K'. */
  readonly K: (K: number) => number;
  /** Contribution to chi_J. */
  readonly chiJ: (K: number) => number;
  /** Contribution to chi_K. */
  readonly chiK: (K: number) => number;
  /** K' = gain K + offset exactly, for the rows and activations where it is so. */
  readonly linear?: { readonly gain: number; readonly offset: number };
}

/** One layer of a uniform network as a map of the variance K of its preactivations. */
export interface LayerMap {
  readonly branch: Branch;
  /** mu². */
  readonly skip: number;
  readonly next: (K: number) => number;
  /** J(l, l+1) at K^l = K. */
  readonly chiJ: (K: number) => number;
  /** dK'/dK. */
  readonly chiK: (K: number) => number;
  /** K' - K. */
  readonly excess: (K: number) => number;
  /** K' - K over the scan grid, from moments tabulated once an activation. */
  readonly scan: () => Float64Array;
}

/** Variances over which K' - K is scanned for fixed points. */
export const scanGrid: Float64Array = logGrid(-10, 10, 48);

function logGrid(from: number, to: number, perDecade: number): Float64Array {
  return Float64Array.from({ length: (to - from) * perDecade + 1 }, (_, i) => 10 ** (from + i / perDecade));
}

const tables = new WeakMap<ScalarActivation, Float64Array>();

/** B over the scan grid. */
function secondMoments(act: ScalarActivation): Float64Array {
  let table = tables.get(act);
  if (table === undefined) {
    table = scanGrid.map((K) => secondMoment(act, K));
    tables.set(act, table);
  }
  return table;
}

type Options = Pick<UniformLayer, "activation" | "sw2" | "sb2"> & { readonly skip: number };

const constant = (value: number) => () => value;

const rows: Readonly<Record<Norm, (options: Options) => Branch>> = {
  none: ({ activation, sw2, sb2 }) => ({
    K: (K) => scaled(sw2, secondMoment(activation, K)) + sb2,
    chiJ: (K) => scaled(sw2, derivativeMoment(activation, K)),
    chiK: (K) => scaled(sw2, chiKMoment(activation, K)),
    ...(activation.homogeneous
      ? { linear: { gain: sw2 * derivativeMoment(activation, 1), offset: sb2 } }
      : {}),
  }),
  "ln-pre": ({ activation, sw2, sb2 }) => {
    const A = derivativeMoment(activation, 1);
    return { ...reset(sw2 * secondMoment(activation, 1) + sb2), chiJ: (K) => ratio(sw2 * A, K) };
  },
  "ln-act": ({ activation, sw2, sb2 }) => ({
    ...reset(sw2 + sb2),
    chiJ: (K) => ratio(sw2 * derivativeMoment(activation, K), activationVariance(activation, K)),
  }),
  // The skip is normalised too: it brings mu² whatever K was, and its mu² K and mu² of the other rows are taken off.
  "ln-skip": ({ activation, sw2, sb2, skip }) => {
    const total = sw2 * derivativeMoment(activation, 1) + skip;
    const K = sw2 * secondMoment(activation, 1) + sb2 + skip;
    return {
      K: (k) => K - skip * k,
      chiJ: (k) => ratio(total, k) - skip,
      chiK: constant(-skip),
      linear: { gain: -skip, offset: K },
    };
  },
  "ln-block": ({ activation, sw2, sb2 }) => {
    const q = sw2 + sb2;
    const A = derivativeMoment(activation, q);
    return { ...reset(sw2 * secondMoment(activation, q) + sb2), chiJ: (K) => ratio(sw2 * sw2 * A, K) };
  },
  // Divided by V = K sw2 V(1)/(sw2 B(1) + sb2): the share of K that differs between the examples of a batch (§4.8).
  batchnorm: ({ activation, sw2, sb2 }) => {
    const K = sw2 * secondMoment(activation, 1) + sb2;
    const growth = sw2 === 0 ? 0 : ratio(derivativeMoment(activation, 1), activationVariance(activation, 1));
    return { ...reset(K), chiJ: (k) => ratio(growth * K, k) };
  },
};

/** a/b, where weights of variance 0 pass nothing on, whatever there is to normalise. */
function ratio(a: number, b: number): number {
  return a === 0 ? 0 : a / b;
}

/** A branch whose output variance does not depend on its input's. */
function reset(offset: number): Omit<Branch, "chiJ"> {
  return { K: constant(offset), chiK: constant(0), linear: { gain: 0, offset } };
}

/**
 * The map of one layer.
 * @throws FathomError `bad-input` for negative or non-finite variances, mu outside [0, 1], or an unknown norm.
 * @example layerMap({ activation: scalarActivation("erf"), sw2: 2, sb2: 0.2 }).chiJ(1.1968007) // 1.05853631
 */
export function layerMap({ activation, sw2, sb2, norm = "none", mu = 0 }: UniformLayer): LayerMap {
  requireVariance(sw2, "sw2");
  requireVariance(sb2, "sb2");
  requireMu(mu);
  requireNorm(norm);
  const skip = mu * mu;
  const branch = rows[norm]({ activation, sw2, sb2, skip });
  const excess = (K: number) => branch.K(K) + (skip - 1) * K;
  return {
    branch,
    skip,
    next: (K) => branch.K(K) + skip * K,
    chiJ: (K) => branch.chiJ(K) + skip,
    chiK: (K) => branch.chiK(K) + skip,
    excess,
    scan: () => {
      if (norm !== "none") return scanGrid.map(excess);
      const values = Float64Array.from(secondMoments(activation));
      for (let i = 0; i < values.length; i++)
        values[i] = scaled(sw2, values[i]!) + sb2 + (skip - 1) * scanGrid[i]!;
      return values;
    },
  };
}
