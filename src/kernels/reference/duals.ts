/**
 * @file E φ(u) φ(v) and E φ'(u) φ'(v) of many pairs (kernels.md §3), by the forms of theory. Where u and v are one variable
 * (c = v1 = v2: an item with itself, or with a duplicate) the moments of one variable are used, which cancel nothing.
 */
import { derivativeMoment, dualKernel, type ScalarActivation, secondMoment } from "../../theory/index.ts";

/** E φ(u) φ(v) (or E φ'(u) φ'(v)) from both variances and the covariance. */
export type PairMoment = (va: number, vb: number, c: number) => number;

/** Both dual kernels of an activation. */
export interface Duals {
  readonly value: PairMoment;
  readonly slope: PairMoment;
}

const made = new WeakMap<ScalarActivation, Duals>();

/** The duals of an activation, one object for each. @example dualsOf(scalarHalf({ kind: "relu" })).value(1, 1, 0) */
export function dualsOf(act: ScalarActivation): Duals {
  let duals = made.get(act);
  if (duals === undefined) {
    const { moments } = act;
    const kernel = dualKernel(act);
    duals = {
      value: ofPairs(
        moments.dual ?? ((va, vb, c) => kernel.k(c, va, vb)),
        moments.B ?? ((v) => secondMoment(act, v)),
      ),
      slope: ofPairs(
        moments.dualDerivative ?? ((va, vb, c) => kernel.kdot(c, va, vb)),
        moments.A ?? ((v) => derivativeMoment(act, v)),
      ),
    };
    made.set(act, duals);
  }
  return duals;
}

function ofPairs(pair: PairMoment, single: (v: number) => number): PairMoment {
  return (va, vb, c) => (c === va && c === vb ? single(va) : pair(va, vb, c));
}
