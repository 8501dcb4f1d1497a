/**
 * @file Shift by whole pixels: each picture moves by up to `pixels` along both axes, every offset equally likely, and
 * repeats its border pixels where it left. The same as padding by the border and cropping at random.
 */
import { z } from "zod";
import {
  add,
  cast,
  gather,
  iota,
  maximum,
  minimum,
  mul,
  reshape,
  slice,
  sub,
  type Tensor,
  transpose,
} from "../../expr/index.ts";
import { badOption } from "../options.ts";
import { defineAugmentation } from "./define.ts";

export const shift = defineAugmentation({
  kind: "shift",
  summary: "moves by up to so many pixels both ways, repeating the border",
  main: "pixels",
  options: z.strictObject({ pixels: z.int().min(1).describe("a whole number of pixels, 1 or more") }),
  acts: ["image"],
  draws: () => [2],
  apply({ pixels }, x, u) {
    const [, , height, width] = x.shape as [number, number, number, number];
    if (pixels >= Math.min(height, width)) {
      throw badOption("augmentation.pixels", pixels, `below the ${Math.min(height, width)} pixels of a side`);
    }
    const across = (y: Tensor) => transpose(y, [0, 1, 3, 2]);
    return across(movedLines(across(movedLines(x, column(u, 0), pixels)), column(u, 1), pixels));
  },
});

/** Lines taken from elsewhere, whole lines at a time: [B, C, lines, …] → the same; u [B, 1]. */
function movedLines(x: Tensor, u: Tensor, pixels: number): Tensor {
  const [batch, channels, length, width] = x.shape as [number, number, number, number];
  const offsets = sub(cast(mul(u, 2 * pixels + 1), "int32"), pixels);
  const from = add(reshape(iota(length, "int32"), [1, length]), offsets);
  const inside = reshape(minimum(maximum(from, 0), length - 1), [batch, 1, length]);
  const planes = reshape(iota(batch * channels, "int32"), [batch, channels, 1]);
  return gather(reshape(x, [-1, width]), add(mul(planes, length), inside), { axis: 0 });
}

/** [B, k] → column i, [B, 1]. */
export function column(u: Tensor, i: number): Tensor {
  return slice(u, { starts: [0, i], ends: [u.shape[0]!, i + 1] });
}
