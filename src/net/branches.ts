/** @file What layers of several branches share: the option, and the check that branches meet. */
import { z } from "zod";
import { FathomError } from "../tensor/index.ts";
import type { ChainShapes } from "./define.ts";
import { type NetShape, showNetShape } from "./shapes.ts";
import type { LayerSpec } from "./spec.ts";

/** The option `branches`: two or more lists of layers, each of which may be empty. */
export function branchesSchema(branch: z.ZodType) {
  return z
    .array(branch as z.ZodType<readonly LayerSpec[]>)
    .min(2)
    .describe("two or more lists of layers, each of which sees the input; an empty one is the identity");
}

/**
 * The shape of the first branch, which those of the others must fit.
 * @param fits - whether a shape may stand beside the first one.
 * @throws FathomError bad-shape naming the last layers of the first branch and of one that does not fit.
 */
export function requireBranches(
  ends: readonly ChainShapes[string][],
  { self, hint, fits }: { self: string; hint: string; fits: (end: NetShape, first: NetShape) => boolean },
): NetShape {
  const first = ends[0]!;
  const odd = ends.find(({ output }) => !fits(output, first.output));
  if (odd === undefined) return first.output;
  throw new FathomError({
    code: "bad-shape",
    message: `The branches of ${self} do not meet: ${first.last} gives ${showNetShape(first.output)}, ${odd.last} gives ${showNetShape(odd.output)}.`,
    where: odd.lastWhere,
    hint,
  });
}
