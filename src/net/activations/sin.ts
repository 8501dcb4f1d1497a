/** @file φ(x) = sin(x). */
import { sin as sinOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const sin = defineActivation({
  kind: "sin",
  summary: "φ(x) = sin(x)",
  apply: (x) => sinOp(x),
});
