/**
 * @file Singular values and vectors, a host operation. Derivatives are those of distinct, positive singular values (Townsend,
 * "Differentiating the singular value decomposition", 2016) and are made of products, to any order.
 */
import { ndarray, type Shape, showShape, sizeOf, svd as svdOf } from "../../tensor/index.ts";
import { numbersOf, store } from "../numeric.ts";
import type { Primitive } from "../primitive.ts";
import { requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { add, div, mul, square, sub } from "./binary.ts";
import { columnSigns, diagonal, gaps, onDiagonal, signedColumns } from "./eigen.ts";
import { swapLast } from "./factorise.ts";
import { concat } from "./join.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./movement.ts";
import { reduceSum } from "./reduce.ts";
import { where } from "./select.ts";
import { slice } from "./slice.ts";

/** a = u diag(values) vᵀ with k = min(m, n): u [..., m, k], values [..., k] descending, v [..., n, k]. */
export interface SingularDecomposition {
  readonly u: Tensor;
  readonly values: Tensor;
  readonly v: Tensor;
}

/** Rows, columns and stack of the matrices [..., m, n]. */
function sizesOf(a: Tensor): { stack: Shape; m: number; n: number } {
  const [m, n] = a.shape.slice(-2) as [number, number];
  return { stack: a.shape.slice(0, -2), m, n };
}

/** A primitive has one result [..., m + 1 + n, k]: u, the row of the values, and v on top of each other. */
export const svdPrimitive: Primitive = {
  name: "svd",
  host: true,
  shape: ([a]) => {
    requireFloat("svd", a!);
    if (a!.shape.length < 2) throw shapeError("svd", `${showShape(a!.shape)} is no matrix.`);
    const { stack, m, n } = sizesOf(a!);
    return { shape: [...stack, m + 1 + n, Math.min(m, n)], dtype: a!.dtype };
  },
  evaluate: ([a], node) => {
    const { m, n } = sizesOf(node.inputs[0]!);
    const k = node.shape.at(-1)!;
    const source = Float64Array.from(numbersOf(a!));
    const out = new Float64Array(sizeOf(node.shape));
    for (let i = 0; i < source.length / (m * n); i++) {
      const matrix = ndarray("float64", [m, n], source.subarray(i * m * n, (i + 1) * m * n));
      const { u, s, v } = svdOf(matrix);
      const start = i * (m + 1 + n) * k;
      // A pair of vectors is turned round together.
      const signs = columnSigns(u.data, m, k);
      out.set(signedColumns(u.data, signs), start);
      out.set(s.data, start + m * k);
      out.set(signedColumns(v.data, signs), start + (m + 1) * k);
    }
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node) => {
    const parts = unpacked(node);
    const { u, values, v } = parts;
    const cts = unpackedLike(ct, node);
    const rotated = add(
      mul(turned(u, cts.u, values), row(values)),
      mul(column(values), turned(v, cts.v, values)),
    );
    const inner = matmul(u, matmul(add(rotated, diagonal(cts.values)), v, { transposeB: true }));
    const left = matmul(outside(u, div(cts.u, row(values))), v, { transposeB: true });
    const right = matmul(u, outside(v, div(cts.v, row(values))), { transposeB: true });
    return [add(inner, add(left, right))];
  },
  jvp: ([t], node) => {
    const { u, values, v } = unpacked(node);
    const moved = matmul(matmul(u, t!, { transposeA: true }), v);
    const back = swapLast(moved);
    const slopes = reduceSum(where(onDiagonal(moved), moved, 0), { axes: [-2], keepDims: true });
    const gap = gaps(square(values));
    const turnU = mul(gap, add(mul(moved, row(values)), mul(column(values), back)));
    const turnV = mul(gap, add(mul(column(values), moved), mul(back, row(values))));
    const du = add(matmul(u, turnU), outside(u, div(matmul(t!, v), row(values))));
    const dv = add(matmul(v, turnV), outside(v, div(matmul(t!, u, { transposeA: true }), row(values))));
    return concat([du, slopes, dv], { axis: -2 });
  },
  batch: ([a]) => apply(svdPrimitive, [a!]),
};

function row(values: Tensor): Tensor {
  return reshape(values, [...values.shape.slice(0, -1), 1, values.shape.at(-1)!]);
}

function column(values: Tensor): Tensor {
  return reshape(values, [...values.shape, 1]);
}

/** The part of the columns of x that is orthogonal to those of u. */
function outside(u: Tensor, x: Tensor): Tensor {
  return sub(x, matmul(u, matmul(u, x, { transposeA: true })));
}

/** F ∘ (uᵀ ū − ūᵀ u) with F_ij = 1/(s_j² − s_i²). */
function turned(u: Tensor, ct: Tensor, values: Tensor): Tensor {
  const product = matmul(u, ct, { transposeA: true });
  return mul(gaps(square(values)), sub(product, swapLast(product)));
}

function unpacked(node: Tensor): SingularDecomposition {
  return unpackedLike(node, node);
}

/** The parts of a tensor laid out as the result of an svd node. */
function unpackedLike(packed: Tensor, node: Tensor): SingularDecomposition {
  const { stack, m, n } = sizesOf(node.inputs[0]!);
  const k = packed.shape.at(-1)!;
  const rows = (from: number, to: number) =>
    slice(packed, { starts: [...stack.map(() => 0), from, 0], ends: [...stack, to, k] });
  return { u: rows(0, m), values: reshape(rows(m, m + 1), [...stack, k]), v: rows(m + 1, m + 1 + n) };
}

/**
 * Singular value decomposition a = u diag(values) vᵀ, thin. Host operation, in double precision.
 * @param a [..., m, n]; k = min(m, n).
 * @returns u [..., m, k] and v [..., n, k] with orthonormal columns, the largest component of each column of u positive; values
 * [..., k], descending. Where singular values are equal or 0, reverse mode gives NaN.
 * @throws FathomError bad-shape unless a has two axes; bad-input, when the graph runs, for entries that are not finite.
 * @example const { values } = svd(weights); // values[0] is the spectral norm
 */
export function svd(a: Tensor): SingularDecomposition {
  return unpacked(apply(svdPrimitive, [a]));
}
