/**
 * @file Squared distances of two items through a network (kernels.md §4): D² = K(x, x) + K(x', x') − 2K(x, x') at every position,
 * and the difference of the variances, d = K(x, x) − K(x', x'). Linear layers act linearly on both, and shifts cancel. At a
 * piecewise linear activation they give the angle: with q = √K and s = q q', u = 1 − cos θ = (D² − (d/(q + q'))²)/2s.
 */
import type { CovarianceOp } from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { transformed } from "./axis-matrix.ts";
import { keptOf, type OpNamed, type Walk } from "./context.ts";
import { copies } from "./layouts.ts";
import { cutsChannels, positionMatrices, windowTaps } from "./linear.ts";
import { halfOf } from "./pointwise.ts";
import { slopesOf, squareAfter } from "./rectifier.ts";
import { addTo, affineOf, sizeOfGrid } from "./state.ts";
import { windowSums } from "./taps.ts";

/** D² and d of one pair at every position. */
export interface Distances {
  readonly grid: readonly number[];
  readonly square: Float64Array;
  readonly difference: Float64Array;
}

/** Distances after an operation; `mixed` where each position has become a sum over positions, of which no D² is known. */
type Known = Distances | "mixed";

/** What a walk over distances finds: the angle at every activation and position. */
interface Following {
  readonly walk: Walk;
  readonly angles: Map<CovarianceOp, Float64Array>;
}

/**
 * Follows distances through operations.
 * @throws FathomError unsupported naming a layer whose distances have no rule.
 */
export function follow(ops: readonly CovarianceOp[], start: Known, following: Following): Known {
  return ops.reduce<Known>((near, op) => step(near, op, following), start);
}

/** Both numbers changed by one function, linear in them. */
function linear(
  { square, difference, grid }: Distances,
  change: (array: Float64Array) => Float64Array,
  to: readonly number[] = grid,
): Distances {
  return { grid: to, square: change(square), difference: change(difference) };
}

function times(near: Distances, factor: number): Distances {
  return linear(near, (array) => affineOf(array, factor, 0));
}

/** Σ factor_b·near_b; unknown where one of them is. */
function weightedSum(list: readonly Known[], factors: readonly number[]): Known {
  const known = list.filter((near) => near !== "mixed");
  if (known.length < list.length) return "mixed";
  const sum = (arrays: readonly Float64Array[]) => {
    const total = new Float64Array(arrays[0]!.length);
    for (const [b, array] of arrays.entries()) addTo(total, array, factors[b]);
    return total;
  };
  return {
    grid: known[0]!.grid,
    square: sum(known.map(({ square }) => square)),
    difference: sum(known.map(({ difference }) => difference)),
  };
}

function step(near: Known, op: CovarianceOp, following: Following): Known {
  switch (op.op) {
    case "residual":
      return weightedSum([follow(op.branch, near, following), near], [1, op.mu * op.mu]);
    case "sum":
      return weightedSum(
        op.branches.map((branch) => follow(branch, near, following)),
        op.branches.map(() => 1),
      );
    case "concat": {
      const total = op.widths.reduce((sum, width) => sum + width, 0);
      return weightedSum(
        op.branches.map((branch) => follow(branch, near, following)),
        op.widths.map((width) => width / total),
      );
    }
    case "activation":
      return throughActivation(near, op, following);
    default:
      return near === "mixed" ? stayMixed(op) : throughLinear(near, op);
  }
}

/** One pass of a linear operation over positions; pools and the like lose D². */
function throughLinear(near: Distances, op: CovarianceOp): Known {
  switch (op.op) {
    case "affine":
      return times(near, op.scale);
    case "convolution":
    case "localConvolution":
    case "transposedConvolution":
      return throughWindows(near, op);
    case "scale":
    case "gain":
      return times(near, op.factor * op.factor);
    case "flatten": {
      const mean = (array: Float64Array) =>
        Float64Array.of(array.reduce((sum, value) => sum + value, 0) / array.length);
      return linear(near, mean, []);
    }
    case "identity":
      return { ...near, grid: [sizeOfGrid(near.grid)] };
    case "slice":
      return cutsChannels(op) ? near : copied(near, op);
    case "resize":
      return copies(op.matrices) ? copied(near, op) : "mixed";
    case "dropout":
      return near;
    default:
      return stayMixed(op);
  }
}

/** What follows a sum over positions may be anything linear. */
function stayMixed(op: CovarianceOp): Known {
  switch (op.op) {
    case "pool":
    case "globalAvgPool":
    case "aggregate":
    case "affine":
    case "convolution":
    case "localConvolution":
    case "transposedConvolution":
    case "scale":
    case "gain":
    case "flatten":
    case "identity":
    case "slice":
    case "resize":
    case "dropout":
      return "mixed";
    default:
      throw unsupported(op, "has no rule for the distances of near duplicates");
  }
}

function unsupported(op: CovarianceOp, why: string): FathomError {
  const { name, where } = op.layer ?? { name: op.op, where: "layers" };
  return new FathomError({
    code: "unsupported",
    message: `${name} ${why}.`,
    where,
    hint: "Compute the kernel of the pair in float64 instead.",
  });
}

function throughWindows(
  near: Distances,
  op: OpNamed<"convolution" | "localConvolution" | "transposedConvolution">,
): Distances {
  const taps = windowTaps(op);
  const count = taps.reduce((total, { kernel }) => total * kernel, 1);
  const means = (array: Float64Array) =>
    affineOf(windowSums(array, taps, { full: false, pairs: 1 }), op.scale / count, 0);
  return linear(
    near,
    means,
    taps.map(({ outputs }) => outputs),
  );
}

function copied({ grid, square, difference }: Distances, op: OpNamed<"slice" | "resize">): Distances {
  const state = {
    grid,
    layout: "diagonal",
    pairs: 1,
    nngp: square,
    ntk: difference,
    mean: undefined,
  } as const;
  const result = transformed(state, positionMatrices(op));
  return { grid: result.grid, square: result.nngp, difference: result.ntk! };
}

/** D² and d after φ; the angle of every position is kept. */
function throughActivation(near: Known, op: OpNamed<"activation">, { walk, angles }: Following): Known {
  const slopes = slopesOf(halfOf(op.activation));
  if (slopes === undefined) throw unsupported(op, "is not piecewise linear, so near duplicates lose nothing");
  if (slopes.a === slopes.b) return near === "mixed" ? near : times(near, slopes.a ** 2);
  if (near === "mixed") throw unsupported(op, "acts on sums over positions, whose distances are not known");
  const [a, b] = keptOf(walk, op);
  const angle = new Float64Array(near.square.length);
  const square = new Float64Array(near.square.length);
  for (let p = 0; p < angle.length; p++) {
    const qa = Math.sqrt(a.values[p * a.count + a.first]!);
    const qb = Math.sqrt(b.values[p * b.count + b.first]!);
    const s = qa * qb;
    const gap = s === 0 ? 0 : near.difference[p]! / (qa + qb);
    // A vanished signal counts as orthogonal.
    const u = s === 0 ? 1 : Math.min(2, Math.max(0, near.square[p]! - gap * gap) / (2 * s));
    angle[p] = 2 * Math.asin(Math.sqrt(u / 2));
    square[p] = squareAfter(slopes, near.square[p]!, s, angle[p]!);
  }
  angles.set(op, angle);
  const gain = (slopes.a ** 2 + slopes.b ** 2) / 2;
  return { grid: near.grid, square, difference: affineOf(near.difference, gain, 0) };
}
