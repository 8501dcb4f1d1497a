/**
 * @file Another size for images and signals, as a constant matrix along every axis. Positions are cells of equal length, so
 * the centre of output i lies at input `(i + ½)·n/n' − ½`: `nearest` takes the cell that it lies in (PyTorch's
 * nearest-exact), `linear` interpolates between centres and holds the outermost ones (align_corners false). There is no
 * smoothing when shrinking.
 */
import { z } from "zod";
import { constant, matmul, type Tensor } from "../../expr/index.ts";
import { FathomError, ndarray } from "../../tensor/index.ts";
import { selectPositions } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { type Sizes, sizes } from "../geometry.ts";
import { refuseLarge } from "../intermediate.ts";
import { perAxis, requireRank, requireSpatial, spatialOf, spatialShape } from "../spatial.ts";

type Method = "nearest" | "linear";

/** Coefficients `[to][from]`. */
function resizeMatrix(method: Method, from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, i) => {
    const row = new Array<number>(from).fill(0);
    const centre = ((i + 0.5) * from) / to;
    if (method === "nearest") {
      row[Math.min(Math.floor(centre), from - 1)] = 1;
      return row;
    }
    const at = Math.min(Math.max(centre - 0.5, 0), from - 1);
    const low = Math.min(Math.floor(at), Math.max(from - 2, 0));
    row[low]! += 1 - (at - low);
    if (from > 1) row[low + 1]! += at - low;
    return row;
  });
}

function matrices(
  { size, method }: { readonly size: Sizes; readonly method: Method },
  from: readonly number[],
): number[][][] {
  const to = perAxis(size, from.length);
  return from.map((n, axis) => resizeMatrix(method, n, to[axis]!));
}

/** Along the last axis, then along the one before it: `[N, C, ...s]` → `[N, C, ...s']`. */
function applyMatrices(x: Tensor, axes: readonly (readonly (readonly number[])[])[]): Tensor {
  const [matrix, above] = axes
    .map((rows) => constant(ndarray(x.dtype, [rows.length, rows[0]!.length], rows.flat())))
    .reverse();
  const across = matmul(x, matrix!, { transposeB: true });
  return above === undefined ? across : matmul(above, across);
}

/** The position that each new one copies, row by row. */
function sources(options: Parameters<typeof matrices>[0], from: readonly number[]): number[] {
  return matrices(options, from).reduce<number[]>(
    (rows, matrix, axis) =>
      rows.flatMap((row) => matrix.map((weights) => row * from[axis]! + weights.indexOf(1))),
    [0],
  );
}

export const resize = defineLayer({
  kind: "resize",
  summary: "an image or a signal at another size, by its nearest values or by interpolation",
  options: z.strictObject({
    size: sizes.describe("the new size: one whole number, or one for each spatial axis"),
    method: z
      .enum(["linear", "nearest"])
      .default("linear")
      .describe("linear (interpolation between centres) or nearest"),
  }),
  shape: (options, input, place) => {
    const { channels, sizes } = requireSpatial(input, place);
    requireRank(options.size, "size", input, place);
    const to = perAxis(options.size, sizes.length);
    for (const [axis, n] of sizes.entries()) refuseLarge(n * to[axis]!, "coefficients", place);
    return spatialShape(input, channels, to);
  },
  apply: (options, _, x) => applyMatrices(x, matrices(options, x.shape.slice(2))),
  meanField: (options, input) => {
    if (options.method === "nearest") return selectPositions(sources(options, spatialOf(input).sizes));
    throw new FathomError({
      code: "unsupported",
      message: "averages positions, whose covariance the scalar theory does not follow.",
      hint: 'Use "method": "nearest", or measure the finite network.',
    });
  },
  covariance: (options, { input }) => ({ op: "resize", matrices: matrices(options, spatialOf(input).sizes) }),
});
