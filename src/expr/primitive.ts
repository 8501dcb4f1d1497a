/**
 * @file What a primitive states about itself: one record with its shape rule, its plain evaluation, its two
 * derivatives, its batching and its ONNX form (architecture.md, "one primitive, one record").
 */
import type { DType, NdArray, Shape } from "../tensor/index.ts";
import type { Tensor } from "./tensor.ts";

/** Static parameters of a node. Arrays compare by content; objects and functions by identity. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface ShapeAndDType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A symbolic zero is `undefined`, never a tensor of zeros (engine.md §1). */
export type MaybeZero = Tensor | undefined;

/** All that an operation states about itself. */
export interface Primitive {
  readonly name: string;
  /** Runs in TypeScript between ONNX sessions, because no ONNX operator computes it; `evaluate` is its kernel. */
  readonly host?: boolean;

  /** Each element of the result depends on the operands' elements at its place alone (operands broadcast). */
  readonly elementwise?: boolean;

  /** Result shape and dtype. @throws FathomError bad-shape or bad-input naming the primitive and the shapes. */
  shape(inputs: readonly Tensor[], attrs: Attributes): ShapeAndDType;

  /** The plain interpreter's rule, in float64-true arithmetic (float32 results are rounded once): the oracle of every test. */
  evaluate(values: readonly NdArray[], node: Tensor): NdArray;

  /**
   * Cotangents of the operands from the cotangent `ct` of `node` (same shape as `node`). `needed[i]` is false where the
   * cotangent of operand i is not wanted and may be left out. Absent for primitives without derivative (comparisons, argmax).
   */
  vjp?(ct: Tensor, node: Tensor, needed: readonly boolean[]): readonly MaybeZero[];

  /** Tangent of `node` from the tangents of its operands (at least one is not zero). */
  jvp?(tangents: readonly MaybeZero[], node: Tensor): MaybeZero;

  /**
   * The same operation over a batch: operands with `batched[i]` carry a new leading axis of length `size` (at least one
   * does); the result carries it too.
   */
  batch(inputs: readonly Tensor[], batched: readonly boolean[], node: Tensor, size: number): Tensor;

  /** Emits the ONNX form of `node` and returns the name of its value. Host primitives have none. */
  onnx?(emit: Emitter, node: Tensor): string;

  /** Multiplications of a product: what it costs, and whether threads pay for it. Absent for cheap primitives. */
  multiplications?(node: Tensor): number;

  /** Elements that the ONNX form holds while it runs, besides operands and result; absent where they are few. */
  scratch?(node: Tensor): number;

  /** Emits `node + addend` (of the node's shape) as one operator where ONNX has one; `undefined` where it has not. */
  onnxPlus?(emit: Emitter, node: Tensor, addend: Tensor): string | undefined;
}

/** An ONNX attribute: integers, floats, strings, lists, or a tensor. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: NdArray };

/** What an `onnx` rule writes to. `runtime` implements it with ONNX messages; nothing here knows protobuf. */
export interface Emitter {
  /** `portable` models use only the standard operator set (for export); otherwise `com.microsoft` operators are allowed. */
  readonly portable: boolean;
  /** Channels in a block of the device's fast convolutions; absent where it has none (and in portable models). */
  readonly channelBlock?: number | undefined;
  /** The ONNX value of an operand (already emitted, because operands come first). */
  value(tensor: Tensor): string;
  /** Adds a node with one output and returns the output's name. Equal nodes are emitted once. */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): string;
  /** As `node`, for an operator with several outputs: the names of its first `count`. */
  nodeOutputs(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): readonly string[];
  /** An initializer holding this array. Equal arrays are stored once. */
  constant(array: NdArray): string;
}
