/**
 * @file Gradient descent on any loss, followed in function space (kernels.md §9): with a constant tangent kernel Θ the outputs
 * obey ḟ = −Θ ∇L(f) in the time ηt; with momentum m, q̇ = −Θ ∇L + ((m − 1)/√η) q and ḟ = q in the time √η t.
 */
import { ndarray, zeros } from "../../tensor/index.ts";
import {
  badInput,
  checkCross,
  checkedKernel,
  checkedStart,
  checkMomentum,
  checkPositive,
  checkTime,
} from "./checks.ts";
import { type Float64, product } from "./dense.ts";
import { type Derivative, integrate } from "./dormand-prince.ts";
import { stacked } from "./gradient-descent-mse.ts";
import type { FunctionSpaceLoss } from "./losses.ts";
import { type OutputLayout, outputLayout, type TraceAxes } from "./outputs.ts";

/** The tangent kernel, the loss, and how training moves. */
export interface GradientDescentOptions {
  /** Θ of the training items, [N, N] (or [N, N, C, C] where it is not traced over its outputs). */
  readonly ntk: Float64;
  readonly loss: FunctionSpaceLoss;
  /** η of a step, 1 unless said. */
  readonly learningRate?: number;
  /** m in [0, 1) of v ← m v − η∇, θ ← θ + v; plain gradient descent unless said. */
  readonly momentum?: number;
  readonly traceAxes?: TraceAxes;
  /** Θ(test, train), [M, N] (or [M, N, C, C]): test items are followed too. */
  readonly cross?: Float64;
  /** Error of a step of the integration; 1e-6 unless said. */
  readonly relativeTolerance?: number | undefined;
  /** Looked at between steps of the integration, which give the event loop its turns. */
  readonly signal?: AbortSignal | undefined;
}

/** Where training stands: what a later call needs to go on. */
export interface FlowState {
  /** Steps taken. */
  readonly t: number;
  /** Outputs of the training items, [N, C]. */
  readonly train: Float64;
  /** Their velocities, with momentum. */
  readonly trainVelocity?: Float64;
  /** Outputs of the test items, [M, C], where there are any. */
  readonly test?: Float64;
  readonly testVelocity?: Float64;
}

/** What training starts from: outputs (0 unless said), or a state that an earlier call gave back. */
export type FlowBeginning = Partial<Omit<FlowState, "t">> & { readonly t?: number };

/** Outputs at each of several times, with a leading axis of time, and the state at the last. */
export interface FlowPath {
  readonly train: Float64;
  readonly test?: Float64;
  readonly state: FlowState;
}

/** Follows training from a beginning to a finite number of steps t, or over ascending ones. */
export interface GradientFlow {
  to(t: number, beginning?: FlowBeginning): Promise<FlowState>;
  over(times: readonly number[], beginning?: FlowBeginning): Promise<FlowPath>;
}

/**
 * Gradient flow on a loss given by its gradient.
 * @returns the flow. Its calls reject with FathomError bad-input for times before the beginning, bad-shape for outputs that do not
 * meet, failed where the integration does not reach the time; the signal's reason.
 * @throws FathomError bad-shape, bad-input (kernel not symmetric or not finite, momentum outside [0, 1)).
 * @example
 * const flow = gradientDescent({ ntk, cross, loss: crossEntropyLoss(labels, 10), learningRate: 0.5, momentum: 0.9 });
 * const early = await flow.to(100);
 * const late = await flow.to(1000, early); // goes on from there
 */
export function gradientDescent(options: GradientDescentOptions): GradientFlow {
  const { ntk, loss, cross, learningRate = 1, momentum = 0, traceAxes = [-1] } = options;
  checkPositive(learningRate, "learningRate");
  checkMomentum(momentum);
  const layout = outputLayout(traceAxes, loss.shape[1]!);
  const setting: Setting = {
    ...options,
    learningRate,
    momentum,
    layout,
    theta: checkedKernel(layout.matrix(ntk, "ntk"), "ntk"),
    cross: cross && layout.matrix(cross, "cross"),
  };
  const rows = layout.pack(zeros("float64", loss.shape)).shape[0]!;
  checkStarts(setting, rows);
  const to = (t: number, beginning: FlowBeginning = {}) => advance(setting, t, beginning);
  return { to, over: (times, beginning) => follow(to, times, beginning) };
}

interface Setting extends Omit<GradientDescentOptions, "cross"> {
  readonly learningRate: number;
  readonly momentum: number;
  readonly layout: OutputLayout;
  readonly theta: Float64;
  readonly cross: Float64 | undefined;
}

function checkStarts({ theta, cross, loss }: Setting, rows: number): void {
  if (theta.shape[0] !== rows) {
    throw badInput(
      "ntk",
      `A kernel of ${theta.shape[0]} rows does not meet a loss of ${loss.shape[0]} items.`,
      `Give the kernel of the same ${loss.shape[0]} training items.`,
    );
  }
  if (cross !== undefined) checkCross(cross, rows);
}

async function follow(
  to: GradientFlow["to"],
  times: readonly number[],
  beginning?: FlowBeginning,
): Promise<FlowPath> {
  const states: FlowState[] = [];
  for (const t of times) states.push(await to(t, states.at(-1) ?? beginning));
  const state = states.at(-1);
  if (state === undefined) throw badInput("times", "There are no times.", "Give at least one.");
  const train = stacked(states.map((one) => one.train));
  return state.test === undefined
    ? { train, state }
    : { train, test: stacked(states.map((one) => one.test!)), state };
}

/** Integrates the state, which lies in one vector: f, f*, and with momentum q, q*. */
async function advance(setting: Setting, t: number, beginning: FlowBeginning): Promise<FlowState> {
  const { loss, learningRate, momentum, layout, cross } = setting;
  const start = beginning.t ?? 0;
  checkSpan(start, t);
  const n = loss.shape[0]! * loss.shape[1]!;
  const columns = layout.pack(zeros("float64", loss.shape)).shape[1]!;
  const tests =
    cross === undefined ? 0 : layout.unpack(zeros("float64", [cross.shape[0]!, columns])).shape[0]!;
  const shapes = [loss.shape, [tests, loss.shape[1]!]] as const;
  const pieces = piecesOf(beginning, shapes, momentum > 0);
  const clock = momentum > 0 ? Math.sqrt(learningRate) : learningRate;
  const end = await integrate(derivativeOf(setting, n), joined(pieces), {
    from: clock * start,
    to: clock * t,
    relativeTolerance: setting.relativeTolerance,
    signal: setting.signal,
  });
  return stateOf(
    t,
    split(
      end,
      pieces.map(({ shape }) => shape),
    ),
    { test: tests > 0 },
  );
}

/** @throws FathomError bad-input unless the time can be reached from the start. */
function checkSpan(start: number, t: number): void {
  checkTime(t);
  if (t >= start && Number.isFinite(t)) return;
  throw badInput(
    "t",
    `Training cannot be followed from ${start} to ${t} steps.`,
    "Give a finite time after the start.",
  );
}

function piecesOf(
  { train, test, trainVelocity, testVelocity }: FlowBeginning,
  [trainShape, testShape]: readonly [readonly number[], readonly number[]],
  moving: boolean,
): Float64[] {
  const outputs = [checkedStart(train, trainShape, "train"), checkedStart(test, testShape, "test")];
  if (!moving) return outputs;
  return [
    ...outputs,
    checkedStart(trainVelocity, trainShape, "trainVelocity"),
    checkedStart(testVelocity, testShape, "testVelocity"),
  ];
}

/** `n` numbers of training outputs come first in the state. */
function derivativeOf(
  { loss, theta, cross, layout, momentum, learningRate }: Setting,
  n: number,
): Derivative {
  const gradient = zeros("float64", loss.shape);
  const friction = (momentum - 1) / Math.sqrt(learningRate);
  return (_, state, out) => {
    loss.gradient(state.subarray(0, n), gradient.data);
    const pulled = layout.pack(gradient);
    const force = product(theta, pulled).data;
    const testForce = cross === undefined ? new Float64Array(0) : product(cross, pulled).data;
    const outputs = n + testForce.length;
    const at = momentum > 0 ? outputs : 0;
    for (let i = 0; i < outputs; i++) {
      const acceleration = -(i < n ? force[i]! : testForce[i - n]!);
      if (momentum > 0) out[i] = state[at + i]!;
      out[at + i] = acceleration + (momentum > 0 ? friction * state[at + i]! : 0);
    }
  };
}

function stateOf(
  t: number,
  pieces: readonly Float64[],
  { test: tested }: { readonly test: boolean },
): FlowState {
  const [train, test, trainVelocity, testVelocity] = pieces;
  return {
    t,
    train: train!,
    ...(tested ? { test: test! } : {}),
    ...(trainVelocity === undefined ? {} : { trainVelocity }),
    ...(tested && testVelocity !== undefined ? { testVelocity } : {}),
  };
}

function joined(pieces: readonly Float64[]): Float64Array {
  return Float64Array.from(pieces.flatMap(({ data }) => Array.from(data)));
}

function split(all: Float64Array, shapes: readonly (readonly number[])[]): Float64[] {
  let from = 0;
  return shapes.map((shape) => {
    const size = shape[0]! * shape[1]!;
    from += size;
    return ndarray("float64", shape, all.slice(from - size, from));
  });
}
