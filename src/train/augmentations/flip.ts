/** @file Mirror images: each picture is turned over with probability 1/2. Not for digits and letters. */
import { z } from "zod";
import { less, reshape, flip as reverse, where } from "../../expr/index.ts";
import { defineAugmentation } from "./define.ts";

const axes = { horizontal: 3, vertical: 2 } as const;

export const flip = defineAugmentation({
  kind: "flip",
  summary: "mirrors every second example at random: horizontal unless said",
  main: "axis",
  options: z.strictObject({
    axis: z.enum(["horizontal", "vertical"]).default("horizontal").describe("one of horizontal, vertical"),
  }),
  acts: ["image"],
  draws: () => [1],
  apply({ axis }, x, u) {
    const turned = less(reshape(u, [x.shape[0]!, 1, 1, 1]), 0.5);
    return where(turned, reverse(x, { axes: [axes[axis]] }), x);
  },
});
