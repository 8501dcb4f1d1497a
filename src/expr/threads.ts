/**
 * @file ONNX forms whose roundings do not depend on the number of threads. Found by comparing bits on 1 to 5 threads with
 * onnxruntime 1.30 (bench/README.md, Threads):
 * - Log, and in float64 Exp, Tanh and Sigmoid, compute the last elements of each thread's part by another routine. Parts up
 *   to 8192 elements are never divided, so larger operands are given in such parts.
 * - A matrix product divides its rows, or its columns when there are more of them, among threads, and the length of the
 *   partial sums over the inner axis follows from the number of columns in a part.
 */
import { type DType, sizeOf } from "../tensor/index.ts";
import { emitInts } from "./onnx.ts";
import type { Emitter, ShapeAndDType } from "./primitive.ts";

const wholePart = 8192;
const divided: Readonly<Record<string, readonly string[]>> = {
  float32: ["Log"],
  float64: ["Log", "Exp", "Tanh", "Sigmoid"],
};

/** A function of one variable, of a value with the shape and dtype of `like`. */
export function emitUnary(emit: Emitter, op: string, x: string, like: ShapeAndDType): string {
  const size = sizeOf(like.shape);
  if (size <= wholePart || divided[like.dtype]?.includes(op) !== true) return emit.node(op, [x]);
  const flat = emit.node("Reshape", [x, emitInts(emit, [-1])]);
  const parts: string[] = [];
  for (let start = 0; start < size; start += wholePart) {
    const bounds = [start, Math.min(size, start + wholePart)].map((bound) => emitInts(emit, [bound]));
    parts.push(emit.node(op, [emit.node("Slice", [flat, ...bounds, emitInts(emit, [0])])]));
  }
  const joined = emit.node("Concat", parts, { axis: { int: 0 } });
  return emit.node("Reshape", [joined, emitInts(emit, like.shape)]);
}

/** Sizes of a matrix product: [rows, inner] · [inner, columns]. */
export interface ProductSizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Products give the same bits on 1 to 4 threads; with fewer rows than this, a part might be a single row. */
export const leastRows = 8;
/** Products of fewer multiplications are not divided. */
const divisibleFrom = 65_536;
/** MLAS (onnxruntime's matrix kernels): the panel of columns, and the columns that are never divided. */
const panels = { float32: { columns: 128, together: 16 }, float64: { columns: 64, together: 8 } };
const panelInner = 128;

/** The inner length of MLAS's partial sums for a part with so many columns. */
function partialLength(columns: number, inner: number, panel: number): number {
  let [width, length] = [panel, panelInner];
  if (columns < inner) {
    while (width > 16 && width / 2 >= columns) {
      width /= 2;
      length *= 2;
    }
  }
  return Math.min(length, inner);
}

/** The numbers of columns in the parts of `threads` threads. */
function parts(columns: number, threads: number, together: number): number[] {
  const blocks = Math.ceil(columns / together);
  const count = Math.min(threads, blocks);
  const starts = Array.from({ length: count + 1 }, (_, i) => {
    const before = Math.floor(blocks / count) * i + Math.min(i, blocks % count);
    return Math.min(columns, before * together);
  });
  return starts.slice(1).map((end, i) => end - starts[i]!);
}

/**
 * True when the product that onnxruntime makes of a convolution (rows: filters, inner: kernel offsets · channels, columns:
 * output positions) gives the same bits on 1 to 4 threads. It matters for a single image in a single group: others are
 * not divided.
 */
export function dividesAlike({ rows, inner, columns }: ProductSizes): boolean {
  if (rows * inner * columns < divisibleFrom) return true;
  const { columns: panel, together } = panels.float32;
  const lengths = [1, 2, 3, 4].flatMap((threads) => {
    const part = Math.ceil(columns / threads / together) * together;
    const rest = columns % part;
    const stretches = parts(columns, threads, together);
    return [...stretches, part, ...(rest > 0 ? [rest] : [])].map((n) => partialLength(n, inner, panel));
  });
  return new Set(lengths).size === 1;
}

/** How a product must be written to give the same bits on 1 to 4 threads. */
export type ProductForm = "as it is" | "transposed" | "padded rows";

/**
 * Columns are divided only when there are more of them than rows; where parts would differ in their partial sums, the
 * transposed product divides rows instead. Parts of one row have a routine of their own, so at least 8 rows are needed.
 */
export function productForm({ rows, inner, columns }: ProductSizes, dtype: DType): ProductForm {
  if (rows * inner * columns < divisibleFrom) return "as it is";
  if (columns <= rows) return rows < leastRows ? "padded rows" : "as it is";
  const { columns: panel, together } = panels[dtype as "float32" | "float64"];
  const lengths = [1, 2, 3, 4].flatMap((threads) =>
    parts(columns, threads, together).map((part) => partialLength(part, inner, panel)),
  );
  if (rows === 1 || new Set(lengths).size === 1) return "as it is";
  return columns < leastRows ? "padded rows" : "transposed";
}
