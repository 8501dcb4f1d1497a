/** @file `compile`: a graph of tensors to an executable (engine.md §2, §3). */
import { inputName, inputsOf, type Tensor } from "../expr/index.ts";
import type { NdArray } from "../tensor/index.ts";
import type { Device } from "./backend.ts";
import type { Lease } from "./cache.ts";
import { checkFeeds, checkFiniteFeeds, type FeedSpec, type Feeds } from "./feeds.ts";
import { graphHash, type Named } from "./graph-hash.ts";
import { executableCache, Handle } from "./handle.ts";
import { checkMemory, peakBytes } from "./memory.ts";
import {
  type CompileOptions,
  checkAllListed,
  namesOfInputs,
  type ResolvedOptions,
  resolveOptions,
} from "./options.ts";
import { interpretedProgram, onnxProgram, type Program } from "./program.ts";

/** What an executable is made of. */
export interface ExecutableInfo {
  /** ONNX nodes (for the interpreter: graph nodes). */
  readonly nodes: number;
  /** Sessions; more than one when host operations cut the graph; 0 for the interpreter. */
  readonly stages: number;
  /** Estimated peak memory: constants, feeds and live tensors. */
  readonly peakBytes: number;
  readonly device: Device;
}

export interface CompileRequest {
  /** All inputs that will be fed, used or not. */
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly options?: CompileOptions;
}

/** A compiled graph. Dispose of it when done: sessions hold native memory. */
export class Executable extends Handle<Program> {
  readonly info: ExecutableInfo;
  readonly #specs: readonly FeedSpec[];
  readonly #checkFinite: readonly string[];

  /** Use {@link compile}. */
  constructor(
    lease: Lease<Program>,
    specs: readonly FeedSpec[],
    checkFinite: readonly string[],
    info: ExecutableInfo,
  ) {
    super(lease);
    this.#specs = specs;
    this.#checkFinite = checkFinite;
    this.info = info;
  }

  /**
   * Computes the outputs. The arrays returned are the caller's own.
   * @throws FathomError bad-input or bad-shape for wrong feeds; failed when the computation stops.
   */
  async run(feeds: Feeds): Promise<Record<string, NdArray>> {
    const { program } = this;
    checkFeeds(this.#specs, feeds);
    checkFiniteFeeds(this.#checkFinite, feeds);
    return program.run(feeds);
  }
}

/** Feeds that a list of input nodes asks for. */
export function feedSpecs(inputs: readonly Tensor[]): FeedSpec[] {
  return inputs.map((tensor) => ({ name: inputName(tensor), dtype: tensor.dtype, shape: tensor.shape }));
}

/**
 * Compiles a graph. Host operations cut it into several sessions; equal graphs share one program.
 * @throws FathomError bad-input for outputs that depend on inputs not listed; too-large above the memory bound;
 * unsupported when the device or an operation is not available.
 * @example
 * const x = input("x", [2, 3]);
 * await using double = await compile({ inputs: [x], outputs: { y: mul(x, 2) } });
 * const { y } = await double.run({ x: ndarray("float32", [2, 3], [1, 2, 3, 4, 5, 6]) });
 */
export async function compile({ inputs, outputs, options }: CompileRequest): Promise<Executable> {
  const resolved = resolveOptions(options);
  namesOfInputs(inputs, "inputs");
  const named: Named = Object.entries(outputs);
  const tensors = Object.values(outputs);
  checkAllListed(inputsOf(tensors), inputs, "inputs");
  const needed = peakBytes([...inputs, ...tensors]);
  checkMemory(needed, resolved.memory);
  const key = `graph ${graphHash({ outputs: named }, optionsKey(resolved))}`;
  const lease = await executableCache.lease(key, () => makeProgram(named, resolved));
  const { nodes, stages } = lease.program;
  const info = { nodes, stages, peakBytes: needed, device: resolved.device };
  return new Executable(lease, feedSpecs(inputs), resolved.checkFinite, info);
}

/** The options that a program depends on. */
export function optionsKey({ device, threads, portable }: ResolvedOptions): string {
  return `${device} ${threads} ${portable}`;
}

/** The program that computes named outputs on a device. */
export async function makeProgram(outputs: Named, options: ResolvedOptions): Promise<Program> {
  const { device, threads, portable } = options;
  if (device === "interpreter") return interpretedProgram(outputs);
  return onnxProgram(outputs, portable, { device, threads });
}
