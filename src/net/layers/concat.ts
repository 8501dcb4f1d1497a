/** @file Concatenation of branches along the channel axis. */
import { z } from "zod";
import { concat as concatOp } from "../../expr/index.ts";
import { concatenate } from "../../theory/index.ts";
import { branchesSchema, requireBranches } from "../branches.ts";
import { chainList } from "../chains.ts";
import { defineLayer } from "../define.ts";
import { channelAxis, channels, type NetShape } from "../shapes.ts";
import type { ConcatSpec } from "../spec.ts";

/** Whether two shapes differ in their channels alone. */
function sameButChannels(a: NetShape, b: NetShape): boolean {
  const axis = channelAxis(a);
  return a.kind === b.kind && a.shape.every((size, i) => i === axis || size === b.shape[i]);
}

export const concat = defineLayer<"concat", Omit<ConcatSpec, "kind">>({
  kind: "concat",
  summary: "concatenation of branches along the channel axis",
  options: (_, branch) => z.strictObject({ branches: branchesSchema(branch) }),
  chains: ["branches"],
  shape: (_, __, { self, chains }) => {
    const ends = chainList(chains, "branches");
    const first = requireBranches(ends, {
      self,
      hint: "Concatenated branches may differ in their channels only.",
      fits: sameButChannels,
    });
    const total = ends.reduce((sum, { output }) => sum + channels(output), 0);
    return { kind: first.kind, shape: first.shape.with(channelAxis(first), total) };
  },
  apply: (_, __, x, chains, { output }) =>
    concatOp(
      chainList(chains, "branches").map((branch) => branch(x)),
      { axis: 1 + channelAxis(output) },
    ),
  meanField: (_, __, chains, ends) => {
    const widths = chainList(ends, "branches").map(channels);
    return concatenate(chainList(chains, "branches").map((steps, b) => ({ steps, width: widths[b]! })));
  },
  covariance: (_, { chains, ends }) => ({
    op: "concat",
    branches: chainList(chains, "branches"),
    widths: chainList(ends, "branches").map(channels),
  }),
});
