/** @file Sum of branches: y = Σ_b branch_b(x). */
import { z } from "zod";
import { add } from "../../expr/index.ts";
import { sum as sumStep } from "../../theory/index.ts";
import { branchesSchema, requireBranches } from "../branches.ts";
import { chainList } from "../chains.ts";
import { defineLayer } from "../define.ts";
import { sameNetShape } from "../shapes.ts";
import type { SumSpec } from "../spec.ts";

export const sum = defineLayer<"sum", Omit<SumSpec, "kind">>({
  kind: "sum",
  summary: "sum of branches: y = Σ branch(x)",
  options: (_, branch) => z.strictObject({ branches: branchesSchema(branch) }),
  chains: ["branches"],
  preactivation: true,
  shape: (_, __, { self, chains }) =>
    requireBranches(chainList(chains, "branches"), {
      self,
      hint: "All branches of a sum must end in one shape.",
      fits: sameNetShape,
    }),
  apply: (_, __, x, chains) =>
    chainList(chains, "branches")
      .map((branch) => branch(x))
      .reduce((total, value) => add(total, value)),
  meanField: (_, __, chains) => sumStep(chainList(chains, "branches")),
  covariance: (_, { chains }) => ({ op: "sum", branches: chainList(chains, "branches") }),
});
