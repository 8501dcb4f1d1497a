/**
 * @file Cholesky factors and triangular systems: host operations whose derivatives are made of themselves and of matrix
 * products, to any order (Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, §3).
 */
import { FathomError, type Shape, showShape, sizeOf } from "../../tensor/index.ts";
import { broadcastOffsets, numbersOf, store } from "../numeric.ts";
import type { MaybeZero, Primitive } from "../primitive.ts";
import { broadcastShapes, requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { choleskyInPlace, solveLower, solveLowerTransposed } from "../triangular.ts";
import { add, float, mul, neg, sub } from "./binary.ts";
import { equal, greater, greaterEqual } from "./compare.ts";
import { alignBatched, sumTo } from "./elementwise.ts";
import { iota } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { broadcastTo, reshape, transpose } from "./movement.ts";
import { where } from "./select.ts";

/** The order n of the matrices [..., n, n]. */
function orderOf(op: string, x: Tensor): number {
  const [rows, columns] = x.shape.slice(-2);
  if (x.shape.length >= 2 && rows === columns) return rows!;
  throw shapeError(op, `the matrices ${showShape(x.shape)} are not square.`);
}

/** The last two axes exchanged. */
export function swapLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(x, [...x.shape.keys().take(rank - 2), rank - 1, rank - 2]);
}

/** (x + xᵀ)/2, of matrices [..., n, n]. */
export function symmetricPart(x: Tensor): Tensor {
  return mul(add(x, swapLast(x)), 0.5);
}

/** Row and column numbers that broadcast to [n, n]. */
function places(n: number): [Tensor, Tensor] {
  return [reshape(iota(n), [n, 1]), iota(n)];
}

/** The lower triangle with the diagonal; zeros above. */
function lower(x: Tensor): Tensor {
  const [rows, columns] = places(x.shape.at(-1)!);
  return where(greaterEqual(rows, columns), x, 0);
}

/** Φ: the lower triangle with half the diagonal, so that Φ(s) + Φ(s)ᵀ = s for symmetric s. */
function halfLower(x: Tensor): Tensor {
  const [rows, columns] = places(x.shape.at(-1)!);
  return where(greater(rows, columns), x, where(equal(rows, columns), mul(x, 0.5), 0));
}

export const choleskyPrimitive: Primitive = {
  name: "cholesky",
  host: true,
  shape: ([a]) => {
    requireFloat("cholesky", a!);
    orderOf("cholesky", a!);
    return { shape: a!.shape, dtype: a!.dtype };
  },
  evaluate: ([a], node) => {
    const n = node.shape.at(-1)!;
    const source = numbersOf(a!);
    const out = new Float64Array(source.length);
    for (let start = 0; start < out.length; start += n * n) {
      const matrix = out.subarray(start, start + n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++)
          matrix[i * n + j] = (source[start + i * n + j]! + source[start + j * n + i]!) / 2;
      }
      const failure = choleskyInPlace(matrix, n);
      if (failure !== undefined) throw notPositive(node.shape, start / (n * n), failure);
    }
    return store(node.dtype, node.shape, out);
  },
  // Ā = sym(L⁻ᵀ Φ(Lᵀ L̄) L⁻¹)
  vjp: (ct, l) => {
    const inner = halfLower(matmul(l, ct, { transposeA: true }));
    const left = triangularSolve(l, inner, { transpose: true });
    return [symmetricPart(triangularSolve(l, swapLast(left), { transpose: true }))];
  },
  // L̇ = L Φ(L⁻¹ Ȧ L⁻ᵀ) with the symmetric part of Ȧ
  jvp: ([t], l) => {
    const left = triangularSolve(l, symmetricPart(t!));
    return matmul(l, halfLower(triangularSolve(l, swapLast(left))));
  },
  batch: ([a]) => cholesky(a!),
};

function notPositive(
  shape: Shape,
  matrix: number,
  { index, pivot }: { index: number; pivot: number },
): FathomError {
  const which =
    shape.length > 2 ? `matrix ${matrix} of ${showShape(shape)}` : `the matrix ${showShape(shape)}`;
  return new FathomError({
    code: "failed",
    message: `cholesky: ${which} is not positive definite: the pivot of row ${index} is ${pivot}.`,
    where: `cholesky pivot ${index}`,
    hint: "Add a small multiple of the identity (jitter) to the matrix.",
  });
}

/**
 * Cholesky factors: the lower triangular L with positive diagonal and L Lᵀ = a. Host operation, in double precision.
 * The symmetric part of a is factored, so the cotangent is symmetric, too.
 * @param a [..., n, n], symmetric positive definite.
 * @returns [..., n, n], zeros above the diagonal.
 * @throws FathomError bad-shape unless the matrices are square; failed, when the graph runs, for a matrix that is not positive
 * definite: it names the row whose pivot is not positive.
 * @example const l = cholesky(add(kernel, mul(jitter, identity)));
 */
export function cholesky(a: Tensor): Tensor {
  return apply(choleskyPrimitive, [a]);
}

export interface TriangularSolveOptions {
  /** Solve Lᵀ x = b instead of L x = b. */
  readonly transpose?: boolean;
}

function isTransposed(node: Tensor): boolean {
  return node.attrs.transpose as boolean;
}

export const triangularSolvePrimitive: Primitive = {
  name: "triangularSolve",
  host: true,
  shape: ([l, b]) => {
    const dtype = float("triangularSolve", [l!, b!]);
    const n = orderOf("triangularSolve", l!);
    if (b!.shape.length < 2 || b!.shape.at(-2) !== n) {
      const message = `${showShape(l!.shape)} does not divide ${showShape(b!.shape)}.`;
      throw shapeError("triangularSolve", message, "The right side is [..., n, k].");
    }
    const stacks = broadcastShapes("triangularSolve", [l!.shape.slice(0, -2), b!.shape.slice(0, -2)]);
    return { shape: [...stacks, n, b!.shape.at(-1)!], dtype };
  },
  evaluate: ([l, b], node) => {
    const [n, columns] = node.shape.slice(-2) as [number, number];
    const stacks = node.shape.slice(0, -2);
    const [triangles, sides] = [numbersOf(l!), numbersOf(b!)];
    const places = [l!, b!].map(({ shape }) => broadcastOffsets(shape.slice(0, -2), stacks));
    const out = new Float64Array(sizeOf(node.shape));
    const size = n * columns;
    const solve = isTransposed(node) ? solveLowerTransposed : solveLower;
    for (let i = 0; i < sizeOf(stacks); i++) {
      const at = (places[0]?.[i] ?? i) * n * n;
      const from = (places[1]?.[i] ?? i) * size;
      const x = out.subarray(i * size, (i + 1) * size);
      for (let k = 0; k < size; k++) x[k] = sides[from + k]!;
      requireDiagonal(triangles, at, n);
      solve({ data: triangles, at, n }, x, columns);
    }
    return store(node.dtype, node.shape, out);
  },
  // b̄ = L⁻ᵀ x̄; L̄ = −tril(b̄ xᵀ). Of the transposed system: b̄ = L⁻¹ x̄; L̄ = −tril(x b̄ᵀ).
  vjp: (ct, node, needed) => {
    const [l, b] = node.inputs as [Tensor, Tensor];
    const full = triangularSolve(l, ct, { transpose: !isTransposed(node) });
    const [left, right] = isTransposed(node) ? [node, full] : [full, node];
    return [
      needed[0] ? sumTo(neg(lower(matmul(left, right, { transposeB: true }))), l.shape) : undefined,
      needed[1] ? sumTo(full, b.shape) : undefined,
    ];
  },
  // ẋ = L⁻¹ (ḃ − tril(L̇) x)
  jvp: ([tl, tb], node) => {
    const moved = tl && matmul(lower(tl), node, { transposeA: isTransposed(node) });
    const right = difference(tb, moved)!;
    return broadcastTo(
      triangularSolve(node.inputs[0]!, right, { transpose: isTransposed(node) }),
      node.shape,
    );
  },
  batch: (inputs, batched, node, size) => {
    const [l, b] = alignBatched(inputs, batched, node.shape.length, size) as [Tensor, Tensor];
    return triangularSolve(l, b, { transpose: isTransposed(node) });
  },
};

function difference(a: MaybeZero, b: MaybeZero): MaybeZero {
  return a && b ? sub(a, b) : (a ?? (b && neg(b)));
}

function requireDiagonal(l: ArrayLike<number>, at: number, n: number): void {
  for (let i = 0; i < n; i++) {
    if (l[at + i * (n + 1)] !== 0) continue;
    throw new FathomError({
      code: "failed",
      message: `triangularSolve: the diagonal is 0 in row ${i}, so the system has no single solution.`,
      where: `triangularSolve row ${i}`,
      hint: "The triangle must be invertible.",
    });
  }
}

/**
 * Solves L x = b, or Lᵀ x = b with `transpose`, by substitution. Host operation, in double precision.
 * @param l [..., n, n]; only the lower triangle is read. @param b [..., n, k]. Leading axes broadcast.
 * @returns [..., n, k]
 * @throws FathomError bad-shape when the shapes do not meet; failed, when the graph runs, for a zero on the diagonal.
 * @example const alpha = triangularSolve(l, triangularSolve(l, y), { transpose: true }); // (L Lᵀ)⁻¹ y
 */
export function triangularSolve(l: Tensor, b: Tensor, options: TriangularSolveOptions = {}): Tensor {
  return apply(triangularSolvePrimitive, [l, b], { transpose: options.transpose ?? false });
}
