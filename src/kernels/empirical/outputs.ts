/**
 * @file Which outputs of a network a kernel keeps apart (kernels.md §10): axes of the output are traced (averaged over their
 * diagonal), kept once (diagonal), or kept in full on both sides. Flattened, an output index is (d, k, t) with d over diagonal
 * axes, k over full ones and t over traced ones.
 */
import { FathomError, type FloatDType, type NdArray, type Shape, stridesOf } from "../../tensor/index.ts";

/** How the axes of the output enter; axes count from 0 in the output of one example, or from −1 at its end. */
export interface OutputAxes {
  /** Averaged over their diagonal: all axes but those of `diagonalAxes`, unless said. `[]` keeps the full kernel. */
  readonly traceAxes?: readonly number[] | undefined;
  /** Kept once: one kernel matrix for each of their indices. None unless said. */
  readonly diagonalAxes?: readonly number[] | undefined;
}

/** The outputs of one example in groups. */
export interface OutputGroups {
  /** D, K, T: sizes of the diagonal, full and traced axes together. */
  readonly diagonal: number;
  readonly full: number;
  readonly trace: number;
  /** Flat index of output (d, k, t) at `(d·K + k)·T + t`. */
  readonly index: Int32Array;
}

function resolveAxes(axes: readonly number[], shape: Shape, where: string): number[] {
  const rank = shape.length;
  const resolved = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const bad = resolved.findIndex(
    (axis, i) => !Number.isInteger(axis) || axis < 0 || axis >= rank || resolved.indexOf(axis) !== i,
  );
  if (bad < 0) return resolved;
  throw new FathomError({
    code: "bad-input",
    message: `${where} holds ${axes[bad]}, but an output of shape [${shape.join(", ")}] has ${rank} axes, each named once.`,
    where,
    hint: "Count axes of one example's output from 0, or from -1 at its end.",
  });
}

/**
 * Groups the outputs of one example.
 * @throws FathomError bad-input for axes that are not there, or are named twice.
 * @example outputGroups([10], { traceAxes: [] }).full // 10
 */
export function outputGroups(shape: Shape, { traceAxes, diagonalAxes = [] }: OutputAxes): OutputGroups {
  const all = [...shape.keys()];
  const diagonal = resolveAxes(diagonalAxes, shape, "diagonalAxes");
  const trace =
    traceAxes === undefined
      ? all.filter((axis) => !diagonal.includes(axis))
      : resolveAxes(traceAxes, shape, "traceAxes");
  const twice = trace.find((axis) => diagonal.includes(axis));
  if (twice !== undefined) {
    throw new FathomError({
      code: "bad-input",
      message: `Axis ${twice} of the output is both traced and diagonal.`,
      where: "traceAxes",
      hint: "Name every axis once.",
    });
  }
  const full = all.filter((axis) => !diagonal.includes(axis) && !trace.includes(axis));
  const size = (axes: readonly number[]) => axes.reduce((product, axis) => product * shape[axis]!, 1);
  return {
    diagonal: size(diagonal),
    full: size(full),
    trace: size(trace),
    index: permutedIndices(shape, [...diagonal, ...full, ...trace]),
  };
}

/** Flat indices of all entries, in the order of the permuted axes. */
function permutedIndices(shape: Shape, order: readonly number[]): Int32Array {
  const strides = stridesOf(shape);
  let indices = Int32Array.of(0);
  for (const axis of order) {
    const next = new Int32Array(indices.length * shape[axis]!);
    for (let i = 0; i < next.length; i++) {
      next[i] = indices[Math.floor(i / shape[axis]!)]! + (i % shape[axis]!) * strides[axis]!;
    }
    indices = next;
  }
  return indices;
}

/** A run of consecutive indices along each group of axes. */
interface OutputBlock {
  readonly diagonal: Range;
  readonly full: Range;
  readonly trace: Range;
}

/** `from … from + size − 1`; what lies beyond the end counts as nothing. */
export interface Range {
  readonly from: number;
  readonly size: number;
}

/** Ranges of one size that cover `0 … total − 1`. */
export function rangesOf(total: number, size: number): Range[] {
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({ from: i * size, size }));
}

/** Unit cotangents of the outputs of a block, `[d·k·t, C]`: one row an output, zeros beyond the end. */
export function unitCotangents(groups: OutputGroups, block: OutputBlock, dtype: FloatDType): NdArray {
  const { diagonal, full, trace } = block;
  const rows = diagonal.size * full.size * trace.size;
  const outputs = groups.index.length;
  const data = new (dtype === "float64" ? Float64Array : Float32Array)(rows * outputs);
  let row = 0;
  for (let d = diagonal.from; d < diagonal.from + diagonal.size; d++) {
    for (let k = full.from; k < full.from + full.size; k++) {
      for (let t = trace.from; t < trace.from + trace.size; t++, row++) {
        if (d >= groups.diagonal || k >= groups.full || t >= groups.trace) continue;
        data[row * outputs + groups.index[(d * groups.full + k) * groups.trace + t]!] = 1;
      }
    }
  }
  return { dtype, shape: [rows, outputs], data } as NdArray;
}
