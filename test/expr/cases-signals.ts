/** @file Examples of operations along a line or a grid: running sums, Fourier transforms, interpolation. */
import { cumsum } from "../../src/expr/index.ts";
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

export const signals = [...scans];
