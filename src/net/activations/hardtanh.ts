/** @file φ(x) = min(max(x, −1), 1). The bound stands first so that the derivative at ±1 is 0, as theory has it. */
import { maximum, minimum } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const hardtanh = defineActivation({
  kind: "hardtanh",
  summary: "φ(x) = min(max(x, −1), 1)",
  apply: (x) => minimum(1, maximum(-1, x)),
});
