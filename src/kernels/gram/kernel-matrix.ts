/** @file Kernel matrices of a network between items: K and Θ of the infinite width (kernels.md §2). */
import type { KernelValue } from "../types.ts";
import { fillHere } from "./compute.ts";
import { type BlockPlace, blocksOf, type Grid, pairsOfBlock, sizeOfBlock } from "./grid.ts";
import { sharedFloats } from "./items.ts";
import { indexOfBlock, matrixOfBlocks } from "./matrix.ts";
import { jobOf, type KernelJob, type KernelMatrixOptions, type KernelResult } from "./options.ts";
import type { BlockBuffers } from "./strips.ts";

/**
 * The kernel matrices of a network between the items of x1 and x2, or of x1 with itself.
 * @returns K (`nngp`) and Θ (`ntk`), those asked for, in blocks of 512 × 512.
 * @throws FathomError unsupported naming a layer without a kernel; bad-shape, bad-input for items that the network does
 * not take or that are not finite; cancelled by the signal.
 * @example
 * const { nngp } = await kernelMatrix({ net: parseNetText("mlp:depth=3,activation=relu"), x1: images });
 */
export async function kernelMatrix(options: KernelMatrixOptions): Promise<KernelResult> {
  const job = jobOf(options);
  const { signal, onProgress } = options;
  const places = blocksOf(job.grid);
  const total = sum(places.map((place) => pairsOfBlock(job.grid, place)));
  const blocks = memoryBlocks(job, places);
  const start = performance.now();
  let pairs = 0;
  const build = await fillHere(job, {
    places,
    signal,
    buffers: (place) => buffersOf(job, blocks, place),
    onBlock: (place) => {
      pairs += pairsOfBlock(job.grid, place);
      onProgress?.({ label: "kernel", done: pairs, total });
    },
  });
  const seconds = (performance.now() - start) / 1000;
  return {
    ...matricesOf(job, blocks),
    build,
    pairs,
    seconds,
    pairsPerSecond: seconds > 0 ? pairs / seconds : 0,
  };
}

type Blocks = Partial<Record<KernelValue, (Float32Array | Float64Array)[]>>;

function memoryBlocks({ spec, grid }: KernelJob, places: readonly BlockPlace[]): Blocks {
  const one = (place: BlockPlace) => sharedFloats(spec.precision, sizeOfBlock(grid, place));
  return Object.fromEntries(spec.values.map((value) => [value, places.map(one)]));
}

function buffersOf({ grid }: { grid: Grid }, blocks: Blocks, place: BlockPlace): BlockBuffers {
  const at = indexOfBlock(grid, place);
  return Object.fromEntries(Object.entries(blocks).map(([value, list]) => [value, list[at]!]));
}

function matricesOf({ spec, grid }: KernelJob, blocks: Blocks): Pick<KernelResult, KernelValue> {
  const entries = spec.values.map((value) => [value, matrixOfBlocks(grid, spec.precision, blocks[value]!)]);
  return Object.fromEntries(entries);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
