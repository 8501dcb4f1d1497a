/** @file Multiplication by a fixed number: y = factor·x. */
import { z } from "zod";
import { mul } from "../../expr/index.ts";
import { scale as scaleStep } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { finite } from "../options.ts";

export const scale = defineLayer({
  kind: "scale",
  summary: "multiplication by a fixed number: y = factor·x",
  options: z.strictObject({ factor: finite.describe("a finite number") }),
  shape: (_, input) => input,
  apply: ({ factor }, _, x) => mul(x, factor),
  meanField: ({ factor }) => scaleStep({ factor }),
  covariance: ({ factor }) => ({ op: "scale", factor }),
});
