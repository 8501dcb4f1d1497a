/** @file The JSON form of a whole network: its zod schema, and the JSON Schema derived from it. */
import { z } from "zod";
import { activationNames, activationObjectSchema, activationSchema } from "./activations/index.ts";
import { layerListSchema } from "./registry.ts";
import { netShapeSchema } from "./shapes.ts";

export const netForm = z.strictObject({
  fathom: z.literal(1).describe("version of this format: 1"),
  input: netShapeSchema.optional().describe("what one example looks like; left out to take it from the data"),
  parameterisation: z
    .enum(["standard", "ntk"])
    .default("standard")
    .describe(
      "standard: weights hold the variance; ntk: unit-variance parameters, scale in the forward pass",
    ),
  init: z
    .enum(["gaussian", "haar"])
    .default("gaussian")
    .describe(
      "law of the weight matrices: independent normal entries, or Haar orthogonal (kernels of convolutions: by their own parameters)",
    ),
  layers: layerListSchema.describe("the layers, from input to output"),
});

const activationPattern = `^\\s*(${activationNames.join("|")})\\s*(\\([^()]*\\))?\\s*$`;

/**
 * JSON Schema (draft 2020-12) of a network file, for editors and other programs. It states fields, types and ranges;
 * that shapes meet is checked by {@link parseNet} only.
 * @example writeFileSync("net.schema.json", JSON.stringify(netSchema()))
 */
export function netSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(netForm, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema !== (activationSchema as unknown)) return;
      const object = z.toJSONSchema(activationObjectSchema, { io: "input" });
      delete object.$schema;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      Object.assign(jsonSchema, { anyOf: [{ type: "string", pattern: activationPattern }, object] });
    },
  });
  return { title: "Fathom network", ...schema } as Record<string, unknown>;
}
