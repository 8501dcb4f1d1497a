/** @file Residual block: y = branch(x) + mu·x. */
import { z } from "zod";
import { add, mul } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { residual as residualStep } from "../../theory/index.ts";
import { defineLayer } from "../define.ts";
import { fraction } from "../options.ts";
import { sameNetShape, showNetShape } from "../shapes.ts";
import type { LayerSpec, ResidualSpec } from "../spec.ts";

export const residual = defineLayer<"residual", Omit<ResidualSpec, "kind">>({
  kind: "residual",
  summary: "residual block: y = branch(x) + mu·x",
  options: (layers) =>
    z.strictObject({
      mu: fraction.default(1).describe("strength µ of the skip connection: a number from 0 to 1"),
      branch: (layers as z.ZodType<readonly LayerSpec[]>).describe("the layers of the branch"),
    }),
  chains: ["branch"],
  preactivation: true,
  shape: (_, input, { before, chains }) => {
    const branch = chains.branch!;
    if (sameNetShape(branch.output, input)) return input;
    throw new FathomError({
      code: "bad-shape",
      message: `The branch ends with ${branch.last}, which gives ${showNetShape(branch.output)}, but the skip carries ${showNetShape(input)} from ${before}.`,
      where: branch.lastWhere,
      hint: "The branch must end in the shape it starts from: give both layers the same width.",
    });
  },
  apply: ({ mu }, _, x, chains) => {
    const branch = chains.branch!(x);
    return mu === 0 ? branch : add(branch, mul(x, mu));
  },
  meanField: ({ mu }, _, chains) => residualStep({ mu, branch: chains.branch! }),
  covariance: ({ mu }, { chains }) => ({ op: "residual", mu, branch: chains.branch! }),
});
