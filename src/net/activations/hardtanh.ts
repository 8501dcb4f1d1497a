/** @file φ(x) = min(max(x, −1), 1). */
import { maximum, minimum } from "../../expr/index.ts";
import { defineActivation } from "./define.ts";

export const hardtanh = defineActivation({
  kind: "hardtanh",
  summary: "φ(x) = min(max(x, −1), 1)",
  apply: (x) => minimum(maximum(x, -1), 1),
});
