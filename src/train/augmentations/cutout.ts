/**
 * @file Cutout (DeVries, Taylor 2017): a square of each picture becomes 0. Its centre is any pixel, so squares at the border
 * are cut.
 */
import { z } from "zod";
import {
  add,
  cast,
  greaterEqual,
  iota,
  less,
  logicalAnd,
  mul,
  reshape,
  sub,
  type Tensor,
  where,
} from "../../expr/index.ts";
import { defineAugmentation } from "./define.ts";
import { column } from "./shift.ts";

export const cutout = defineAugmentation({
  kind: "cutout",
  summary: "a square of that side becomes 0",
  main: "size",
  options: z.strictObject({ size: z.int().min(1).describe("a whole number of pixels, 1 or more") }),
  acts: ["image"],
  draws: () => [2],
  apply({ size }, x, u) {
    const [batch, , height, width] = x.shape as [number, number, number, number];
    const rows = reshape(within(column(u, 0), height, size), [batch, 1, height, 1]);
    const columns = reshape(within(column(u, 1), width, size), [batch, 1, 1, width]);
    return where(logicalAnd(rows, columns), 0, x);
  },
});

/** Whether the lines of each picture meet its square, [B, length]: `size` of them from centre - ⌊size / 2⌋ on. */
function within(u: Tensor, length: number, size: number): Tensor {
  const first = sub(cast(mul(u, length), "int32"), Math.floor(size / 2));
  const lines = reshape(iota(length, "int32"), [1, length]);
  return logicalAnd(greaterEqual(lines, first), less(lines, add(first, size)));
}
