/** @file A sparse matrix of 100,000 rows with 10 entries each, at random places, times 64 columns in float32 (graphs.md §12). */
import { input, spmm } from "../src/expr/index.ts";
import { compile } from "../src/runtime/index.ts";
import { Key, normal, sparseMatrix, uniform } from "../src/tensor/index.ts";
import { type Bench, minimum, timed } from "./bench.ts";

const [rows, degree, columns] = [100_000, 10, 64];

export const bench: Bench = {
  title: "CSR of 100,000 rows, degree 10, times 64 columns, float32",
  bar: "at least 0.7 GFLOP/s",
  measure: async ({ runs }) => {
    const key = Key.fromSeed(1);
    const entries = rows * degree;
    const places = uniform(key.split("columns"), "float64", [entries], { high: rows }).data;
    const matrix = sparseMatrix({
      shape: [rows, rows],
      indptr: Int32Array.from({ length: rows + 1 }, (_, i) => i * degree),
      indices: Int32Array.from(places, Math.floor),
      values: uniform(key.split("values"), "float64", [entries]).data,
    });
    const x = input("x", [rows, columns]);
    await using product = await compile({ inputs: [x], outputs: { y: spmm(matrix, x) } });
    const feeds = { x: normal(key.split("x"), "float32", x.shape) };
    const times = await timed(() => product.run(feeds), runs);
    return { times, notes: { "GFLOP/s": (2 * entries * columns) / minimum(times) / 1e6 } };
  },
};
