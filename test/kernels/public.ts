/** @file Kernel matrices through the public face, as plain rows: what the tests of reference values read. */
import { type BlockMatrix, denseMatrix, type KernelOf, kernelMatrix } from "../../src/kernels/index.ts";
import type { NdArray } from "../../src/tensor/index.ts";

export interface Entries {
  readonly nngp: readonly (readonly number[])[];
  readonly ntk: readonly (readonly number[])[];
  readonly build: "simd" | "relaxed" | "float64";
}

/** A matrix as rows of rows. */
export async function entriesOfMatrix(matrix: BlockMatrix): Promise<number[][]> {
  const { rows, columns } = matrix;
  const { data } = await denseMatrix(matrix);
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
}

/** K and Θ of the items of x; Θ only where `get` has it. */
export async function entriesOf(asked: KernelOf & { readonly x: NdArray }): Promise<Entries> {
  const { x, ...of } = asked;
  const { nngp, ntk, build } = await kernelMatrix({ x1: x, threads: 1, ...of });
  const rows = async (matrix: BlockMatrix | undefined) =>
    matrix === undefined ? [] : entriesOfMatrix(matrix);
  return { nngp: await rows(nngp), ntk: await rows(ntk), build };
}

/** Largest relative difference of entries. */
export function relativeError(
  values: readonly (readonly number[])[],
  references: readonly (readonly number[])[],
): number {
  return Math.max(
    ...references.flatMap((row, i) => row.map((reference, j) => Math.abs(values[i]![j]! / reference - 1))),
  );
}
