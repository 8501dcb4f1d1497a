/**
 * @file What a layer states about itself (architecture.md, "one layer, one record"): options, shape, parameters,
 * forward expression, mean-field rule and covariance rule, side by side.
 */
import type { z } from "zod";
import type { Tensor } from "../expr/index.ts";
import { type Shape, sizeOf } from "../tensor/index.ts";
import type { Step } from "../theory/index.ts";
import type { CovarianceOp, CovarianceRule } from "./covariance.ts";
import type { ParameterOption } from "./options.ts";
import type { NetShape } from "./shapes.ts";
import type { Tangent } from "./trained.ts";

/** A parameter as a layer declares it: the law of its values in the standard parameterisation. */
export interface ParameterRule {
  readonly shape: Shape;
  readonly variance: number;
  /** Inputs that one output unit sums over: the product of all axes but the first unless said; 1 for vectors. */
  readonly fanIn: number;
  /** Mean of the values, 0 when left out; stated by constants, which the ntk parameterisation leaves as they are. */
  readonly mean?: number;
}

/**
 * A parameter with independent normal entries of the given variance; the Haar law and the ntk scale are the net's
 * affair (model.ts).
 * @param fanIn - the product of all axes but the first, unless the layer counts otherwise.
 * @example gaussian([width, fanIn], sw2 / fanIn)
 */
export function gaussian(
  shape: Shape,
  variance: number,
  fanIn: number = sizeOf(shape.slice(1)),
): ParameterRule {
  return { shape, variance, fanIn };
}

/** A parameter that starts at one value everywhere: gains at 1, shifts at 0. @example constantRule([channels], 1) */
export function constantRule(shape: Shape, value: number): ParameterRule {
  return { shape, variance: 0, fanIn: 1, mean: value };
}

/** A running statistic: not trained, but kept with the weights and updated by training. */
export interface BufferRule {
  readonly shape: Shape;
  /** Every entry before training. */
  readonly value: number;
}

/**
 * `training`: batch statistics and noise, buffers are updated. `inference`: an example's output depends on it and the
 * parameters alone.
 */
export type Mode = "training" | "inference";

/** How a layer is run. */
export interface ApplyContext {
  readonly mode: Mode;
  /** The layer, for messages: `layers[3] (batchNorm)` and its path. */
  readonly self: string;
  readonly where: string;
  /** What the layer is given and gives, for one example. */
  readonly input: NetShape;
  readonly output: NetShape;
  /** Uniform numbers in (0, 1) by local name, `[N, ...shape]`; absent in inference and where noise is off. */
  readonly noise: Readonly<Record<string, Tensor>>;
  /** States the next value of a buffer. */
  update(local: string, value: Tensor): void;
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

/** How a list of layers inside a layer (the branch of a residual) ends, by its key; an empty list ends as it starts. */
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
/** Something per list of layers inside a layer, by key: `branch`, or `branches.0` ({@link chainList}). */
export type PerChain<T> = Readonly<Record<string, T>>;

/** What a covariance rule may look at beside the options of its layer. */
interface CovarianceContext {
  readonly input: NetShape;
  readonly chains: PerChain<readonly CovarianceOp[]>;
  /** The shapes that chains end in. */
  readonly ends: PerChain<NetShape>;
  /** What each of the layer's parameters adds to the tangent kernel. */
  readonly own: Readonly<Record<string, Tangent>>;
}

type OptionsSchema<O> = z.ZodObject & z.ZodType<O>;

/** The statements of a layer; `O` are its options after defaults. */
export interface LayerDefinition<K extends string, O> {
  readonly kind: K;
  /** One line for the JSON Schema and the reference. */
  readonly summary: string;
  /**
   * The JSON form without `kind` and `parameters`; a layer that holds layers receives the schema of a list of them, and
   * of a list that may be empty (the identity).
   */
  readonly options: OptionsSchema<O> | ((layers: z.ZodType, branch: z.ZodType) => OptionsSchema<O>);
  /**
   * Names of the options that hold a list of layers, or a list of such lists; each list sees the input of this layer.
   */
  readonly chains?: readonly string[];
  /** Output shape for one example. @throws FathomError bad-shape naming both layers. */
  shape(options: O, input: NetShape, context: Place & { readonly chains: ChainShapes }): NetShape;
  /** Parameters by local name, in order. None when left out. */
  params?(options: O, input: NetShape): Readonly<Record<string, ParameterRule>>;
  /** Running statistics by local name; they are named and fed like parameters. */
  buffers?(options: O, input: NetShape): Readonly<Record<string, BufferRule>>;
  /** Uniform (0, 1) numbers that training mode needs, by local name: the shape for one example. */
  noise?(options: O, input: NetShape): Readonly<Record<string, Shape>>;
  /** True where an example's output depends on the other examples of the batch in training mode. */
  readonly mixesBatch?: boolean;
  /** True for layers that take token ids (`ids [T]`, int32) instead of numbers. */
  readonly takesIds?: boolean;
  /** The forward expression over a batch `[N, ...input]`; parameters arrive scaled, buffers among them. */
  apply(
    options: O,
    params: Readonly<Record<string, Tensor>>,
    x: Tensor,
    chains: PerChain<(x: Tensor) => Tensor>,
    run: ApplyContext,
  ): Tensor;
  /** The mean-field rule of theory/step; left out when there is none, and tools that need it name the layer. */
  meanField?(options: O, input: NetShape, chains: PerChain<Step[]>, ends: PerChain<NetShape>): Step;
  /** Why there is no mean-field rule: "averages positions, whose covariance the scalar theory does not follow". */
  readonly noMeanField?: string;
  /** The covariance rule for the kernel engine; left out when there is none. */
  covariance?(options: O, context: CovarianceContext): CovarianceRule;
  /**
   * Multiplications of the forward pass for one example; left out where every parameter is used once at every position
   * of the output.
   */
  multiplications?(options: O, input: NetShape, output: NetShape): number;
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

/** What the JSON form of every layer with parameters may say about them, by local name. */
export interface WithParameters {
  readonly parameters?: Readonly<Record<string, ParameterOption>>;
}

/** The spec (JSON form after defaults) of a layer record. */
export type SpecOf<R> =
  R extends LayerDefinition<infer K, infer O>
    ? Readonly<(O extends Record<string, never> ? unknown : O) & { kind: K } & WithParameters>
    : never;
