/**
 * @file The empirical tangent kernel as an operator (kernels.md §10): Θ(x1, x2) v = JVP_x1(VJP_x2(v)) over all items and outputs,
 * for the cost of one backward pass over x2 and one forward pass over x1, however wide the outputs are. Θ is never built.
 */
import { eventLoopTurn } from "../../event-loop.ts";
import { cast, input, jvp, orZeros, Scope, type Tensor, vjp, withScope } from "../../expr/index.ts";
import { FathomError, type NdArray, sameShape, showShape, zeros } from "../../tensor/index.ts";
import { type BlockOptions, type BlockProgram, batched, compileBlock } from "./blocks.ts";
import {
  blockOf,
  type FiniteNetwork,
  finiteNetwork,
  inDtype,
  itemsOf,
  type NetworkOptions,
  type Weights,
  weightsOf,
} from "./network.ts";
import { overItems } from "./outputs-of.ts";
import type { WorkOptions } from "./work.ts";

/** The network with its weights, and the items on both sides of the kernel. */
export interface NtkOperatorOptions extends NetworkOptions, BlockOptions {
  /** Rows `[N1, ...inputShape]`. */
  readonly x1: NdArray;
  /** Columns `[N2, ...inputShape]`; x1 again where left out. */
  readonly x2?: NdArray | undefined;
}

/** Products with a kernel that is not built. Dispose of it when done. */
export interface NtkOperator {
  /** Θ v: `[N2, C]` (or `[N2, ...outputShape]`) → `[N1, C]` in float64. */
  apply(vector: NdArray, work?: WorkOptions): Promise<NdArray<"float64">>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Products with the full empirical tangent kernel, as iterative solvers and power iterations ask for them.
 * @throws FathomError bad-shape and bad-input for weights and items that do not fit; too-large where one item needs more than
 * the memory.
 * @example
 * await using theta = await ntkOperator({ model, parameters, x1 });
 * const product = await theta.apply(vector); // [N, C]
 */
export async function ntkOperator(settings: NtkOperatorOptions): Promise<NtkOperator> {
  const network = finiteNetwork(settings);
  const weights = weightsOf(network, settings);
  const rows = itemsOf(network, settings.x1, "x1");
  const columns = itemsOf(network, settings.x2 ?? settings.x1, "x2");
  const [n1, n2] = [rows.shape[0]!, columns.shape[0]!];
  if (n1 === 0 || n2 === 0) throw noItems(n1 === 0 ? "x1" : "x2");
  const back = await compileBlock(network, n2, (size) => backward(network, size), settings);
  try {
    const ahead = await compileBlock(network, n1, (size) => forward(network, size), settings);
    return {
      async apply(vector, work = {}) {
        const direction = await pullBack(back, { network, weights, columns, vector }, work);
        const feeds = { ...weights, ...direction };
        return overItems(ahead, { items: rows, outputs: network.outputs, feeds }, work);
      },
      async [Symbol.asyncDispose]() {
        await back.executable.dispose();
        await ahead.executable.dispose();
      },
    };
  } catch (error) {
    await back.executable.dispose();
    throw error;
  }
}

/**
 * One product Θ(x1, x2) v with the full empirical tangent kernel, which is not built.
 * @param settings `vector` is `[N2, C]`.
 * @throws FathomError as {@link ntkOperator}; bad-shape for a vector that does not fit.
 * @example await ntkVectorProduct({ model, parameters, x1, vector }) // [N1, C]
 */
export async function ntkVectorProduct(
  settings: NtkOperatorOptions & WorkOptions & { readonly vector: NdArray },
): Promise<NdArray<"float64">> {
  await using operator = await ntkOperator(settings);
  return await operator.apply(settings.vector, settings);
}

function trainedOf({ trained, parameters }: FiniteNetwork): Tensor[] {
  return trained.map((name) => parameters[name]!);
}

/** Σ over a block of items of v·∂f/∂w, by weight. */
function backward(network: FiniteNetwork, size: number) {
  return withScope(new Scope(), () => {
    const { x, output } = batched(network, size);
    const cotangent = input("cotangent", output.shape, output.dtype);
    const weights = trainedOf(network);
    const gradients = vjp([output], weights, [cotangent]);
    const entries = gradients.map((gradient, i) => {
      return [network.trained[i]!, cast(orZeros(gradient, weights[i]!), "float64")] as const;
    });
    return { inputs: [x, cotangent], outputs: Object.fromEntries(entries) };
  });
}

const directionName = (weight: string) => `direction of ${weight}`;

/** `output` `[size, C]`: how the outputs of a block of items move along a direction of the weights. */
function forward(network: FiniteNetwork, size: number) {
  return withScope(new Scope(), () => {
    const { x, output } = batched(network, size);
    const weights = trainedOf(network);
    const directions = weights.map(({ shape, dtype }, i) =>
      input(directionName(network.trained[i]!), shape, dtype),
    );
    const [moved] = jvp([output], weights, directions);
    return { inputs: [x, ...directions], outputs: { output: orZeros(moved, output) } };
  });
}

interface PullBack {
  readonly network: FiniteNetwork;
  readonly weights: Weights;
  readonly columns: NdArray;
  readonly vector: NdArray;
}

/** Jᵀv over all items, as feeds of directions. */
async function pullBack(
  { size, executable }: BlockProgram,
  { network, weights, columns, vector }: PullBack,
  { signal }: WorkOptions,
): Promise<Weights> {
  const count = columns.shape[0]!;
  const { outputs, outputShape, dtype } = network;
  if (!sameShape(vector.shape, [count, outputs]) && !sameShape(vector.shape, [count, ...outputShape])) {
    throw new FathomError({
      code: "bad-shape",
      message: `The vector has the shape ${showShape(vector.shape)}; the kernel acts on [${count}, ${outputs}].`,
      where: "vector",
      hint: "Give one number for every output of every item of x2.",
    });
  }
  const sums = new Map(
    network.trained.map((name) => [name, zeros("float64", network.parameters[name]!.shape)]),
  );
  for (let from = 0; from < count; from += size) {
    await eventLoopTurn();
    signal?.throwIfAborted();
    const cotangent = zeros(dtype, [size, outputs]);
    const taken = (vector.data as Float64Array).subarray(
      from * outputs,
      Math.min(from + size, count) * outputs,
    );
    (cotangent.data as Float64Array).set(taken);
    const parts = await executable.run({ ...weights, x: blockOf(columns, from, size), cotangent });
    for (const [name, { data }] of sums) {
      const part = parts[name]!.data as Float64Array;
      for (let i = 0; i < data.length; i++) data[i]! += part[i]!;
    }
  }
  return Object.fromEntries([...sums].map(([name, sum]) => [directionName(name), inDtype(sum, dtype)]));
}

function noItems(where: string): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `${where} holds no items.`,
    where,
    hint: "Give at least one item on each side of the kernel.",
  });
}
