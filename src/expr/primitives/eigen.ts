/**
 * @file Eigenvalues and eigenvectors of symmetric matrices, a host operation. Derivatives are those of distinct eigenvalues
 * (Giles, "Collected matrix derivative results", 2008, §3.1) and are made of products, to any order.
 */
import { eigenSymmetric, ndarray, showShape, sizeOf } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import type { Primitive } from "../primitive.ts";
import { requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { equal } from "./compare.ts";
import { symmetricPart } from "./factorise.ts";
import { concat } from "./join.ts";
import { iota } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./movement.ts";
import { reduceSum } from "./reduce.ts";
import { where } from "./select.ts";
import { slice } from "./slice.ts";

/** Eigenvalues [..., n], ascending, and eigenvectors [..., n, n]: column j belongs to value j. */
export interface Eigen {
  readonly values: Tensor;
  readonly vectors: Tensor;
}

/** A primitive has one result: row 0 holds the values, the rows below hold the vectors. */
export const eighPrimitive: Primitive = {
  name: "eigh",
  host: true,
  shape: ([a]) => {
    requireFloat("eigh", a!);
    const [rows, columns] = a!.shape.slice(-2);
    if (a!.shape.length < 2 || rows !== columns) {
      throw shapeError("eigh", `the matrices ${showShape(a!.shape)} are not square.`);
    }
    return { shape: [...a!.shape.slice(0, -2), rows! + 1, rows!], dtype: a!.dtype };
  },
  evaluate: ([a], node) => {
    const n = node.shape.at(-1)!;
    const source = numbersOf(a!);
    const out = new Float64Array(sizeOf(node.shape));
    for (let i = 0; i < source.length / (n * n); i++) {
      const matrix = symmetric(source, i * n * n, n);
      const { values, vectors } = eigenSymmetric(ndarray("float64", [n, n], matrix));
      const start = i * n * (n + 1);
      out.set(values.data, start);
      out.set(signedColumns(vectors.data, columnSigns(vectors.data, n, n)), start + n);
    }
    return store(node.dtype, node.shape, out);
  },
  // Ā = V (diag(w̄) + F ∘ Vᵀ V̄) Vᵀ with F_ij = 1/(w_j − w_i), symmetrised
  vjp: (ct, node) => {
    const { values, vectors } = unpacked(node);
    const cts = unpacked(ct);
    const turned = mul(gaps(values), matmul(vectors, cts.vectors, { transposeA: true }));
    const inner = add(turned, diagonal(cts.values));
    return [symmetricPart(matmul(matmul(vectors, inner), vectors, { transposeB: true }))];
  },
  // ẇ = diag(Vᵀ Ȧ V), V̇ = V (F ∘ Vᵀ Ȧ V)
  jvp: ([t], node) => {
    const { values, vectors } = unpacked(node);
    const inner = matmul(matmul(vectors, symmetricPart(t!), { transposeA: true }), vectors);
    const slopes = reduceSum(where(onDiagonal(inner), inner, 0), { axes: [-2], keepDims: true });
    return concat([slopes, matmul(vectors, mul(gaps(values), inner))], { axis: -2 });
  },
  batch: ([a]) => apply(eighPrimitive, [a!]),
};

function symmetric(source: ArrayLike<number>, start: number, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return (source[start + i * n + j]! + source[start + j * n + i]!) / 2;
  });
}

/**
 * Signs for the columns of x [rows, columns], which may be turned round: they make the largest component (the first of equals)
 * of each positive.
 */
export function columnSigns(x: Float64Array, rows: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, j) => {
    let largest = 0;
    for (let i = 0; i < rows; i++) {
      const component = x[i * columns + j]!;
      if (Math.abs(component) > Math.abs(largest) * (1 + 1e-10)) largest = component;
    }
    return largest < 0 ? -1 : 1;
  });
}

/** The columns of x, each times its sign. */
export function signedColumns(x: Float64Array, signs: readonly number[]): Float64Array {
  return x.map((component, at) => component * signs[at % signs.length]!);
}

function unpacked(packed: Tensor): Eigen {
  const n = packed.shape.at(-1)!;
  const lead = packed.shape.slice(0, -2);
  const rows = (from: number, to: number) =>
    slice(packed, {
      starts: [...lead.map(() => 0), from, 0],
      ends: [...lead, to, n],
    });
  return { values: reshape(rows(0, 1), [...lead, n]), vectors: rows(1, n + 1) };
}

/** True where row and column of [..., n, n] agree. */
export function onDiagonal(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  return equal(reshape(iota(n), [n, 1]), iota(n));
}

/** [..., n] on the diagonal of [..., n, n]. */
export function diagonal(values: Tensor): Tensor {
  return where(onDiagonal(values), reshape(values, [...values.shape, 1]), 0);
}

/** F_ij = 1/(w_j − w_i), 0 on the diagonal. */
export function gaps(values: Tensor): Tensor {
  const [lead, n] = [values.shape.slice(0, -1), values.shape.at(-1)!];
  const difference = sub(reshape(values, [...lead, 1, n]), reshape(values, [...lead, n, 1]));
  const mask = onDiagonal(values);
  return where(mask, 0, div(1, where(mask, 1, difference)));
}

/**
 * Eigenvalues and orthonormal eigenvectors of the symmetric part of a. Host operation, in double precision.
 * @param a [..., n, n]
 * @returns values [..., n], ascending; vectors [..., n, n] in columns, the largest component of each positive. Derivatives of
 * vectors grow as 1/gap; where eigenvalues are equal, reverse mode gives NaN.
 * @throws FathomError bad-shape unless the matrices are square; bad-input, when the graph runs, for entries that are not finite.
 * @example const { values } = eigh(kernel);
 */
export function eigh(a: Tensor): Eigen {
  return unpacked(apply(eighPrimitive, [a]));
}
