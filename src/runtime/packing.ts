/**
 * @file Packed outputs. onnxruntime hands out each output for about 10 µs, whatever its size, so small outputs that
 * differ only in their first length are joined along it inside the model, and cut into views outside.
 */
import type { Tensor } from "../expr/index.ts";
import { type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import { byteSize } from "./builder.ts";

/** Joining costs a copy inside the model: for larger outputs that takes longer than handing them out. */
const smallBytes = 32_768;
const fewest = 4;

/** Outputs that leave a session together, in this order along the first axis; or one by itself. */
export type OutputGroup = readonly Tensor[];

/** How outputs leave a session: groups of small ones with equal dtype and equal lengths after the first, the others singly. */
export function groupOutputs(outputs: readonly Tensor[]): OutputGroup[] {
  const groups = new Map<unknown, Tensor[]>();
  for (const tensor of outputs) {
    const small = tensor.shape.length > 0 && byteSize(tensor) <= smallBytes;
    const key = small ? `${tensor.dtype} ${tensor.shape.slice(1).join(" ")}` : tensor;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tensor]);
    else group.push(tensor);
  }
  return [...groups.values()].flatMap((group) =>
    group.length >= fewest ? [group] : group.map((tensor) => [tensor]),
  );
}

/** The first length of a joined group. */
export function joinedLength(group: OutputGroup): number {
  return group.reduce((sum, { shape }) => sum + shape[0]!, 0);
}

/** The members of a group as views of its array, in order; a single output is its array. */
export function cutGroup(group: OutputGroup, array: NdArray): NdArray[] {
  if (group.length === 1) return [array];
  let start = 0;
  return group.map(({ dtype, shape }) => {
    const end = start + sizeOf(shape);
    const view = array.data.subarray(start, end) as Float32Array;
    start = end;
    return ndarray(dtype, shape, view);
  });
}
