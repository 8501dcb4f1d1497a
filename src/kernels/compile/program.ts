/**
 * @file The layer program as plain data: what the compiler makes of a covariance program and the SIMD interpreter runs
 * (kernel-engine.md §1, §3). A map holds numbers m with `K = scale·m`, one a position; scales are known when compiling, so
 * that sums over windows stay unscaled.
 */

/** Positions that maps live on: rows and columns; signals, tokens and graphs have one row, vectors one position. */
export interface Space {
  readonly index: number;
  readonly height: number;
  readonly width: number;
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

/** A step of a program. `factor·f(source) + other + shift` is what it writes, f of its own. */
export interface Instruction {
  readonly op: "input" | "relu" | "box" | "combine";
  readonly source?: MapValue;
  readonly target: MapValue;
  readonly other?: MapValue;
  readonly factor: number;
  readonly shift: number;
  readonly windows?: readonly [Window, Window];
  /** The activation that goes before a sum over windows. */
  readonly fused?: Activation;
  readonly activation?: Activation;
}

/** What an activation keeps of every item: `slots` numbers a position, after `offset` others. */
export interface Activation {
  readonly offset: number;
  readonly slots: number;
  readonly signed: boolean;
}

/** How the inputs of an item stand in memory. */
export interface InputLayout {
  readonly positions: number;
  readonly channels: number;
  readonly positionStep: number;
  readonly channelStep: number;
}

/** Everything that the interpreter needs, without addresses. */
export interface Program {
  readonly words: Int32Array;
  readonly spaces: readonly Space[];
  readonly input: InputLayout;
  /** Numbers kept of each item. */
  readonly slots: number;
  /** Bytes of all maps, of the rows of sums, and of the spare map. */
  readonly mapBytes: number;
  readonly scratchBytes: number;
  readonly spareBytes: number;
  /** Where the results stand, in bytes from the first map, and their scales. */
  readonly nngp: { readonly offset: number; readonly scale: number };
}
