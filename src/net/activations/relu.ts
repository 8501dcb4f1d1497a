/** @file φ(x) = max(x, 0). */
import { relu as reluOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const relu = defineActivation({
  kind: "relu",
  summary: "φ(x) = max(x, 0)",
  apply: (x) => reluOp(x),
});
