/** @file Examples of operations along a line or a grid: running sums, Fourier transforms, interpolation. */
import { add, cumsum, interpolate2d, irfft, mul, rfft, sigmoid, type Tensor } from "../../src/expr/index.ts";
import { drawn, example, n, rough } from "./case.ts";

const scans = [
  example("cumsum", [n(2, 5)], (x) => cumsum(x, { axis: -1 })),
  example("cumsum", [n(2, 5, 3)], (x) => cumsum(x, { axis: 1, reverse: true }), "from the end"),
  example("cumsum", [n(4, 3)], (x) => cumsum(x, { axis: 0, exclusive: true }), "exclusive"),
  example(
    "cumsum",
    [n(4, 3)],
    (x) => cumsum(x, { axis: 0, reverse: true, exclusive: true }),
    "exclusive, from the end",
  ),
  rough("cumsum", [drawn("int32", 6)], (x) => cumsum(x, { axis: 0 }), "of integers"),
];

/** Lengths up to 64 are products with a matrix, longer ones host operations: powers of two, even and odd ones. */
const transforms = [2, 12, 15, 128, 90, 101].flatMap((length) => {
  const own = length > 64;
  const frequencies = Math.floor(length / 2) + 1;
  return [
    example(own ? "rfft" : "matmul", [n(2, length)], (x) => rfft(x), `Fourier, length ${length}`),
    example(
      own ? "irfft" : "matmul",
      [n(2, frequencies, 2)],
      (x) => irfft(x, { size: length }),
      `inverse Fourier, length ${length}`,
    ),
  ];
});

const axes = [
  example("rfft", [n(70, 2)], (x) => rfft(x, { axis: 0 }), "along the first axis"),
  example("irfft", [n(2, 36, 2, 2)], (x) => irfft(x, { size: 71, axis: 1 }), "along an inner axis"),
  example("matmul", [n(6, 2)], (x) => irfft(rfft(x, { axis: 0 }), { axis: 0, size: 6 }), "Fourier and back"),
];

/** Places from just outside to just outside an axis of n pixels, drawn apart from whole numbers. */
function places(x: Tensor, n: number): Tensor {
  return add(mul(sigmoid(x), n + 2), -1.5);
}

const samples = [
  example(
    "gather",
    [n(2, 3, 5, 4), n(2, 3, 2, 2)],
    (x, grid) => interpolate2d(x, places(grid, 4)),
    "as interpolate2d",
  ),
  example(
    "gather",
    [n(1, 1, 6, 6), n(1, 2, 2, 2)],
    (x, grid) => interpolate2d(x, places(grid, 6)),
    "as interpolate2d of one channel",
  ),
];

export const signals = [...scans, ...transforms, ...axes, ...samples];
