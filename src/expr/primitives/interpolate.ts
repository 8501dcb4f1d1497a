/**
 * @file Bilinear sampling of images at given places, as gathers and products: derivatives with respect to the image and the
 * places, of any order, follow by themselves and are the same in both dtypes on every device.
 */
import { showShape } from "../../tensor/index.ts";
import { operandError, requireFloat, requireSameDType, shapeError } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul, sub } from "./binary.ts";
import { cast } from "./cast.ts";
import { greaterEqual } from "./compare.ts";
import { gather } from "./indexing.ts";
import { pad } from "./join.ts";
import { iota } from "./leaf.ts";
import { reshape, transpose } from "./movement.ts";
import { maximum, minimum, where } from "./select.ts";
import { slice } from "./slice.ts";
import { floor } from "./unary.ts";

/** Places along one axis: the pixel before (int32, counted with the border), and how far beyond it, 0 … 1. */
interface Between {
  readonly pixel: Tensor;
  readonly fraction: Tensor;
}

/** Splits coordinates along an axis of n pixels, which has a border of one zero at either end. */
function between(coordinate: Tensor, n: number): Between {
  const inside = minimum(maximum(coordinate, -1), n);
  const before = minimum(floor(inside), n - 1);
  // A coordinate that is no number must not become a place; its fraction stays NaN, and so does the sample.
  const known = where(greaterEqual(before, -1), before, -1);
  return { pixel: cast(add(known, 1), "int32"), fraction: sub(inside, known) };
}

function checkOperands(x: Tensor, grid: Tensor): void {
  requireFloat("interpolate2d", x);
  requireSameDType("interpolate2d", [x, grid]);
  if (x.shape.length !== 4) {
    throw shapeError("interpolate2d", `images are [N, C, H, W], not ${showShape(x.shape)}.`);
  }
  if (grid.shape.length !== 4 || grid.shape[3] !== 2 || grid.shape[0] !== x.shape[0]) {
    throw shapeError(
      "interpolate2d",
      `the grid ${showShape(grid.shape)} does not belong to images ${showShape(x.shape)}.`,
      "A grid is [N, H', W', 2], with (y, x) of each sample.",
    );
  }
  // Pixels are counted in int32, over all images.
  const pixels = x.shape[0]! * (x.shape[2]! + 2) * (x.shape[3]! + 2);
  if (pixels >= 2 ** 31)
    throw operandError("interpolate2d", `${pixels} pixels are too many.`, "Split the batch.");
}

/** The pixels of the four corners, as rows [N, H', W', C] of the images with their border. */
function corners(x: Tensor, y: Between, across: Between): (dy: number, dx: number) => Tensor {
  const [count, channels, height, width] = x.shape as [number, number, number, number];
  const bordered = pad(x, { low: [0, 0, 1, 1], high: [0, 0, 1, 1] });
  const rows = reshape(transpose(bordered, [0, 2, 3, 1]), [-1, channels]);
  const image = reshape(mul(iota(count), (height + 2) * (width + 2)), [count, 1, 1]);
  const first = add(image, add(mul(y.pixel, width + 2), across.pixel));
  return (dy, dx) => gather(rows, add(first, dy * (width + 2) + dx), { axis: 0 });
}

/** (1 − fraction) a + fraction b. */
function mix(a: Tensor, b: Tensor, fraction: Tensor): Tensor {
  return add(a, mul(fraction, sub(b, a)));
}

/**
 * Images sampled at given places, bilinear between pixel centres; beyond the images is zero, so that within one pixel of the
 * border a sample fades.
 * @param x Images [N, C, H, W].
 * @param grid Places [N, H', W', 2] in pixels: (y, x) with y from 0 (the centre of the first row) to H − 1, x from 0 to W − 1.
 * @returns [N, C, H', W']. The derivative with respect to the grid jumps where a coordinate is whole; there it is the one from
 * above.
 * @throws FathomError bad-shape when the shapes do not meet, bad-input for dtypes that differ or are no floats.
 * @example interpolate2d(images, constant([[[[0.5, 0.5]]]])) // [1, C, H, W] → [1, C, 1, 1]: the mean of four pixels
 */
export function interpolate2d(x: Tensor, grid: Tensor): Tensor {
  checkOperands(x, grid);
  const [count, rows, columns] = grid.shape as [number, number, number, number];
  const coordinate = (i: number) =>
    reshape(slice(grid, { starts: [0, 0, 0, i], ends: [count, rows, columns, i + 1] }), [
      count,
      rows,
      columns,
    ]);
  const y = between(coordinate(0), x.shape[2]!);
  const across = between(coordinate(1), x.shape[3]!);
  const corner = corners(x, y, across);
  const weight = ({ fraction }: Between) => reshape(fraction, [count, rows, columns, 1]);
  const above = mix(corner(0, 0), corner(0, 1), weight(across));
  const below = mix(corner(1, 0), corner(1, 1), weight(across));
  return transpose(mix(above, below, weight(y)), [0, 3, 1, 2]);
}
