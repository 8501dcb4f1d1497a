/**
 * @file The layer program: what the compiler makes of a covariance program, and the SIMD interpreter runs (kernel-engine.md
 * §1, §3). A map holds numbers m with `K = scale·m`, one a position; scales are known when compiling, so that sums over
 * windows stay unscaled.
 */
import type { CovarianceOp } from "../../net/index.ts";
import type { ScalarActivation } from "../../theory/index.ts";
import type { ActivationForm } from "../forms/index.ts";

/** Numbers of both axes, rows first. */
export type Both = readonly [number, number];

/**
 * Positions that maps live on: rows and columns; signals, tokens and graphs have one row, vectors one position.
 * Displacements Δ of this space are those of the input divided by `factor`.
 */
export interface Space {
  readonly index: number;
  readonly sizes: Both;
  readonly factor: Both;
}

/** One map: `K = scale·m`. */
export interface MapValue {
  readonly id: number;
  readonly space: Space;
  readonly scale: number;
  /** About the size of m for inputs of mean square 1: keeps maps inside the range of float32. */
  readonly size: number;
  /** Whether m is known to be at least 0. */
  readonly nonNegative: boolean;
}

/** One axis of a window: output i sees `stride·i + dilation·j − lo` for j < kernel; outside is 0, or the ring goes on. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly lo: number;
  readonly wraps: boolean;
}

/** What an activation keeps of every item: `slots` numbers a position, after `offset` others. */
export interface Kept {
  readonly offset: number;
  readonly slots: number;
  readonly numbers: number;
}

/** An activation other than ReLU. */
export interface FormUse {
  readonly index: number;
  readonly form: ActivationForm;
  readonly activation: ScalarActivation;
  /** The layer it belongs to, for messages. */
  readonly layer: CovarianceOp["layer"];
  /** Where the units' mean after it is kept, if anywhere. */
  readonly mean?: Kept;
}

/** Maps of one Δ each, kept from one segment for a later one. */
export interface Stack {
  readonly space: Space;
  /** Displacements by key, and where the map of each stands, in bytes from the first stack. */
  readonly places: Map<string, { readonly displacement: Both; readonly offset: number }>;
  /** Whether every number is a sum of many: then what rounding took from them stands behind the maps. */
  readonly precise: boolean;
}

/** Rows of a matrix over positions: the entries that are not 0. */
export type AxisMatrix = readonly (readonly { readonly column: number; readonly value: number }[])[];

/** How a segment ends in a map of another space: sums over windows of both positions, A K Aᵀ, or G K G'ᵀ. */
export type Ending =
  | { readonly kind: "pool"; readonly windows: readonly [Window, Window] }
  | { readonly kind: "mix"; readonly matrix: AxisMatrix }
  | {
      readonly kind: "attend";
      readonly tokens: number;
      /** From logits to the weights of keys. */
      readonly weights: "softmax" | "identity" | "relu" | "abs";
      /** Factor of m in the logits. */
      readonly query: number;
      readonly causal: boolean;
    };

/** A step of a program; what it writes is `factor·f(source) + other + shift`, f of its own. */
export interface Instruction {
  readonly op:
    | "input"
    | "relu"
    | "box"
    | "combine"
    | "form"
    | "normalise"
    | "multiply"
    | "cut"
    | "spread"
    | "keep"
    | "fetch"
    | "end";
  readonly source?: MapValue;
  readonly other?: MapValue;
  readonly target?: MapValue;
  /** Θ before and after an activation. */
  readonly tangent?: { readonly source: MapValue; readonly target: MapValue };
  readonly factor: number;
  readonly shift: number;
  /** A shift of its own for every displacement. */
  readonly shiftOf?: (displacement: Both) => number;
  readonly windows?: readonly [Window, Window];
  /** Whether the result lives on Δ = 0 only. */
  readonly diagonal?: boolean;
  readonly kept?: Kept;
  /** Whether a ReLU goes before a sum over windows. */
  readonly fused?: boolean;
  /** Whether the two sums after a ReLU, of K and Θ, can be taken with it. */
  readonly leads?: boolean;
  /** ReLU: whether k may be negative. Normalisation and attention: whether it keeps the slots. */
  readonly flag?: boolean;
  /** Normalisation: the mean of the units that K loses; `factor` is its own times that of m. */
  readonly mean?: Kept;
  /** Normalisation: whether all positions of an item have one mean and one variance. */
  readonly whole?: boolean;
  readonly form?: FormUse;
  readonly stack?: Stack;
  /** The stack that attention reads. */
  readonly from?: Stack;
  /** First row and column of a cut. */
  readonly origin?: Both;
  readonly ending?: Ending;
}

/** How the inputs of an item stand in memory. */
export interface InputLayout {
  readonly positions: number;
  readonly channels: number;
  readonly positionStep: number;
  readonly channelStep: number;
  readonly ids: boolean;
}

/** Bytes from the inputs of one item of side A to those of the next. */
export function inputBytes({ positions, channels }: InputLayout): number {
  return Math.ceil((positions * channels) / 16) * 64;
}

/** Records that run once a displacement. */
export interface Segment {
  readonly records: Int32Array;
  /** Rectangles and words of every displacement, `runs × words`. */
  readonly tables: Int32Array;
  readonly runs: number;
  /** Bytes of stacks to clear before, from the first map. */
  readonly clear: readonly { readonly offset: number; readonly bytes: number }[];
  /** Records that run once, after it. */
  readonly after: readonly Int32Array[];
}

/** Where a result stands, in bytes from the first map, and its scale. */
export interface Result {
  readonly offset: number;
  readonly scale: number;
}

/** Everything that the interpreter needs, without addresses. */
export interface Program {
  readonly segments: readonly Segment[];
  readonly lists: Int32Array;
  readonly input: InputLayout;
  /** Numbers kept of each item, and of which activations. */
  readonly slots: number;
  readonly kept: readonly Kept[];
  readonly forms: readonly FormUse[];
  /** Whether all maps have one position, which items of side A can share. */
  readonly vectors: boolean;
  /** Bytes of all maps and stacks, of the rows of sums, and of the spare map. */
  readonly mapBytes: number;
  readonly scratchBytes: number;
  readonly spareBytes: number;
  readonly nngp: Result;
  /** null where Θ is 0, undefined where nobody asks. */
  readonly ntk: Result | null | undefined;
}
