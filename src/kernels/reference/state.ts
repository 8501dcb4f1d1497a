/**
 * @file What the reference interpreter carries from layer to layer (kernels.md §2): K and Θ of a block of pairs of items at
 * every position, `nngp[entry][pair]` with the pairs together, so that every rule is a loop over pairs.
 */

/** `diagonal`: one entry a position, K[p, p]. `full`: one a pair of positions, K[p, p'], row by row. */
export type Layout = "diagonal" | "full";

/** K and Θ of some pairs at one place of the network. */
export interface KernelState {
  /** Positions along every axis; none for vectors, which are one position. */
  readonly grid: readonly number[];
  readonly layout: Layout;
  readonly pairs: number;
  /** [entries × pairs]. */
  readonly nngp: Float64Array;
  /** [entries × pairs]; absent where it is not asked for. */
  readonly ntk: Float64Array | undefined;
  /**
   * Mean over the units of the items themselves, [positions × pairs]; absent where it is 0 or nobody asks. Only a walk over
   * items carries it.
   */
  readonly mean: Float64Array | undefined;
}

/** Positions of a grid; a grid without axes is one position. */
export function sizeOfGrid(grid: readonly number[]): number {
  return grid.reduce((total, size) => total * size, 1);
}

/** Number of entries of a state. */
export function entriesOf({ grid, layout }: Pick<KernelState, "grid" | "layout">): number {
  const positions = sizeOfGrid(grid);
  return layout === "full" ? positions * positions : positions;
}

/** The state with K, Θ and means each changed by a function of one array. */
export function mapped(
  state: KernelState,
  change: (array: Float64Array) => Float64Array,
  changeMean: (mean: Float64Array) => Float64Array = change,
): KernelState {
  const { nngp, ntk, mean } = state;
  return {
    ...state,
    nngp: change(nngp),
    ntk: ntk && change(ntk),
    mean: mean && changeMean(mean),
  };
}

/** The entries K[p, p] of an array in full layout. */
export function diagonalEntries(array: Float64Array, positions: number, pairs: number): Float64Array {
  const diagonal = new Float64Array(positions * pairs);
  for (let p = 0; p < positions; p++) {
    const from = p * (positions + 1) * pairs;
    diagonal.set(array.subarray(from, from + pairs), p * pairs);
  }
  return diagonal;
}

/** The state in a layout that it contains: nothing is left to do for one position. */
export function asLayout(state: KernelState, layout: Layout): KernelState {
  if (state.layout === layout) return state;
  const positions = sizeOfGrid(state.grid);
  if (positions === 1) return { ...state, layout };
  const take = (array: Float64Array) => diagonalEntries(array, positions, state.pairs);
  return { ...mapped(state, take, (mean) => mean), layout };
}

/** scale·array + shift, in a new array. */
export function affineOf(array: Float64Array, scale: number, shift: number): Float64Array {
  const result = new Float64Array(array.length);
  for (let k = 0; k < array.length; k++) result[k] = scale * array[k]! + shift;
  return result;
}

/** Adds factor·array to `sum`. */
export function addTo(sum: Float64Array, array: Float64Array, factor = 1): void {
  for (let k = 0; k < sum.length; k++) sum[k]! += factor * array[k]!;
}
