/**
 * @file Kernels of pairs of items that nearly agree (kernels.md §4). K(x, x') then differs from K(x, x) in its last digits, and
 * Θ loses half of all digits with each of them; the squared distance of the items, followed beside K, loses none.
 */
import type { CovarianceOp } from "../../net/index.ts";
import type { EngineSpec } from "../types.ts";
import type { Pairs } from "./context.ts";
import { type Distances, follow } from "./distances.ts";
import { gridOf } from "./items.ts";
import { kernelsOf, loadSide, type Program, programOf, walkFor } from "./program.ts";
import { sizeOfGrid } from "./state.ts";

/** The kernels of one pair. */
export interface NearDuplicate {
  readonly nngp: number;
  /** Absent where it was not asked for. */
  readonly ntk?: number;
  /** K(x, x) + K(x', x') − 2K(x, x') of the output, without cancellation; absent behind layers that mix positions. */
  readonly distance?: number;
}

type Item = ArrayLike<number>;

/** Evaluates single pairs. */
export type NearDuplicates = (x: Item, y: Item) => NearDuplicate;

/** D² and d of the inputs, x and y as [positions × channels × 2]: sums of (x − y)² and of (x − y)(x + y). */
function startDistances(inputs: Float64Array, grid: readonly number[]): Distances {
  const positions = sizeOfGrid(grid);
  const channels = inputs.length / (2 * positions);
  const square = new Float64Array(positions);
  const difference = new Float64Array(positions);
  for (let p = 0; p < positions; p++) {
    for (let c = 0; c < channels; c++) {
      const at = 2 * (p * channels + c);
      const [x, y] = [inputs[at]!, inputs[at + 1]!];
      square[p]! += (x - y) ** 2 / channels;
      difference[p]! += ((x - y) * (x + y)) / channels;
    }
  }
  return { grid, square, difference };
}

function evaluate(program: Program, x: Item, y: Item): NearDuplicate {
  const data = new Float64Array(2 * x.length);
  data.set(x, 0);
  data.set(y, x.length);
  const side = loadSide(program, { data, count: 2 });
  const pairs: Pairs = { a: { first: 0, step: 0 }, b: { first: 1, step: 0 }, count: 1 };
  const angles = new Map<CovarianceOp, Float64Array>();
  const walk = walkFor(program, { a: side, b: side, pairs, angles });
  const start = startDistances(side.inputs, gridOf(program.input));
  const end = follow(program.ops, start, { walk, angles });
  const { nngp, ntk } = kernelsOf(program, walk);
  return {
    nngp: nngp[0]!,
    ...(ntk !== undefined && { ntk: ntk[0]! }),
    ...(end !== "mixed" && { distance: end.square.reduce((sum, d) => sum + d, 0) / end.square.length }),
  };
}

/**
 * Opens the evaluation of near duplicates of a network of piecewise linear activations, without layers that mix positions before
 * an activation.
 * @returns a function of two items, each as [...input] row-major; relative errors of Θ and of the distance stay near 1e-15 however
 * close the items are.
 * @throws FathomError unsupported naming the layer without a rule for distances.
 * @example
 * const pair = nearDuplicates({ net, values: ["nngp", "ntk"], precision: "float64", parameterisation: "ntk" });
 * pair([1, 0], [1, 1e-6]).ntk;
 */
export function nearDuplicates(spec: EngineSpec): NearDuplicates {
  const program = programOf(spec);
  const size = program.input.shape.reduce((total, n) => total * n, 1);
  // Finds out at once which layers have no rule.
  evaluate(program, new Float64Array(size), new Float64Array(size));
  return (x, y) => evaluate(program, x, y);
}
