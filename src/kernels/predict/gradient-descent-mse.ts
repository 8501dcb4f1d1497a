/**
 * @file Gradient descent on a squared loss in closed form (kernels.md §9): with a constant tangent kernel Θ the outputs of
 * the training items follow f(t) = f₀ + U(e^{−ηtλ/size} − 1)Uᵀ(f₀ − Y), and those of test items are carried along by Θ(test, train).
 */
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { checkCross, checkedKernel, checkedStart, checkPositive, checkTargets, checkTime } from "./checks.ts";
import { combined, type Float64, product } from "./dense.ts";
import { type OutputLayout, outputLayout, type TraceAxes } from "./outputs.ts";
import { applied, gain, kernelSpectrum, learnt, type Spectrum } from "./spectrum.ts";

/** The tangent kernel, the targets, and the learning rate. */
export interface GradientDescentMseOptions {
  /** [N, N], or [N, N, C, C] where it is not traced over its outputs. */
  readonly ntk: Float64;
  /** Targets [N, C]; the loss is ½‖f − Y‖²/(N C). */
  readonly y: Float64;
  /** η of a step, 1 unless said. One step is one unit of time. */
  readonly learningRate?: number;
  readonly traceAxes?: TraceAxes;
}

/** Where the outputs start, and the test items that are followed. */
export interface FlowStart {
  /** Outputs of the training items at time 0, [N, C]; 0 unless said. */
  readonly f0?: Float64;
  readonly test?: {
    /** Θ(test, train), [M, N] (or [M, N, C, C]). */
    readonly cross: Float64;
    /** Outputs of the test items at time 0, [M, C]; 0 unless said. */
    readonly f0?: Float64;
  };
}

/** Outputs at the times asked for; several times add an axis in front. */
export interface FlowOutputs {
  readonly train: Float64;
  readonly test?: Float64;
}

/** Outputs after t steps (Infinity: at the end of training); of a list of times with a leading axis of time. */
export type MseFlow = (t: number | readonly number[], start?: FlowStart) => FlowOutputs;

/**
 * Prepares the flow: the kernel is taken apart once, each time then costs a few products.
 * @returns a function of time. It throws FathomError bad-input for t < 0, bad-shape for outputs that do not meet.
 * @throws FathomError bad-shape, bad-input (not symmetric, not finite), too-large above 2000 rows.
 * @example
 * const flow = gradientDescentMse({ ntk, y, learningRate: 0.1 });
 * flow([0, 100, Infinity], { test: { cross } }).test // [3, M, C]
 */
export function gradientDescentMse({
  ntk,
  y,
  learningRate = 1,
  traceAxes = [-1],
}: GradientDescentMseOptions): MseFlow {
  checkPositive(learningRate, "learningRate");
  checkTargets(y, y.shape[0] ?? 0);
  const layout = outputLayout(traceAxes, y.shape[1]!);
  const matrix = checkedKernel(layout.matrix(ntk, "ntk"), "ntk");
  const packed = layout.pack(y);
  checkTargets(packed, matrix.shape[0]!);
  const spectrum = kernelSpectrum(matrix, { where: "ntk" });
  const setting: Setting = { layout, spectrum, y, rate: learningRate / y.data.length };
  return (t, start = {}) => {
    if (typeof t === "number") return outputsAt(setting, t, start);
    const all = t.map((time) => outputsAt(setting, time, start));
    const train = stacked(all.map(({ train }) => train));
    return start.test === undefined ? { train } : { train, test: stacked(all.map(({ test }) => test!)) };
  };
}

interface Setting {
  readonly layout: OutputLayout;
  readonly spectrum: Spectrum;
  readonly y: Float64;
  /** η/size. */
  readonly rate: number;
}

function outputsAt({ layout, spectrum, y, rate }: Setting, t: number, { f0, test }: FlowStart): FlowOutputs {
  checkTime(t);
  const tau = rate * t;
  const start = layout.pack(checkedStart(f0, y.shape, "f0"));
  const error = combined(layout.pack(y), start, -1);
  const train = layout.unpack(combined(start, applied(spectrum, learnt(tau), error), 1));
  if (test === undefined) return { train };
  const cross = layout.matrix(test.cross, "test.cross");
  checkCross(cross, start.shape[0]!, "test.cross");
  const moved = layout.unpack(product(cross, applied(spectrum, gain(tau), error)));
  const testStart = checkedStart(test.f0, moved.shape, "test.f0");
  return { train, test: combined(testStart, moved, 1) };
}

/** Arrays of one shape under each other, with a leading axis. */
export function stacked(arrays: readonly Float64[]): NdArray<"float64"> {
  const shape = arrays[0]?.shape ?? [];
  const size = arrays[0]?.data.length ?? 0;
  const out = new Float64Array(arrays.length * size);
  arrays.forEach(({ data }, i) => {
    out.set(data, i * size);
  });
  return ndarray("float64", [arrays.length, ...shape], out);
}
