/** @file Items of a network in blocks that fit a bound on memory: the common part of all work that takes one pass over them. */
import { input, type Tensor, vmap } from "../../expr/index.ts";
import { type CompileOptions, compile, type Executable } from "../../runtime/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { FiniteNetwork } from "./network.ts";

/** Memory of a block or tile unless said, bytes. */
export const MEMORY = 1e9;
/** Part of the memory that the arrays of a compiled graph may take: the runtime's own buffers are up to as large. */
const PART_OF_ARRAYS = 0.5;
/** Items of a block, at most. */
const MOST_ITEMS = 256;

/** How items are cut into blocks, and compiled. */
export interface BlockOptions {
  /** Bytes that a block may take: 1 GB unless said. */
  readonly memory?: number | undefined;
  readonly options?: CompileOptions | undefined;
}

/** A graph compiled for a number of items. */
export interface BlockProgram {
  readonly size: number;
  readonly executable: Executable;
}

/** Outputs of a graph by name, and the inputs it takes beside the weights. */
interface BlockGraph {
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** The outputs of `size` items, `[size, C]`, and the input they are fed by, `x` `[size, 1, ...]`. */
export function batched(
  network: FiniteNetwork,
  size: number,
): { readonly x: Tensor; readonly output: Tensor } {
  const { x, output } = network.forward("x");
  const [many] = vmap([output], { over: [x], size });
  return { x: input("x", [size, ...x.shape], x.dtype), output: many! };
}

/** Compiles a graph within a bound on memory. @throws FathomError too-large where it does not fit. */
export function compileWithin(
  memory: number,
  { inputs, outputs, options }: BlockGraph & { readonly options?: CompileOptions | undefined },
): Promise<Executable> {
  const bound = PART_OF_ARRAYS * Math.min(memory, options?.memory ?? memory);
  return compile({ inputs, outputs, options: { ...options, memory: bound } });
}

/**
 * Compiles a graph for as many items as fit.
 * @param build The graph for a number of items, made anew for each try.
 * @throws FathomError too-large where one item does not fit, bad-input for a memory that is not above 0.
 */
export async function compileBlock(
  network: FiniteNetwork,
  count: number,
  build: (size: number) => BlockGraph,
  { memory = MEMORY, options }: BlockOptions,
): Promise<BlockProgram> {
  requireMemory(memory);
  let size = Math.min(count, MOST_ITEMS);
  for (;;) {
    try {
      const { inputs, outputs } = build(size);
      const all = [...new Set([...inputs, ...Object.values(network.parameters)])];
      const executable = await compileWithin(memory, { inputs: all, outputs, options });
      return { size, executable };
    } catch (error) {
      if (!(error instanceof FathomError) || error.code !== "too-large" || size === 1) throw error;
      size = Math.ceil(size / 2);
    }
  }
}

/** @throws FathomError bad-input unless it is above 0. */
export function requireMemory(memory: number): void {
  if (memory > 0) return;
  throw new FathomError({
    code: "bad-input",
    message: `memory is ${memory}.`,
    where: "memory",
    hint: "Give the bytes that a block or tile may take, as 1e9.",
  });
}
