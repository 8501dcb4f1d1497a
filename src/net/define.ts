/**
 * @file What a layer states about itself (architecture.md, "one layer, one record"): options, shape, parameters,
 * forward expression, mean-field rule and covariance rule, side by side.
 */
import type { z } from "zod";
import type { Tensor } from "../expr/index.ts";
import { type Shape, sizeOf } from "../tensor/index.ts";
import type { Step } from "../theory/index.ts";
import type { CovarianceOp } from "./covariance.ts";
import type { NetShape } from "./shapes.ts";

/** A parameter as a layer declares it: values of mean zero and this variance, in the standard parameterisation. */
export interface ParameterRule {
  readonly shape: Shape;
  readonly variance: number;
  /** Inputs that one output unit sums over: the product of all axes but the first; 1 for vectors. */
  readonly fanIn: number;
}

/**
 * A parameter with independent normal entries of the given variance; the Haar law and the ntk scale are the net's
 * affair (model.ts).
 * @example gaussian([width, fanIn], sw2 / fanIn)
 */
export function gaussian(shape: Shape, variance: number): ParameterRule {
  return { shape, variance, fanIn: sizeOf(shape.slice(1)) };
}

/** Where a layer stands, for messages: `self` and `before` name layers, `where` is the path of the layer. */
export interface Place {
  /** `dense layers[3]`. */
  readonly self: string;
  /** `residual layers[2]`, or `the input`. */
  readonly before: string;
  /** `layers[3].branch[0]`. */
  readonly where: string;
}

/** How a list of layers inside a layer (the branch of a residual) ends, by the option that holds it. */
export type ChainShapes = Readonly<
  Record<
    string,
    {
      readonly output: NetShape;
      /** Name and path of its last layer, for messages. */
      readonly last: string;
      readonly lastWhere: string;
    }
  >
>;
/** Something per list of layers inside a layer, by the option that holds the list. */
type PerChain<T> = Readonly<Record<string, T>>;

type OptionsSchema<O> = z.ZodObject & z.ZodType<O>;

/** The statements of a layer; `O` are its options after defaults. */
export interface LayerDefinition<K extends string, O> {
  readonly kind: K;
  /** One line for the JSON Schema and the reference. */
  readonly summary: string;
  /** The JSON form without `kind`; a layer that holds layers receives the schema of a list of them. */
  readonly options: OptionsSchema<O> | ((layers: z.ZodType) => OptionsSchema<O>);
  /** Names of the options that hold lists of layers; each list sees the input of this layer. */
  readonly chains?: readonly string[];
  /** Output shape for one example. @throws FathomError bad-shape naming both layers. */
  shape(options: O, input: NetShape, context: Place & { readonly chains: ChainShapes }): NetShape;
  /** Parameters by local name, in order. None when left out. */
  params?(options: O, input: NetShape): Readonly<Record<string, ParameterRule>>;
  /** The forward expression over a batch `[N, ...input]`; parameters arrive scaled. */
  apply(
    options: O,
    params: Readonly<Record<string, Tensor>>,
    x: Tensor,
    chains: PerChain<(x: Tensor) => Tensor>,
  ): Tensor;
  /** The mean-field rule of theory/step; left out when there is none, and tools that need it name the layer. */
  meanField?(options: O, input: NetShape, chains: PerChain<Step[]>): Step;
  /** The covariance rule for the kernel engine; left out when there is none. */
  covariance?(options: O, input: NetShape, chains: PerChain<readonly CovarianceOp[]>): CovarianceOp;
  /** True for layers whose outputs are preactivations: the places where J and K are reported. */
  readonly preactivation?: boolean;
}

/** A layer whose options have been forgotten by the type system: what the registry and the model work with. */
// biome-ignore lint/suspicious/noExplicitAny: a registry of differently typed records needs an erased parameter
export type LayerRecord<K extends string = string, O = any> = LayerDefinition<K, O>;

/**
 * Declares a layer. Adding a layer to Fathom is one file with this call, and its line in registry.ts.
 * @example
 * defineLayer({
 *   kind: "scale",
 *   summary: "y = factor·x",
 *   options: z.strictObject({ factor: finite }),
 *   shape: (_, input) => input,
 *   apply: ({ factor }, _, x) => mul(x, factor),
 * });
 */
export function defineLayer<const K extends string, O>(
  definition: LayerDefinition<K, O>,
): LayerDefinition<K, O> {
  return definition;
}

/** The spec (JSON form after defaults) of a layer record. */
export type SpecOf<R> =
  R extends LayerDefinition<infer K, infer O>
    ? Readonly<(O extends Record<string, never> ? unknown : O) & { kind: K }>
    : never;
