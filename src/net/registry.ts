/** @file All layers, by kind, and the schema of a list of layers that follows from them. */
import { z } from "zod";
import { MAX_LAYERS } from "./bounds.ts";
import type { LayerRecord } from "./define.ts";
import { activation } from "./layers/activation.ts";
import { aggregate } from "./layers/aggregate.ts";
import { avgPool } from "./layers/avg-pool.ts";
import { batchNorm } from "./layers/batch-norm.ts";
import { concat } from "./layers/concat.ts";
import { conv } from "./layers/conv.ts";
import { convLocal } from "./layers/conv-local.ts";
import { convTranspose } from "./layers/conv-transpose.ts";
import { dense } from "./layers/dense.ts";
import { dropout } from "./layers/dropout.ts";
import { embedding } from "./layers/embedding.ts";
import { flatten } from "./layers/flatten.ts";
import { gain } from "./layers/gain.ts";
import { globalAvgPool } from "./layers/global-avg-pool.ts";
import { l2Normalize } from "./layers/l2-normalize.ts";
import { layerNorm } from "./layers/layer-norm.ts";
import { maxPool } from "./layers/max-pool.ts";
import { positional } from "./layers/positional.ts";
import { product } from "./layers/product.ts";
import { residual } from "./layers/residual.ts";
import { resize } from "./layers/resize.ts";
import { rmsNorm } from "./layers/rms-norm.ts";
import { scale } from "./layers/scale.ts";
import { selfAttention } from "./layers/self-attention.ts";
import { slice } from "./layers/slice.ts";
import { sum } from "./layers/sum.ts";
import { sumPool } from "./layers/sum-pool.ts";
import { toTokens } from "./layers/to-tokens.ts";
import { transpose } from "./layers/transpose.ts";
import { parametersSchema } from "./options.ts";
import type { LayerSpec } from "./spec.ts";

/** The layers of the network language, in the order of the reference. */
export const layerRecords: readonly LayerRecord[] = [
  dense,
  activation,
  layerNorm,
  residual,
  flatten,
  scale,
  gain,
  batchNorm,
  rmsNorm,
  l2Normalize,
  sum,
  product,
  concat,
  dropout,
  slice,
  conv,
  convTranspose,
  convLocal,
  avgPool,
  sumPool,
  maxPool,
  globalAvgPool,
  resize,
  toTokens,
  transpose,
  embedding,
  positional,
  selfAttention,
  aggregate,
];

const byKind = new Map(layerRecords.map((record) => [record.kind, record]));

/** The record of a validated layer. */
export function recordOf(spec: LayerSpec): LayerRecord {
  return byKind.get(spec.kind)!;
}

/** The record of a kind, or undefined. */
export function findLayer(kind: string): LayerRecord | undefined {
  return byKind.get(kind);
}

/** What a list of layers looks like before repetitions are written out. */
export type RawLayer = LayerSpec | RepeatForm;
export interface RepeatForm {
  readonly kind: "repeat";
  readonly times: number;
  readonly layers: readonly RawLayer[];
}

const nested: z.ZodType = z.lazy(() => layerListSchema);
/** A list that may be empty: the identity. */
const branch: z.ZodType = z.array(z.lazy((): z.ZodType => layerSchema));

/** Schemas of the JSON forms by kind; `repeat` is shorthand that the parser writes out. */
export const layerForms: Readonly<Record<string, z.ZodObject>> = {
  ...Object.fromEntries(
    layerRecords.map(({ kind, summary, options, params }) => {
      const { shape } = typeof options === "function" ? options(nested, branch) : options;
      const parameters = params === undefined ? {} : { parameters: parametersSchema };
      return [kind, z.strictObject({ kind: z.literal(kind), ...shape, ...parameters }).describe(summary)];
    }),
  ),
  repeat: z
    .strictObject({
      kind: z.literal("repeat"),
      times: z.int().min(1).max(MAX_LAYERS).describe("how many times: a whole number, 1 or more"),
      layers: nested.describe("the layers to repeat"),
    })
    .describe("shorthand: the same layers several times, with weights of their own each time"),
};

const forms = Object.values(layerForms);
export const layerSchema: z.ZodType = z.discriminatedUnion("kind", [forms[0]!, ...forms.slice(1)]);
export const layerListSchema: z.ZodType<readonly RawLayer[]> = z
  .array(layerSchema)
  .min(1) as unknown as z.ZodType<readonly RawLayer[]>;
