/** @file Elementwise activation: y = φ(x), φ from net/activations. */
import { z } from "zod";
import { activation as activationStep } from "../../theory/index.ts";
import { activationSchema, applyActivation, scalarHalf } from "../activations/index.ts";
import { defineLayer } from "../define.ts";

export const activation = defineLayer({
  kind: "activation",
  summary: "elementwise activation: y = φ(x)",
  options: z.strictObject({ activation: activationSchema }),
  shape: (_, input) => input,
  apply: ({ activation }, _, x) => applyActivation(activation, x),
  meanField: ({ activation }) => activationStep(scalarHalf(activation)),
  covariance: ({ activation }) => ({ op: "activation", activation }),
});
