/**
 * @file How a kernel acts on several outputs. Traced over the outputs (`traceAxes: [-1]`, the infinite-width case) it acts on
 * each alike, Θ ⊗ I; untraced (`[]`, finite networks) outputs mix and the kernel is a matrix of (item, output) pairs.
 */
import { ndarray, reshaped, showShape } from "../../tensor/index.ts";
import { badInput, badShape } from "./checks.ts";
import type { Float64 } from "./dense.ts";

/** The axes of the output that the kernel is averaged over: all of them or none. */
export type TraceAxes = readonly [-1] | readonly [];

/** Reads kernels and outputs as matrices that meet. */
export interface OutputLayout {
  /** Outputs [N, C] as columns that the kernel multiplies. */
  pack(outputs: Float64): Float64;
  /** The reverse. */
  unpack(columns: Float64): Float64;
  /** A kernel of items a and b as a matrix. @throws FathomError bad-shape. */
  matrix(kernel: Float64, where: string): Float64;
}

/**
 * The layout for C outputs.
 * @throws FathomError bad-input for axes other than [-1] and [].
 * @example outputLayout([-1], 10)
 */
export function outputLayout(traceAxes: TraceAxes, outputs: number): OutputLayout {
  const axes: readonly number[] = traceAxes;
  if (axes.length === 0) return untraced(outputs);
  if (axes.length === 1 && axes[0] === -1) return traced;
  throw badInput(
    "traceAxes",
    `Kernels cannot be traced over the axes [${axes.join(", ")}].`,
    "Give [-1] (one kernel for all outputs) or [] (the full kernel of a finite network).",
  );
}

const traced: OutputLayout = {
  pack: (outputs) => outputs,
  unpack: (columns) => columns,
  matrix: (kernel) => kernel,
};

function untraced(outputs: number): OutputLayout {
  return {
    pack: (of) => reshaped(of, [of.data.length, 1]),
    unpack: (columns) => reshaped(columns, [columns.data.length / outputs, outputs]),
    matrix: (kernel, where) => itemMajor(kernel, outputs, where),
  };
}

/** [A, B, C, C] as [A·C, B·C]; a matrix of that size stays. */
function itemMajor(kernel: Float64, outputs: number, where: string): Float64 {
  const [a, b, c, d] = kernel.shape;
  if (kernel.shape.length === 2 && a! % outputs === 0 && b! % outputs === 0) return kernel;
  if (kernel.shape.length !== 4 || c !== outputs || d !== outputs) {
    throw badShape(
      where,
      `The kernel ${showShape(kernel.shape)} does not hold ${outputs} × ${outputs} outputs a pair.`,
      `Give [A, B, ${outputs}, ${outputs}], or trace it over its outputs.`,
    );
  }
  const out = new Float64Array(kernel.data.length);
  let from = 0;
  for (let i = 0; i < a!; i++) {
    for (let j = 0; j < b!; j++) {
      for (let p = 0; p < outputs; p++) {
        for (let q = 0; q < outputs; q++)
          out[(i * outputs + p) * b! * outputs + j * outputs + q] = kernel.data[from++]!;
      }
    }
  }
  return ndarray("float64", [a! * outputs, b! * outputs], out);
}
