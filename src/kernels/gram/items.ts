/** @file The items of a kernel matrix: checked at the door, and cut into the blocks that an engine loads. */
import {
  bytesOf,
  FathomError,
  type NdArray,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../../tensor/index.ts";
import type { ItemBlock } from "../types.ts";
import type { Span } from "./grid.ts";

/** Items as an engine reads them, in memory that threads share. */
export interface Items {
  readonly data: Float32Array | Float64Array;
  readonly count: number;
  /** Numbers of one item. */
  readonly width: number;
}

/** Numbers in memory that threads share. @throws FathomError too-large when there is no memory. */
export function sharedFloats(precision: "float32" | "float64", length: number): Float32Array | Float64Array {
  const bytes = length * bytesOf[precision];
  try {
    const buffer = new SharedArrayBuffer(bytes);
    return precision === "float32" ? new Float32Array(buffer) : new Float64Array(buffer);
  } catch (cause) {
    throw new FathomError({
      code: "too-large",
      message: `There is no memory for ${length} numbers of ${precision}.`,
      where: "memory",
      hint: "Keep the matrix in a store on disk, or take fewer items.",
      cause,
    });
  }
}

/**
 * Items of an array [count, ...input] in shared memory.
 * @param options - `shape`: that of one input of the network; `where`: the name of the array, for errors.
 * @throws FathomError bad-shape for items of another shape, bad-input for a number that is not finite.
 */
export function itemsOf(
  x: NdArray,
  { shape, precision, where }: { shape: Shape; precision: "float32" | "float64"; where: string },
): Items {
  const [count, ...itemShape] = x.shape;
  if (count === undefined || !sameShape(itemShape, shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `${where} has the shape ${showShape(x.shape)}, but an input of the network is ${showShape(shape)}.`,
      where,
      hint: "Give [items, ...input].",
    });
  }
  const length = sizeOf(x.shape);
  const data = sharedFloats(precision, length);
  const width = sizeOf(shape);
  for (let at = 0; at < length; at++) {
    const value = Number(x.data[at]);
    if (!Number.isFinite(value)) throw notFinite(value, at, { shape, width, where });
    data[at] = value;
  }
  return { data, count, width };
}

function notFinite(
  value: number,
  at: number,
  { shape, width, where }: { shape: readonly number[]; width: number; where: string },
): FathomError {
  const item = Math.floor(at / width);
  const index: number[] = [];
  let rest = at % width;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return new FathomError({
    code: "bad-input",
    message: `Item ${item} of ${where} holds ${value} at ${showShape(index)}.`,
    where: `${where}[${item}]`,
    hint: "Kernels are defined for finite inputs: leave the item out or mend it.",
  });
}

/** Consecutive items. */
export function itemBlock({ data, width }: Items, { from, count }: Span): ItemBlock {
  return { data: data.subarray(from * width, (from + count) * width), count, final: true };
}
