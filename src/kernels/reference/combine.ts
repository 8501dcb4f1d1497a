/** @file Branches (kernels.md §2.1, FanIn): sums, products and concatenations of what branches make of one input. */
import type { CovarianceOp } from "../../net/index.ts";
import type { Rules, Walk } from "./context.ts";
import { addTo, asLayout, type KernelState, type Layout } from "./state.ts";

/** Σ factor_b·state_b of K and Θ, and Σ meanFactor_b·mean_b. */
function weightedSum(
  states: readonly KernelState[],
  factors: readonly number[],
  meanFactors: readonly number[] = factors,
): KernelState {
  const first = states[0]!;
  const sum = (arrays: readonly (Float64Array | undefined)[], by: readonly number[]) => {
    if (arrays.every((array) => array === undefined)) return undefined;
    const total = new Float64Array(arrays.find((array) => array !== undefined)!.length);
    for (const [b, array] of arrays.entries()) if (array !== undefined) addTo(total, array, by[b]);
    return total;
  };
  return {
    ...first,
    nngp: sum(
      states.map(({ nngp }) => nngp),
      factors,
    )!,
    ntk: sum(
      states.map(({ ntk }) => ntk),
      factors,
    ),
    mean: sum(
      states.map(({ mean }) => mean),
      meanFactors,
    ),
  };
}

function ends(
  branches: readonly (readonly CovarianceOp[])[],
  state: KernelState,
  walk: Walk,
  after: Layout,
): KernelState[] {
  return branches.map((branch) => asLayout(walk.over(branch, state), after));
}

function timesInPlace(product: Float64Array, array: Float64Array): void {
  for (let k = 0; k < product.length; k++) product[k]! *= array[k]!;
}

/** Π of arrays; the empty product is 1. */
function productOf(arrays: readonly Float64Array[], length: number): Float64Array {
  const product = new Float64Array(length).fill(1);
  for (const array of arrays) timesInPlace(product, array);
  return product;
}

/** Σ_b Θ_b Π_{c≠b} K_c. */
function productTangent(states: readonly KernelState[]): Float64Array {
  const { length } = states[0]!.nngp;
  const total = new Float64Array(length);
  for (const [b, { ntk }] of states.entries()) {
    const others = states.filter((_, c) => c !== b).map(({ nngp }) => nngp);
    addTo(total, productOf([ntk!, ...others], length));
  }
  return total;
}

export const combineRules: Rules<"residual" | "sum" | "product" | "concat"> = {
  residual: (state, { branch, mu }, walk, after) =>
    weightedSum([...ends([branch], state, walk, after), asLayout(state, after)], [1, mu * mu], [1, mu]),

  sum: (state, { branches }, walk, after) => {
    const states = ends(branches, state, walk, after);
    return weightedSum(
      states,
      states.map(() => 1),
    );
  },

  product: (state, { branches }, walk, after) => {
    const states = ends(branches, state, walk, after);
    const [first] = states as [KernelState];
    const means = states.map(({ mean }) => mean).filter((mean) => mean !== undefined);
    return {
      ...first,
      nngp: productOf(
        states.map(({ nngp }) => nngp),
        first.nngp.length,
      ),
      ntk: first.ntk && productTangent(states),
      mean: means.length === states.length ? productOf(means, means[0]!.length) : undefined,
    };
  },

  concat: (state, { branches, widths }, walk, after) => {
    const total = widths.reduce((sum, width) => sum + width, 0);
    return weightedSum(
      ends(branches, state, walk, after),
      widths.map((width) => width / total),
    );
  },
};
