/** @file Product of branches, unit by unit: y = Π_b branch_b(x), the gating of gated linear units. */
import { z } from "zod";
import { mul } from "../../expr/index.ts";
import { multiply } from "../../theory/index.ts";
import { branchesSchema, requireBranches } from "../branches.ts";
import { chainList } from "../chains.ts";
import { defineLayer } from "../define.ts";
import { sameNetShape } from "../shapes.ts";
import type { ProductSpec } from "../spec.ts";

export const product = defineLayer<"product", Omit<ProductSpec, "kind">>({
  kind: "product",
  summary: "product of branches, unit by unit (gating): y = Π branch(x)",
  options: (_, branch) => z.strictObject({ branches: branchesSchema(branch) }),
  chains: ["branches"],
  shape: (_, __, { self, chains }) =>
    requireBranches(chainList(chains, "branches"), {
      self,
      hint: "All branches of a product must end in one shape.",
      fits: sameNetShape,
    }),
  apply: (_, __, x, chains) =>
    chainList(chains, "branches")
      .map((branch) => branch(x))
      .reduce((total, value) => mul(total, value)),
  meanField: (_, __, chains) => multiply(chainList(chains, "branches")),
  covariance: (_, { chains }) => ({ op: "product", branches: chainList(chains, "branches") }),
});
