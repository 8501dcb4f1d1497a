/**
 * @file The Cholesky factor of a kernel matrix in blocks, float64: from the matrix to the finished factor, with its checks, the
 * start of the workers, the determinant and the estimate of the condition.
 */
import { type BlockMatrix, type FactoriseOptions, factorise } from "../src/kernels/index.ts";
import { Key, normal } from "../src/tensor/index.ts";
import { type Bench, minimum } from "./bench.ts";

/** exp(−|x − y|) + 0.1 δ of n points on a line. */
function lineKernel(n: number): BlockMatrix {
  const x = normal(Key.fromSeed(1), "float64", [n]).data;
  const spans = Array.from({ length: Math.ceil(n / 512) }, (_, i) => x.subarray(512 * i, 512 * (i + 1)));
  const block = (rows: Float64Array, columns: Float64Array) => {
    const data = new Float64Array(rows.length * columns.length);
    rows.forEach((a, r) => {
      columns.forEach((b, c) => {
        data[r * columns.length + c] = Math.exp(-Math.abs(a - b)) + (a === b ? 0.1 : 0);
      });
    });
    return data;
  };
  const blocks = spans.map((rows, i) => spans.slice(0, i + 1).map((columns) => block(rows, columns)));
  return {
    rows: n,
    columns: n,
    symmetric: true,
    blockSize: 512,
    dtype: "float64",
    read: async (i, j) => blocks[i]![j]!,
    diagonal: async () => new Float64Array(n).fill(1.1),
  };
}

async function times(matrix: BlockMatrix, runs: number, options: FactoriseOptions): Promise<number[]> {
  const found: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await using _factor = await factorise(matrix, options);
    found.push(performance.now() - start);
  }
  return found;
}

export const bench: Bench = {
  title: "Cholesky factor of a kernel matrix, float64 (--size N, 8,192 unless said)",
  bar: "no slower than numpy.linalg.cholesky with as many threads",
  measure: async ({ threads, runs, size = 8192 }) => {
    const matrix = lineKernel(size);
    const fast = await times(matrix, runs, { threads });
    const portable = minimum(await times(matrix, Math.min(runs, 2), { threads, arithmetic: "wasm" }));
    const rate = (milliseconds: number) => size ** 3 / 3 / milliseconds / 1e6;
    return {
      times: fast,
      notes: {
        "GFLOP/s": rate(minimum(fast)),
        "ms in WebAssembly alone": portable,
        "GFLOP/s in WebAssembly alone": rate(portable),
      },
    };
  },
};
