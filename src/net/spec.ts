/** @file The network language as types: what a validated network is made of (conventions.md, Files). */
import type { SpecOf } from "./define.ts";
import type { activation } from "./layers/activation.ts";
import type { dense } from "./layers/dense.ts";
import type { flatten } from "./layers/flatten.ts";
import type { layerNorm } from "./layers/layer-norm.ts";
import type { scale } from "./layers/scale.ts";
import type { NetShape } from "./shapes.ts";

export type DenseSpec = SpecOf<typeof dense>;
export type ActivationLayerSpec = SpecOf<typeof activation>;
export type LayerNormSpec = SpecOf<typeof layerNorm>;
export type FlattenSpec = SpecOf<typeof flatten>;
export type ScaleSpec = SpecOf<typeof scale>;

/** Stated here and not derived from its schema, as for all layers that hold layers themselves. */
export interface ResidualSpec {
  readonly kind: "residual";
  readonly mu: number;
  readonly branch: readonly LayerSpec[];
}

/** A layer after validation: every option is present. */
export type LayerSpec =
  | DenseSpec
  | ActivationLayerSpec
  | LayerNormSpec
  | FlattenSpec
  | ScaleSpec
  | ResidualSpec;

/** `standard`: weights hold the variance; `ntk`: unit-variance parameters, scale in the forward pass. */
export type Parameterisation = "standard" | "ntk";
/** Law of the weight matrices; biases are normal under both. */
export type Init = "gaussian" | "haar";

/** A network. `input` is absent while the data that will be fed is not known ({@link withInput}). */
export interface Net {
  readonly fathom: 1;
  readonly input?: NetShape;
  readonly parameterisation: Parameterisation;
  readonly init: Init;
  readonly layers: readonly LayerSpec[];
}
