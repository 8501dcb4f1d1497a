/** @file φ(x) = x for x > 0, alpha·x otherwise. */
import { z } from "zod";
import { greater, mul, where } from "../../expr/index.ts";
import { finite } from "../options.ts";
import { defineParametricActivation } from "./define.ts";

export const leakyRelu = defineParametricActivation({
  kind: "leakyRelu",
  summary: "φ(x) = x for x > 0, alpha·x otherwise",
  params: z.strictObject({ alpha: finite.default(0.01).describe("slope left of zero: a finite number") }),
  apply: ({ alpha }, x) => where(greater(x, 0), x, mul(x, alpha)),
});
