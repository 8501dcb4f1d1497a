/** @file Matrix products: batched, with transposition as a flag of either operand. */
import { type Shape, showShape, sizeOf } from "../../tensor/index.ts";
import { broadcastOffsets, numbersOf, store } from "../numeric.ts";
import type { Primitive } from "../primitive.ts";
import { alignedShape, broadcastShapes, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { float, mul } from "./binary.ts";
import { addAll, alignBatched, sumTo } from "./elementwise.ts";
import { emitMatmul, emitMatmulPlus } from "./matmul-onnx.ts";
import { broadcastTo, peelBroadcast, permOf, reshape, transpose, transposePrimitive } from "./movement.ts";
import { reduceSum } from "./reduce.ts";

export interface MatmulOptions {
  /** Use the transpose of the last two axes of a. */
  readonly transposeA?: boolean;
  /** Use the transpose of the last two axes of b. */
  readonly transposeB?: boolean;
}

interface Flags {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function flagsOf(node: Tensor): Flags {
  return node.attrs as unknown as Flags;
}

/** Rows and columns of the matrices of a tensor, after transposition. */
function matrixShape(x: Tensor, transposed: boolean): readonly [number, number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function resultShape(a: Tensor, b: Tensor, flags: Flags): Shape {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw shapeError("matmul", `${shown(a, b, flags)}: both operands need at least two axes.`);
  }
  const [rows, inner] = matrixShape(a, flags.transposeA);
  const [other, columns] = matrixShape(b, flags.transposeB);
  if (inner !== other) {
    throw shapeError("matmul", `${shown(a, b, flags)}: the inner lengths ${inner} and ${other} differ.`);
  }
  return [...broadcastShapes("matmul", [a.shape.slice(0, -2), b.shape.slice(0, -2)]), rows, columns];
}

function shown(a: Tensor, b: Tensor, { transposeA, transposeB }: Flags): string {
  return `${showShape(a.shape)}${transposeA ? "ᵀ" : ""} · ${showShape(b.shape)}${transposeB ? "ᵀ" : ""}`;
}

export const matmulPrimitive: Primitive = {
  name: "matmul",
  shape: ([a, b], attrs) => ({
    dtype: float("matmul", [a!, b!]),
    shape: resultShape(a!, b!, attrs as unknown as Flags),
  }),
  evaluate: ([a, b], node) => {
    const { transposeA, transposeB } = flagsOf(node);
    const out = new Float64Array(sizeOf(node.shape));
    const [rows, columns] = node.shape.slice(-2) as [number, number];
    const inner = a!.shape.at(transposeA ? -2 : -1)!;
    const batch = node.shape.slice(0, -2);
    const [x, y] = [numbersOf(a!), numbersOf(b!)];
    const offsetsA = broadcastOffsets(a!.shape.slice(0, -2), batch);
    const offsetsB = broadcastOffsets(b!.shape.slice(0, -2), batch);
    const [rowA, stepA] = transposeA ? [1, rows] : [inner, 1];
    const [stepB, columnB] = transposeB ? [1, inner] : [columns, 1];
    for (let matrix = 0; matrix < sizeOf(batch); matrix++) {
      const startA = (offsetsA ? offsetsA[matrix]! : matrix) * rows * inner;
      const startB = (offsetsB ? offsetsB[matrix]! : matrix) * inner * columns;
      for (let i = 0; i < rows; i++) {
        const row = (matrix * rows + i) * columns;
        for (let k = 0; k < inner; k++) {
          const factor = x[startA + i * rowA + k * stepA]!;
          const from = startB + k * stepB;
          for (let j = 0; j < columns; j++) out[row + j]! += factor * y[from + j * columnB]!;
        }
      }
    }
    return store(node.dtype, node.shape, out);
  },
  vjp: (ct, node, needed) => [
    needed[0] ? cotangentA(ct, node) : undefined,
    needed[1] ? cotangentB(ct, node) : undefined,
  ],
  jvp: ([ta, tb], node) => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    return addAll([ta && matmul(ta, b, flagsOf(node)), tb && matmul(a, tb, flagsOf(node))]);
  },
  batch: (inputs, batched, node, size) => {
    const [a, b] = alignBatched(inputs, batched, node.shape.length, size) as [Tensor, Tensor];
    return matmul(a, b, flagsOf(node));
  },
  multiplications: ({ inputs, shape }) => sizeOf(inputs[0]!.shape) * shape.at(-1)!,
  onnx: emitMatmul,
  onnxPlus: emitMatmulPlus,
};

/** ā = c̄ bᵀ, stored as a is: one matrix product where a is a matrix, however many batches c̄ and b have. */
function cotangentA(ct: Tensor, node: Tensor): Tensor {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transposeA, transposeB } = flagsOf(node);
  if (a.shape.length === 2 && ct.shape.length > 2) {
    const left = stacked(swapped(ct));
    const right = stacked(broadcastBatch(transposeB ? b : swapped(b), ct));
    return transposeA ? matmul(right, left, { transposeA: true }) : matmul(left, right, { transposeA: true });
  }
  const full = transposeA
    ? matmul(b, ct, { transposeA: transposeB, transposeB: true })
    : matmul(ct, b, { transposeB: !transposeB });
  return sumTo(full, a.shape);
}

/** b̄ = aᵀ c̄, stored as b is: one matrix product where b is a matrix, never a sum of a batch of them. */
function cotangentB(ct: Tensor, node: Tensor): Tensor {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transposeA, transposeB } = flagsOf(node);
  if (b.shape.length === 2 && ct.shape.length > 2) {
    const left = stacked(transposeA ? swapped(a) : a);
    const right = stacked(ct);
    return transposeB ? matmul(right, left, { transposeA: true }) : matmul(left, right, { transposeA: true });
  }
  const full = transposeB
    ? matmul(ct, a, { transposeA: true, transposeB: transposeA })
    : matmul(a, ct, { transposeA: !transposeA });
  return sumTo(full, b.shape);
}

/** The matrices of all batches on top of each other: [..., N, K] → […·N, K]. */
function stacked(x: Tensor): Tensor {
  return reshape(x, [-1, x.shape.at(-1)!]);
}

/** x with its last two axes exchanged. */
function swapped(x: Tensor): Tensor {
  const rank = x.shape.length;
  return transpose(x, [...x.shape.keys().take(rank - 2), rank - 1, rank - 2]);
}

function broadcastBatch(x: Tensor, like: Tensor): Tensor {
  return broadcastTo(x, [...like.shape.slice(0, -2), ...x.shape.slice(-2)]);
}

/**
 * Matrix product over the last two axes; leading axes broadcast.
 * @param a [..., N, K], or [..., K, N] with `transposeA`.
 * @param b [..., K, M], or [..., M, K] with `transposeB`.
 * @returns [..., N, M]
 * @throws FathomError bad-shape naming both shapes; bad-input for dtypes that differ or are no floats.
 * @example matmul(x, w, { transposeB: true }) // [N, K] · [M, K]ᵀ
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const flags: Flags = {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
  };
  const { shape } = matmulPrimitive.shape([a, b], { ...flags });
  if (swapsLast(a)) return matmul(a.inputs[0]!, b, { ...flags, transposeA: !flags.transposeA });
  if (swapsLast(b)) return matmul(a, b.inputs[0]!, { ...flags, transposeB: !flags.transposeB });
  const [left, right] = withoutBroadcasts(a, b, flags);
  if (left !== a || right !== b) return broadcastTo(matmul(left, right, flags), shape);
  const [rows, inner] = matrixShape(a, flags.transposeA);
  if (inner > 1) return apply(matmulPrimitive, [a, b], { ...flags });
  const column = reshape(a, [...a.shape.slice(0, -2), rows, 1]);
  return mul(column, reshape(b, [...b.shape.slice(0, -2), 1, shape.at(-1)!]));
}

/** True for a transposition that exchanges the last two axes and nothing else: it becomes a flag. */
function swapsLast(x: Tensor): boolean {
  if (x.op !== transposePrimitive) return false;
  const perm = permOf(x);
  const rank = perm.length;
  return (
    perm[rank - 1] === rank - 2 &&
    perm[rank - 2] === rank - 1 &&
    perm.every((axis, i) => axis === i || i >= rank - 2)
  );
}

/**
 * The operands with broadcasts undone: batches, rows and columns are repeated in the result instead; where the inner
 * axis of one operand is a repetition, the other operand is summed over it.
 */
function withoutBroadcasts(a: Tensor, b: Tensor, flags: Flags): [Tensor, Tensor] {
  const left = peeledMatrices(a);
  const right = peeledMatrices(b);
  const [, innerA] = matrixShape(left, flags.transposeA);
  const [innerB] = matrixShape(right, flags.transposeB);
  const [, inner] = matrixShape(a, flags.transposeA);
  if (innerA === inner && innerB === inner) return [left, right];
  return innerA === 1
    ? [left, reduceSum(b, { axes: [flags.transposeB ? -1 : -2], keepDims: true })]
    : [reduceSum(a, { axes: [flags.transposeA ? -2 : -1], keepDims: true }), right];
}

function peeledMatrices(x: Tensor): Tensor {
  const y = peelBroadcast(x);
  return reshape(y, alignedShape(y.shape, Math.max(2, y.shape.length)));
}
