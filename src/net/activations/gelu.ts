/** @file φ(x) = x·Φ(x), Φ the standard normal distribution function (exact). */
import { gelu as geluOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const gelu = defineActivation({
  kind: "gelu",
  summary: "φ(x) = x·Φ(x), Φ the standard normal distribution function (exact)",
  apply: (x) => geluOp(x),
});
