/**
 * @file Plain SGD from the weights that an imported model has, for one question: at which rates is it stable? Batches and
 * rates are fed, so one compiled loop serves all trials of the search.
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
import { type CompileOptions, compileLoop } from "../../runtime/index.ts";
import { type NdArray, ndarray } from "../../tensor/index.ts";
import { losses } from "../../train/index.ts";
import { isStable } from "../edge.ts";
import { bracketEdge, type EdgeBracket } from "../edge-search.ts";
import type { ForeignModel } from "./model.ts";

export interface SgdEdgeOptions {
  /** One batch a step: `[S, ...]` each, with `[S]` classes. */
  readonly batches: readonly { readonly inputs: NdArray; readonly labels: NdArray }[];
  /** Where the search begins: 2/λ_max. */
  readonly guess: number;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onTrial?: (trials: number) => void;
}

/** The outputs before a softmax at the end of the graph: cross entropy takes its own. */
export function logitsOf({ output }: Pick<ForeignModel, "output">): Tensor {
  return output.op.name === "softmax" ? output.inputs[0]! : output;
}

/** Whether the output is one row of scores an example, `[S, C]`. */
export function isLogits({ output, samples }: Pick<ForeignModel, "output" | "samples">): boolean {
  return output.shape.length === 2 && output.shape[0] === samples;
}

/**
 * Brackets the largest rate at which plain SGD on cross entropy, from the file's weights, is stable (as `measureEdge` says).
 * @example (await sgdEdge(model, { batches, guess: 0.1 })).lastStable
 */
export async function sgdEdge(model: ForeignModel, settings: SgdEdgeOptions): Promise<EdgeBracket> {
  const { batches, guess, options, signal } = settings;
  const { x, parameters, values, trained } = model;
  const rateInput = "learningRate";
  const graph = withScope(new Scope(), () => {
    const labels = input("labels", [model.samples], "int32");
    const rate = input(rateInput, [], model.dtype);
    const loss = reduceMean(losses.crossEntropy(logitsOf(model), labels));
    const weights = trained.map((name) => parameters[name]!);
    const gradients = vjp([loss], weights).map((g, i) => orZeros(g, weights[i]!));
    return { labels, rate, loss, weights, next: weights.map((w, i) => sub(w, mul(rate, gradients[i]!))) };
  });
  const moving = new Set(trained);
  const still = Object.keys(parameters).filter((name) => !moving.has(name));
  await using loop = await compileLoop({
    carry: graph.weights,
    next: graph.next,
    perStep: [x, graph.labels, graph.rate],
    shared: still.map((name) => parameters[name]!),
    collect: { loss: graph.loss },
    ...(options ? { options } : {}),
  });
  const pick = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, values[name]!]));
  const perStep = {
    [inputName(x)]: stacked(batches.map(({ inputs }) => inputs)),
    labels: stacked(batches.map(({ labels }) => ndarray("int32", labels.shape, labels.data as Int32Array))),
  };
  const steps = batches.length;
  let trials = 0;
  const stable = async (learningRate: number): Promise<boolean> => {
    signal?.throwIfAborted();
    settings.onTrial?.(trials++);
    const rates = ndarray(model.dtype, [steps], new Array(steps).fill(learningRate));
    const { collected } = await loop.run({
      carry: pick(trained),
      perStep: { ...perStep, [rateInput]: rates },
      shared: pick(still),
      steps,
    });
    const values = Float64Array.from(collected["loss"]!.data as Float32Array);
    return isStable({ status: values.every(Number.isFinite) ? "done" : "diverged", losses: values });
  };
  return await bracketEdge(stable, { guess });
}

function stacked(arrays: readonly NdArray[]): NdArray {
  const [first] = arrays as [NdArray];
  const size = first.data.length;
  const all = ndarray(first.dtype, [arrays.length, ...first.shape], new Float64Array(arrays.length * size));
  arrays.forEach(({ data }, i) => {
    (all.data as Float32Array).set(data as Float32Array, i * size);
  });
  return all;
}
