/** @file The ONNX form of a matrix product: MatMul, Gemm or FusedMatMul, written so that threads do not change its bits. */
import { type DType, sizeOf } from "../../tensor/index.ts";
import { emitInts, emitScalar } from "../onnx.ts";
import type { Emitter } from "../primitive.ts";
import type { Tensor } from "../tensor.ts";
import { leastRows, productForm } from "../threads.ts";

/** An operand of a product: an ONNX value, its number of axes, and whether its last two are exchanged. */
interface Factor {
  readonly value: string;
  readonly rank: number;
  readonly transposed: boolean;
}

/** Emits a `matmul` node. Products of a batch with one matrix are one product of all rows. */
export function emitMatmul(emit: Emitter, node: Tensor): string {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
  const left = { value: emit.value(a), rank: a.shape.length, transposed: transposeA };
  const right = { value: emit.value(b), rank: b.shape.length, transposed: transposeB };
  if (emit.portable) return emitPlain(emit, left, right);
  const inner = b.shape.at(transposeB ? -1 : -2)!;
  const columns = node.shape.at(-1)!;
  const stacks = b.shape.length === 2 && !transposeA;
  const rows = stacks ? sizeOf(a.shape) / inner : node.shape.at(-2)!;
  const form = productForm({ rows, inner, columns }, node.dtype);
  if (form === "as it is") return emitColumns(emit, left, right, b, columns);
  const flat = stacks && a.shape.length > 2;
  const first = flat ? { ...left, value: reshaped(emit, left.value, [rows, inner]), rank: 2 } : left;
  const rank = flat ? 2 : node.shape.length;
  const product =
    form === "transposed"
      ? emitSwapped(emit, emitFused(emit, exchanged(right), exchanged(first)), rank)
      : withPaddedRows(emit, first, rows, node.dtype, rank, (padded) =>
          emitColumns(emit, padded, right, b, columns),
        );
  return flat ? reshaped(emit, product, node.shape) : product;
}

/**
 * Up to this size one operator for a product and a sum saves the cost of a node; above, onnxruntime's copy of the addend
 * on one thread costs more than it saves (bench/README.md).
 */
const fusedSumLimit = 8192;

/** Gemm adds a row, a column or a matrix to a product of two matrices. */
export function emitMatmulPlus(emit: Emitter, node: Tensor, addend: Tensor): string | undefined {
  const [a, b] = node.inputs as [Tensor, Tensor];
  if (sizeOf(node.shape) > fusedSumLimit) return undefined;
  if (a.shape.length > 2 || b.shape.length > 2 || addend.shape.length > 2) return undefined;
  const { transposeA, transposeB } = node.attrs as { transposeA: boolean; transposeB: boolean };
  const [rows, columns] = node.shape as [number, number];
  const inner = b.shape.at(transposeB ? -1 : -2)!;
  if (columns === 1 || productForm({ rows, inner, columns }, node.dtype) !== "as it is") return undefined;
  const flags = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  const values = [a, b, addend].map((tensor) => emit.value(tensor));
  return emit.node("Gemm", values, flags);
}

/** One column has a routine whose bits depend on threads unless the column is given as a transposed row. */
function emitColumns(emit: Emitter, left: Factor, right: Factor, b: Tensor, columns: number): string {
  if (columns > 1 || left.transposed || right.transposed) return emitPlain(emit, left, right);
  const row = reshaped(emit, right.value, [...b.shape.slice(0, -2), 1, b.shape.at(-2)!]);
  return emitPlain(emit, left, { ...right, value: row, transposed: true });
}

/** A product whose left factor has too few rows to be divided: zeros are put below and cut off again. */
function withPaddedRows(
  emit: Emitter,
  left: Factor,
  rows: number,
  dtype: DType,
  rank: number,
  product: (padded: Factor) => string,
): string {
  const axis = left.rank - (left.transposed ? 1 : 2);
  const high = Array.from({ length: left.rank }, (_, i) => (i === axis ? leastRows - rows : 0));
  const borders = emitInts(emit, [...high.map(() => 0), ...high]);
  const value = emit.node("Pad", [left.value, borders, emitScalar(emit, 0, dtype)]);
  const [start, end, along] = [0, rows, rank - 2].map((bound) => emitInts(emit, [bound]));
  return emit.node("Slice", [product({ ...left, value }), start!, end!, along!]);
}

function exchanged(factor: Factor): Factor {
  return { ...factor, transposed: !factor.transposed };
}

function emitPlain(emit: Emitter, left: Factor, right: Factor): string {
  const values = [left.value, right.value];
  if (!left.transposed && !right.transposed) return emit.node("MatMul", values);
  if (left.rank === 2 && right.rank === 2) return emit.node("Gemm", values, flagsOf(left, right));
  if (!emit.portable) return emitFused(emit, left, right);
  return emit.node(
    "MatMul",
    [left, right].map(({ value, rank, transposed }) => (transposed ? emitSwapped(emit, value, rank) : value)),
  );
}

/** Where the result is transposed, Gemm will not do: onnxruntime would merge the two, back to what is to be avoided. */
function emitFused(emit: Emitter, left: Factor, right: Factor): string {
  return emit.node("FusedMatMul", [left.value, right.value], flagsOf(left, right), "com.microsoft");
}

function flagsOf(left: Factor, right: Factor) {
  return { transA: { int: Number(left.transposed) }, transB: { int: Number(right.transposed) } };
}

function emitSwapped(emit: Emitter, value: string, rank: number): string {
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return emit.node("Transpose", [value], { perm: { ints: perm } });
}

function reshaped(emit: Emitter, value: string, shape: readonly number[]): string {
  return emit.node("Reshape", [value, emitInts(emit, shape)]);
}
