/** @file φ(x) = tanh(x). */
import { tanh as tanhOp } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const tanh = defineActivation({
  kind: "tanh",
  summary: "φ(x) = tanh(x)",
  apply: (x) => tanhOp(x),
});
