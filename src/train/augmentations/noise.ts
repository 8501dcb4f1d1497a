/** @file Gaussian noise on every number of an example, from pairs of uniform numbers (Box, Muller 1958). */
import { z } from "zod";
import {
  add,
  concat,
  cos,
  log,
  mul,
  neg,
  reshape,
  sin,
  slice,
  sqrt,
  sub,
  type Tensor,
} from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { defineAugmentation } from "./define.ts";

export const noise = defineAugmentation({
  kind: "noise",
  summary: "adds normal numbers of that standard deviation, in the units that the network sees",
  main: "std",
  options: z.strictObject({ std: z.number().gt(0).describe("a finite number above 0") }),
  acts: ["image", "vector", "signal"],
  draws: (_, example) => [2, Math.ceil(sizeOf(example) / 2)],
  apply({ std }, x, u) {
    const [batch, , pairs] = u.shape as [number, number, number];
    const half = (i: number) => slice(u, { starts: [0, i, 0], ends: [batch, i + 1, pairs] });
    // 1 - u is in (0, 1], so the logarithm is finite.
    const radius = sqrt(mul(neg(log(sub(1, half(0)))), 2));
    const angle = mul(half(1), 2 * Math.PI);
    const normals = reshape(concat([mul(radius, cos(angle)), mul(radius, sin(angle))], { axis: 1 }), [
      batch,
      -1,
    ]);
    return add(x, mul(first(normals, sizeOf(x.shape.slice(1)), x.shape), std));
  },
});

/** The first `size` numbers of each row, in a shape. */
function first(rows: Tensor, size: number, shape: readonly number[]): Tensor {
  return reshape(slice(rows, { starts: [0, 0], ends: [rows.shape[0]!, size] }), shape);
}
