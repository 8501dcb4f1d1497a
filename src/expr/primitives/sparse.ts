/** @file A sparse matrix times dense ones: the aggregation of graph networks (graphs.md §12). */
import {
  allocate,
  multiplySparse,
  type SparseMatrix,
  showShape,
  sizeOf,
  sparseMatrix,
  transposedSparse,
} from "../../tensor/index.ts";
import type { Primitive } from "../primitive.ts";
import { requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";

function matrixOf(node: Tensor): SparseMatrix {
  return node.attrs.matrix as SparseMatrix;
}

export const spmmPrimitive: Primitive = {
  name: "spmm",
  host: true,
  shape: ([x], attrs) => {
    const { shape } = attrs.matrix as SparseMatrix;
    requireFloat("spmm", x!);
    if (x!.shape.length < 2 || x!.shape.at(-2) !== shape[1]) {
      throw shapeError(
        "spmm",
        `a sparse ${showShape(shape)} does not multiply ${showShape(x!.shape)}.`,
        "The dense operand is [..., columns, F].",
      );
    }
    return { shape: [...x!.shape.slice(0, -2), shape[0], x!.shape.at(-1)!], dtype: x!.dtype };
  },
  evaluate: ([x], node) => {
    const out = allocate(node.dtype, sizeOf(node.shape)) as Float64Array;
    const stack = { data: x!.data as Float64Array, columns: node.shape.at(-1)! };
    multiplySparse(matrixOf(node), stack, out);
    return { dtype: node.dtype, shape: node.shape, data: out };
  },
  vjp: (ct, node) => [spmm(transposedSparse(matrixOf(node)), ct)],
  jvp: ([t], node) => spmm(matrixOf(node), t!),
  batch: ([x], _, node) => spmm(matrixOf(node), x!),
};

/**
 * Product of a sparse matrix, which is a constant of the graph and not differentiated, with dense matrices.
 * Runs in TypeScript between sessions (a host operation), summed in double precision.
 * @param matrix [R, C], checked as by `sparseMatrix`. @param x [..., C, F]
 * @returns [..., R, F]
 * @throws FathomError bad-shape when C is not the last but one length of x, bad-input unless x is a float.
 * @example spmm(adjacency, h) // [V, V], [V, F] → [V, F]
 */
export function spmm(matrix: SparseMatrix, x: Tensor): Tensor {
  return apply(spmmPrimitive, [x], { matrix: sparseMatrix(matrix) });
}
