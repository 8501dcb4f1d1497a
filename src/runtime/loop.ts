/** @file `compileLoop`: many steps of one graph in a single call (engine.md §3, training loops). */
import { inputName, inputsOf, type Tensor, topologicalOrder } from "../expr/index.ts";
import { FathomError, type NdArray, sameShape, showShape } from "../tensor/index.ts";
import { byteSize } from "./builder.ts";
import type { Lease } from "./cache.ts";
import { type ExecutableInfo, feedSpecs, makeProgram, optionsKey } from "./compile.ts";
import { checkFeeds, checkFiniteFeeds } from "./feeds.ts";
import { graphHash, type Named } from "./graph-hash.ts";
import { executableCache, Handle } from "./handle.ts";
import { hoistFixed, preparedLoop } from "./loop-hoist.ts";
import {
  emptyResult,
  type LoopFeeds,
  type LoopProgram,
  type LoopResult,
  type LoopStep,
  onnxLoopProgram,
  stepOutputs,
  stepwiseLoopProgram,
} from "./loop-program.ts";
import { checkMemory, peakBytes } from "./memory.ts";
import {
  type CompileOptions,
  checkAllListed,
  namesOfInputs,
  type ResolvedOptions,
  resolveOptions,
} from "./options.ts";

export interface LoopCompileRequest {
  /** Inputs that hold the carried values at the start of a step. */
  readonly carry: readonly Tensor[];
  /** The carried values after the step: same order, shapes and dtypes. */
  readonly next: readonly Tensor[];
  /** Inputs that differ from step to step. */
  readonly perStep?: readonly Tensor[];
  /** Inputs that stay the same over all steps: a whole data set, a learning rate. Not copied. */
  readonly shared?: readonly Tensor[];
  /** Outputs kept from every step. */
  readonly collect?: Readonly<Record<string, Tensor>>;
  readonly options?: CompileOptions;
}

/** What a run of a loop may leave out. */
export type LoopRunRequest = Pick<LoopFeeds, "carry" | "steps"> & Partial<LoopFeeds>;

/** A compiled loop. Dispose of it when done. */
export class LoopExecutable extends Handle<LoopProgram> {
  readonly info: ExecutableInfo;
  readonly #step: LoopStep;
  readonly #checkFinite: readonly string[];

  /** Use {@link compileLoop}. */
  constructor(
    lease: Lease<LoopProgram>,
    step: LoopStep,
    checkFinite: readonly string[],
    info: ExecutableInfo,
  ) {
    super(lease);
    this.#step = step;
    this.#checkFinite = checkFinite;
    this.info = info;
  }

  /**
   * Runs `steps` steps. The result does not depend on how steps are divided among runs, to the bit.
   * @param request carry: arrays by input name; perStep: arrays `[steps, ...shape]`; shared: arrays; steps: 0 or more.
   * @throws FathomError bad-input or bad-shape for wrong feeds; failed when the computation stops.
   */
  async run({ carry, perStep = {}, shared = {}, steps }: LoopRunRequest): Promise<LoopResult> {
    const { program } = this;
    if (!Number.isSafeInteger(steps) || steps < 0) {
      throw new FathomError({
        code: "bad-input",
        message: `steps is ${steps}, not a count.`,
        where: "steps",
      });
    }
    const step = this.#step;
    checkFeeds(feedSpecs(step.carried.map(({ input }) => input)), carry, "carried value");
    const stacked = feedSpecs(step.perStep).map((spec) => ({ ...spec, shape: [steps, ...spec.shape] }));
    checkFeeds(stacked, perStep, "per-step feed");
    checkFeeds(feedSpecs(step.shared), shared, "shared feed");
    for (const feeds of [carry, perStep, shared]) checkFiniteFeeds(this.#checkFinite, feeds);
    return steps === 0 ? emptyResult(step, carry) : program.run({ carry, perStep, shared, steps });
  }
}

/**
 * Compiles a step that is repeated with carried values: one call runs many steps inside one session. Host operations on shared
 * inputs alone run once a call; steps with others, and the interpreter, run step by step with the same results.
 * @throws FathomError bad-input or bad-shape when carry and next do not match or inputs are not listed; too-large above the
 * memory bound; unsupported when the device or an operation is not available.
 * @example
 * const w = input("w", [3]), g = input("g", [3]);
 * await using loop = await compileLoop({ carry: [w], next: [sub(w, mul(g, 0.1))], perStep: [g] });
 * const { carry } = await loop.run({ carry: { w: w0 }, perStep: { g: gradients }, steps: 5 });
 */
export async function compileLoop(request: LoopCompileRequest): Promise<LoopExecutable> {
  const { carry, next, perStep = [], shared = [], collect = {} } = request;
  const options = resolveOptions(request.options);
  checkCarry(carry, next);
  const inputs = [...carry, ...perStep, ...shared];
  namesOfInputs(inputs, "carry, perStep and shared");
  const results = [...next, ...Object.values(collect)];
  checkAllListed(inputsOf(results), inputs, "carry, perStep or shared");
  const carried = carry.map((input, i) => ({ input, next: next[i]! }));
  const step: LoopStep = { carried, perStep, shared, collect: Object.entries(collect) };
  // The packed copies at entry and exit live beside the step's own tensors.
  const needed =
    peakBytes([...inputs, ...results]) + 2 * carry.reduce((sum, tensor) => sum + byteSize(tensor), 0);
  checkMemory(needed, options.memory);
  const lease = await executableCache.lease(loopKey(step, options), () => makeLoop(step, options));
  const { nodes, stages } = lease.program;
  return new LoopExecutable(lease, step, options.checkFinite, {
    nodes,
    stages,
    peakBytes: needed,
    device: options.device,
  });
}

function loopKey(step: LoopStep, options: ResolvedOptions): string {
  const named = (tensors: readonly Tensor[]): Named => tensors.map((tensor) => [inputName(tensor), tensor]);
  const groups = {
    carry: named(step.carried.map(({ input }) => input)),
    next: step.carried.map(({ next }) => ["next", next] as const),
    perStep: named(step.perStep),
    shared: named(step.shared),
    collect: step.collect,
  };
  return `loop ${graphHash(groups, optionsKey(options))}`;
}

async function makeLoop(whole: LoopStep, options: ResolvedOptions): Promise<LoopProgram> {
  const { step, hoisted } = hoistFixed(whole);
  const loop = await makeRepeated(step, options);
  if (hoisted.length === 0) return loop;
  try {
    return preparedLoop(await makeProgram(hoisted, options), loop);
  } catch (error) {
    await loop.dispose();
    throw error;
  }
}

async function makeRepeated(step: LoopStep, options: ResolvedOptions): Promise<LoopProgram> {
  const outputs = stepOutputs(step);
  const onHost = topologicalOrder(outputs.map(([, tensor]) => tensor)).some(({ op }) => op.host === true);
  if (options.device === "interpreter" || onHost) {
    return stepwiseLoopProgram(step, await makeProgram(outputs, options));
  }
  const { device, threads, portable } = options;
  return onnxLoopProgram(step, portable, { device, threads });
}

function checkCarry(carry: readonly Tensor[], next: readonly Tensor[]): void {
  if (carry.length !== next.length) {
    throw new FathomError({
      code: "bad-input",
      message: `${carry.length} carried values, but ${next.length} next ones.`,
      where: "next",
    });
  }
  carry.forEach((tensor, i) => {
    const after = next[i]!;
    if (sameShape(tensor.shape, after.shape) && tensor.dtype === after.dtype) return;
    const name = inputName(tensor);
    throw new FathomError({
      code: "bad-shape",
      message: `The carried value "${name}" is ${describe(tensor)}; after the step it is ${describe(after)}.`,
      where: `next[${i}]`,
    });
  });
}

function describe({ dtype, shape }: Pick<NdArray, "dtype" | "shape">): string {
  return `${dtype} ${showShape(shape)}`;
}
