/** @file The scalar options that layers share, as zod schemas. */
import { z } from "zod";

/** A count: 1, 2, 3, … */
export const positiveInt = z.int().min(1);

/** Minus zero becomes zero: JSON text cannot hold it, and a network must be read back as it was. */
const unsigned = (value: number): number => value + 0;

/** Any finite number. */
export const finite = z.number().overwrite(unsigned);

/** A variance or a strength: finite, zero or more. */
export const nonNegative = finite.min(0);

/** Variances of random weights and biases: W ~ N(0, sw2/fan_in), b ~ N(0, sb2). */
export const variances = {
  sw2: nonNegative.default(1).describe("weight variance σw²: a finite number, 0 or more"),
  sb2: nonNegative.default(0).describe("bias variance σb²: a finite number, 0 or more"),
};

/** From 0 to 1. */
export const fraction = finite.min(0).max(1);

/** Whether trained gains (and shifts) follow a normalisation. */
export const affine = z.boolean().default(false);

/** Laws of a parameter; all have the variance that the layer states, but for `zeros`. */
const parameterInits = ["gaussian", "haar", "uniform", "signs", "zeros"] as const;
export type ParameterInit = (typeof parameterInits)[number];

/** What may be said about one parameter of a layer. */
export const parameterOptionSchema = z.strictObject({
  trainable: z.boolean().optional().describe("whether training changes it: true or false"),
  shareWith: z.string().min(1).optional().describe('the parameter whose array this one is: "2.weight"'),
  init: z
    .enum(parameterInits)
    .optional()
    .describe(`law of its values, of unchanged variance: ${parameterInits.join(", ")}`),
});
export type ParameterOption = z.infer<typeof parameterOptionSchema>;

/** JSON form of the option `parameters` of every layer that has parameters. */
export const parametersSchema = z
  .record(z.string(), parameterOptionSchema)
  .optional()
  .describe('options by parameter: {"weight": {"trainable": false}}');
