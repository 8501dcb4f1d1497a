/** @file The network language as types: what a validated network is made of (conventions.md, Files). */
import type { SpecOf } from "./define.ts";
import type { activation } from "./layers/activation.ts";
import type { aggregate } from "./layers/aggregate.ts";
import type { avgPool } from "./layers/avg-pool.ts";
import type { batchNorm } from "./layers/batch-norm.ts";
import type { conv } from "./layers/conv.ts";
import type { convLocal } from "./layers/conv-local.ts";
import type { convTranspose } from "./layers/conv-transpose.ts";
import type { dense } from "./layers/dense.ts";
import type { dropout } from "./layers/dropout.ts";
import type { embedding } from "./layers/embedding.ts";
import type { flatten } from "./layers/flatten.ts";
import type { gain } from "./layers/gain.ts";
import type { globalAvgPool } from "./layers/global-avg-pool.ts";
import type { l2Normalize } from "./layers/l2-normalize.ts";
import type { layerNorm } from "./layers/layer-norm.ts";
import type { maxPool } from "./layers/max-pool.ts";
import type { positional } from "./layers/positional.ts";
import type { resize } from "./layers/resize.ts";
import type { rmsNorm } from "./layers/rms-norm.ts";
import type { scale } from "./layers/scale.ts";
import type { selfAttention } from "./layers/self-attention.ts";
import type { slice } from "./layers/slice.ts";
import type { sumPool } from "./layers/sum-pool.ts";
import type { toTokens } from "./layers/to-tokens.ts";
import type { transpose } from "./layers/transpose.ts";
import type { NetShape } from "./shapes.ts";

export type DenseSpec = SpecOf<typeof dense>;
export type ActivationLayerSpec = SpecOf<typeof activation>;
export type LayerNormSpec = SpecOf<typeof layerNorm>;
export type FlattenSpec = SpecOf<typeof flatten>;
export type ScaleSpec = SpecOf<typeof scale>;
export type GainSpec = SpecOf<typeof gain>;
export type BatchNormSpec = SpecOf<typeof batchNorm>;
export type RmsNormSpec = SpecOf<typeof rmsNorm>;
export type L2NormalizeSpec = SpecOf<typeof l2Normalize>;
export type DropoutSpec = SpecOf<typeof dropout>;
export type SliceSpec = SpecOf<typeof slice>;
export type ConvSpec = SpecOf<typeof conv>;
export type ConvTransposeSpec = SpecOf<typeof convTranspose>;
export type ConvLocalSpec = SpecOf<typeof convLocal>;
export type GlobalAvgPoolSpec = SpecOf<typeof globalAvgPool>;
export type ResizeSpec = SpecOf<typeof resize>;
export type ToTokensSpec = SpecOf<typeof toTokens>;
export type TransposeSpec = SpecOf<typeof transpose>;
export type EmbeddingSpec = SpecOf<typeof embedding>;
export type PositionalSpec = SpecOf<typeof positional>;
export type SelfAttentionSpec = SpecOf<typeof selfAttention>;
export type AggregateSpec = SpecOf<typeof aggregate>;
export type AvgPoolSpec = SpecOf<typeof avgPool>;
export type SumPoolSpec = SpecOf<typeof sumPool>;
export type MaxPoolSpec = SpecOf<typeof maxPool>;

/** Stated here and not derived from its schema, as for all layers that hold layers themselves. */
export interface ResidualSpec {
  readonly kind: "residual";
  readonly mu: number;
  readonly branch: readonly LayerSpec[];
}

interface Branches {
  readonly branches: readonly (readonly LayerSpec[])[];
}
export interface SumSpec extends Branches {
  readonly kind: "sum";
}
export interface ProductSpec extends Branches {
  readonly kind: "product";
}
export interface ConcatSpec extends Branches {
  readonly kind: "concat";
}

/** A layer after validation: every option is present. */
export type LayerSpec =
  | DenseSpec
  | ActivationLayerSpec
  | LayerNormSpec
  | FlattenSpec
  | ScaleSpec
  | ResidualSpec
  | GainSpec
  | BatchNormSpec
  | RmsNormSpec
  | L2NormalizeSpec
  | SumSpec
  | ProductSpec
  | ConcatSpec
  | DropoutSpec
  | SliceSpec
  | ConvSpec
  | ConvTransposeSpec
  | ConvLocalSpec
  | GlobalAvgPoolSpec
  | ResizeSpec
  | ToTokensSpec
  | TransposeSpec
  | EmbeddingSpec
  | PositionalSpec
  | SelfAttentionSpec
  | AggregateSpec
  | AvgPoolSpec
  | SumPoolSpec
  | MaxPoolSpec;

/** `standard`: weights hold the variance; `ntk`: unit-variance parameters, scale in the forward pass. */
export type Parameterisation = "standard" | "ntk";
/** Law of the weight matrices; biases, and kernels of convolutions that do not ask otherwise, are normal under both. */
export type Init = "gaussian" | "haar";

/** A network. `input` is absent while the data that will be fed is not known ({@link withInput}). */
export interface Net {
  readonly fathom: 1;
  readonly input?: NetShape;
  readonly parameterisation: Parameterisation;
  readonly init: Init;
  readonly layers: readonly LayerSpec[];
}
