/** @file Inputs from an array of another program: in a layout and a dtype of ours. */
import {
  allocate,
  FathomError,
  type NdArray,
  ndarray,
  type Shape,
  showShape,
  sizeOf,
} from "../tensor/index.ts";
import type { InputDType, Split } from "./dataset.ts";
import { badRow } from "./table.ts";

/**
 * Inputs [N, features], [N, height, width], or [N, channels, height, width] with the channels first or last.
 * @param where The file and the array, for messages.
 * @returns [N, features] or [N, channels, height, width]; bytes stay bytes, other numbers become float32.
 * @throws FathomError bad-shape for another rank, bad-input for numbers that are not finite.
 */
export function inputsOf(array: NdArray, where: string): Split["inputs"] {
  const rank = array.shape.length;
  if (rank < 2 || rank > 4) {
    throw new FathomError({
      code: "bad-shape",
      where,
      message: `Inputs of shape ${showShape(array.shape)} are neither vectors nor images.`,
      hint: "Inputs are [N, features], [N, height, width] or [N, channels, height, width]. Are these the labels?",
    });
  }
  const stored = storedInputs(array, where);
  if (rank === 3) return { ...stored, shape: [array.shape[0]!, 1, array.shape[1]!, array.shape[2]!] };
  return rank === 4 && hasChannelsLast(array.shape) ? channelsFirst(stored) : stored;
}

function storedInputs({ dtype, shape, data }: NdArray, where: string): Split["inputs"] {
  if (dtype === "uint8") return ndarray("uint8", shape, data as Uint8Array);
  const numbers = dtype === "float32" ? (data as Float32Array) : Float32Array.from(data, Number);
  const bad = numbers.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const row = Math.floor(bad / (data.length / shape[0]!));
    throw badArray(`${where}, row ${row}`, `The value ${data[bad]} is no finite float32 number.`);
  }
  return ndarray("float32", shape, numbers);
}

/** Few channels stand where the last axis is 1, 3 or 4 long and the second is not. */
function hasChannelsLast(shape: Shape): boolean {
  const few = [1, 3, 4];
  return few.includes(shape[3]!) && !few.includes(shape[1]!);
}

/** [N, H, W, C] as [N, C, H, W]. */
function channelsFirst({ dtype, shape, data }: Split["inputs"]): Split["inputs"] {
  const [count, height, width, channels] = shape as [number, number, number, number];
  const out = allocate(dtype, data.length);
  const area = height * width;
  for (let n = 0; n < count; n++) {
    for (let c = 0; c < channels; c++) {
      const to = (n * channels + c) * area;
      for (let i = 0; i < area; i++) out[to + i] = data[(n * area + i) * channels + c]!;
    }
  }
  return ndarray<InputDType>(dtype, [count, channels, height, width], out);
}

/** Some of the rows, in their order. */
export function takeRows({ dtype, shape, data }: Split["inputs"], rows: Int32Array): Split["inputs"] {
  const width = sizeOf(shape.slice(1));
  const out = allocate(dtype, rows.length * width);
  for (const [i, row] of rows.entries()) out.set(data.subarray(row * width, (row + 1) * width), i * width);
  return ndarray<InputDType>(dtype, [rows.length, ...shape.slice(1)], out);
}

/** An array that does not hold what it should. */
export function badArray(where: string, message: string): FathomError {
  return badRow(where, message, "Check the arrays where they were written.");
}
