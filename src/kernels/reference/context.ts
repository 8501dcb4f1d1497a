/** @file What rules of the reference interpreter share: the pairs that are walked, and what is kept of each item. */
import type { CovarianceOp, Parameterisation } from "../../net/index.ts";
import type { Layouts } from "./layouts.ts";
import type { KernelState, Layout } from "./state.ts";

/** Items of one side, and what the walk over each of them with itself kept. */
export interface Side {
  readonly count: number;
  /** Inputs, [positions × channels × count]. */
  readonly inputs: Float64Array;
  /** Numbers of each item at an operation, [numbers × count]: variances, means, attention. */
  readonly kept: Map<CovarianceOp, Float64Array>;
}

/** Pairs (first + t·step of one side, first + t·step of the other) for t < count. */
export interface Pairs {
  readonly a: { readonly first: number; readonly step: 0 | 1 };
  readonly b: { readonly first: number; readonly step: 0 | 1 };
  readonly count: number;
}

/** One walk over a program: which pairs, which sides, and what is kept. */
export interface Walk {
  readonly parameterisation: Parameterisation;
  readonly layouts: ReadonlyMap<CovarianceOp, Layouts>;
  readonly a: Side;
  readonly b: Side;
  readonly pairs: Pairs;
  /** Items with themselves: both sides are one, and what pairs need of them is kept. */
  readonly self: boolean;
  /** Whether the walk over items carries the units' means, which layer normalisation takes off. */
  readonly means: boolean;
  /** Whether dropout drops. */
  readonly training: boolean;
  /**
   * Angles between the units of both items at every position, [positions × pairs], at activations of piecewise linear φ:
   * where items are so close that their covariance no longer tells the angle (near-duplicate.ts).
   */
  readonly angles?: ReadonlyMap<CovarianceOp, Float64Array>;
  /** The state after a list of operations inside another. */
  over(ops: readonly CovarianceOp[], state: KernelState): KernelState;
  /** Sees every state, with the operation that made it. */
  visit?(state: KernelState, op: CovarianceOp): void;
}

/** The operation of a name. */
export type OpNamed<K extends CovarianceOp["op"]> = Extract<CovarianceOp, { op: K }>;

/** From the state before an operation to the state after it, in a layout that contains `after`. */
export type Rule<K extends CovarianceOp["op"]> = (
  state: KernelState,
  op: OpNamed<K>,
  walk: Walk,
  after: Layout,
) => KernelState;

/** A rule for every operation of some names. */
export type Rules<K extends CovarianceOp["op"]> = { readonly [Name in K]: Rule<Name> };

/** Keeps what later pairs need of the items of a walk over items: `values` [numbers × pairs]. */
export function keep({ a, pairs }: Walk, op: CovarianceOp, values: Float64Array): void {
  const numbers = values.length / pairs.count;
  let all = a.kept.get(op);
  if (all === undefined) {
    all = new Float64Array(numbers * a.count);
    a.kept.set(op, all);
  }
  for (let n = 0; n < numbers; n++) {
    all.set(values.subarray(n * pairs.count, (n + 1) * pairs.count), n * a.count + pairs.a.first);
  }
}

/** What was kept of the items of one side at an operation, and where those of the pairs stand: number n of pair t. */
export interface Kept {
  readonly values: Float64Array;
  readonly count: number;
  readonly first: number;
  readonly step: number;
}

/** What was kept at an operation, of both sides. */
export function keptOf({ a, b, pairs }: Walk, op: CovarianceOp): readonly [Kept, Kept] {
  return [
    { values: a.kept.get(op)!, count: a.count, ...pairs.a },
    { values: b.kept.get(op)!, count: b.count, ...pairs.b },
  ];
}
