/** @file The kernel of the first items, from that of all: a learning curve takes one kernel matrix. */
import type { BlockMatrix } from "../../kernels/index.ts";

/** The leading n × n part of a symmetric matrix in blocks; blocks are read when they are asked for. */
export function leading(matrix: BlockMatrix, n: number): BlockMatrix {
  if (n === matrix.rows) return matrix;
  const { blockSize, rows } = matrix;
  const sizeIn = (of: number, i: number) => Math.min(blockSize, of - i * blockSize);
  return {
    ...matrix,
    rows: n,
    columns: n,
    async read(i, j) {
      const block = await matrix.read(i, j);
      const [height, width, before] = [sizeIn(n, i), sizeIn(n, j), sizeIn(rows, j)];
      if (width === before) return block.subarray(0, height * width);
      const out = block.slice(0, height * width);
      for (let r = 0; r < height; r++) out.set(block.subarray(r * before, r * before + width), r * width);
      return out;
    },
    diagonal: async () => (await matrix.diagonal()).subarray(0, n),
  };
}
