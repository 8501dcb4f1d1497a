/** @file Examples of operations along a line or a grid: running sums, Fourier transforms, interpolation. */
import { cumsum, irfft, rfft } from "../../src/expr/index.ts";
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

export const signals = [...scans, ...transforms, ...axes];
