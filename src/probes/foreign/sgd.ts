/**
 * @file Gradient descent on one batch from the weights that an imported model has, compiled once: batches and rates are fed, so
 * all trials of a search for the edge of stability (`measureEdgeOf`) share one loop.
 */
import {
  input,
  inputName,
  mul,
  orZeros,
  reduceMean,
  Scope,
  sub,
  type Tensor,
  vjp,
  withScope,
} from "../../expr/index.ts";
import { type CompileOptions, compileLoop, type LoopExecutable } from "../../runtime/index.ts";
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { losses } from "../../train/index.ts";
import type { StartRun } from "../edge.ts";
import type { ForeignModel } from "./model.ts";

/** The outputs before a softmax at the end of the graph: cross entropy takes its own. */
export function logitsOf({ output }: Pick<ForeignModel, "output">): Tensor {
  return output.op.name === "softmax" ? output.inputs[0]! : output;
}

/** Whether the output is one row of scores an example, `[S, C]`. */
export function isLogits({ output, samples }: Pick<ForeignModel, "output" | "samples">): boolean {
  return output.shape.length === 2 && output.shape[0] === samples;
}

export interface DescentOptions {
  /** Steps of a run. */
  readonly steps: number;
  readonly options?: CompileOptions;
}

/** `[S, ...]` with `[S]` classes. */
export interface ForeignBatch {
  readonly inputs: NdArray;
  readonly labels: NdArray;
}

/** Compiled descent on cross entropy. Dispose of it when done. */
export interface Descent extends AsyncDisposable {
  /** Runs on one batch, each from the weights of the file. */
  on(batch: ForeignBatch): StartRun;
}

/**
 * Compiles plain gradient descent on the mean cross entropy of a batch.
 * @example
 * await using descent = await compileDescent(model, { steps: descentSteps });
 * await measureEdgeOf([descent.on(batch)], { guess: 0.1, criterion: descends });
 */
export async function compileDescent(
  model: ForeignModel,
  { steps, options }: DescentOptions,
): Promise<Descent> {
  const { x, parameters, values, trained } = model;
  const graph = withScope(new Scope(), () => stepOf(model));
  const moving = new Set(trained);
  const still = Object.keys(parameters).filter((name) => !moving.has(name));
  const loop = await compileLoop({
    carry: graph.weights,
    next: graph.next,
    perStep: [graph.rate],
    shared: [x, graph.labels, ...still.map((name) => parameters[name]!)],
    collect: { loss: graph.loss },
    ...(options ? { options } : {}),
  });
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, values[name]!]));
  return {
    on: ({ inputs, labels }) => {
      const classes = ndarray("int32", labels.shape, labels.data as Int32Array);
      const shared = { [inputName(x)]: inputs, [inputName(graph.labels)]: classes, ...pick(still) };
      return (rate) => new DescentRun({ loop, model, shared, carry: pick(trained), rate, steps });
    },
    [Symbol.asyncDispose]: () => loop.dispose(),
  };
}

function stepOf(model: ForeignModel) {
  const labels = input("labels", [model.samples], "int32");
  const rate = input("learningRate", [], model.dtype);
  const loss = reduceMean(losses.crossEntropy(logitsOf(model), labels));
  const weights = model.trained.map((name) => model.parameters[name]!);
  const gradients = vjp([loss], weights).map((g, i) => orZeros(g, weights[i]!));
  return { labels, rate, loss, weights, next: weights.map((w, i) => sub(w, mul(rate, gradients[i]!))) };
}

type Arrays = Readonly<Record<string, NdArray>>;

interface DescentRunParts {
  readonly loop: LoopExecutable;
  readonly model: ForeignModel;
  readonly shared: Arrays;
  readonly carry: Arrays;
  readonly rate: number;
  readonly steps: number;
}

/** Steps of one call: an unstable run is left after the first calls. */
const stride = 2;

/** One run; `losses[i]` is that of the batch before step i. */
class DescentRun {
  readonly #parts: DescentRunParts;
  #carry: Arrays;
  #losses: number[] = [];

  constructor(parts: DescentRunParts) {
    this.#parts = parts;
    this.#carry = parts.carry;
  }

  get losses(): Float64Array {
    return Float64Array.from(this.#losses);
  }

  get status(): "running" | "done" | "diverged" {
    if (!this.#losses.every(Number.isFinite)) return "diverged";
    return this.#losses.length < this.#parts.steps ? "running" : "done";
  }

  async advance() {
    const { loop, model, shared, rate, steps: all } = this.#parts;
    const steps = Math.min(stride, all - this.#losses.length);
    const rates = ndarray(model.dtype, [steps], new Array(steps).fill(rate));
    const { carry, collected } = await loop.run({
      carry: this.#carry,
      perStep: { learningRate: rates },
      shared,
      steps,
    });
    this.#carry = carry;
    this.#losses = [...this.#losses, ...(collected["loss"]!.data as Float32Array)];
    return this.status;
  }
}
