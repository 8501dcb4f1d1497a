/**
 * @file Convolutions over a batch of examples, as one convolution. Where both operands vary, each example is a group of its
 * own; where one varies, examples are further images, filters or channels: whatever the operand that is shared lacks.
 */
import { sizeOf } from "../../tensor/index.ts";
import type { Tensor } from "../tensor.ts";
import type { ConvSizes } from "./conv-geometry.ts";
import { reshape, transpose } from "./movement.ts";

/** The tensors of a convolution: images x [N, C, …], filters w [O, C / groups, …], results y [N, O, …]. */
export type Slot = "x" | "w" | "y";

/** Where a batch of V examples goes, in each tensor that varies: V inside `axis`, between its groups and what they hold. */
interface Fold {
  readonly sizes: ConvSizes;
  readonly place: (slot: Slot) => { readonly axis: number; readonly groups: number };
}

/** @param shared The operand that does not vary, if there is one. */
export function foldOf(sizes: ConvSizes, shared: Slot | undefined, size: number): Fold {
  const { batch, groups, channels, filters } = sizes;
  switch (shared) {
    case "w":
      return { sizes: { ...sizes, batch: batch * size }, place: () => ({ axis: 0, groups: 1 }) };
    case "x":
      return {
        sizes: { ...sizes, filters: filters * size },
        place: (slot) => ({ axis: slot === "w" ? 0 : 1, groups }),
      };
    case "y":
      return {
        sizes: { ...sizes, channels: channels * size },
        place: (slot) => ({ axis: 1, groups: slot === "w" ? 1 : groups }),
      };
    case undefined:
      return {
        sizes: { ...sizes, groups: groups * size },
        place: (slot) => ({ axis: slot === "w" ? 0 : 1, groups: 1 }),
      };
  }
}

/** [V, …before, groups·n, …after] → […before, groups·V·n, …after] */
export function foldBatch(x: Tensor, axis: number, groups: number): Tensor {
  const [size, ...shape] = x.shape as [number, ...number[]];
  const [before, n, after] = [shape.slice(0, axis), shape[axis]!, shape.slice(axis + 1)];
  const apart = reshape(x, [size, sizeOf(before) * groups, (n / groups) * sizeOf(after)]);
  return reshape(transpose(apart, [1, 0, 2]), [...before, size * n, ...after]);
}

/** The reverse of {@link foldBatch}. */
export function unfoldBatch(x: Tensor, axis: number, groups: number, size: number): Tensor {
  const [before, n, after] = [x.shape.slice(0, axis), x.shape[axis]! / size, x.shape.slice(axis + 1)];
  const apart = reshape(x, [sizeOf(before) * groups, size, (n / groups) * sizeOf(after)]);
  return reshape(transpose(apart, [1, 0, 2]), [size, ...before, n, ...after]);
}
