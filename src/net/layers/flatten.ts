/** @file Flattening: all axes of one example become one, in row-major order. */
import { z } from "zod";
import { reshape } from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { flatten as flattenStep } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { vector } from "../shapes.ts";

export const flatten = defineLayer({
  kind: "flatten",
  summary: "all axes of one example become one vector, in row-major order",
  options: z.strictObject({}),
  shape: (_, input) => vector(sizeOf(input.shape)),
  apply: (_, __, x) => reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]),
  meanField: () => flattenStep(),
  covariance: (_, { input }) => ({ op: "flatten", from: input }),
});
