/** @file Exact kernels of small images beside finite networks with random weights. */
import { createEngine, monteCarloKernel } from "../../../kernels/index.ts";
import type { Net } from "../../../net/index.ts";
import { type NdArray, ndarray } from "../../../tensor/index.ts";
import type { ExperimentContext } from "../paper.ts";

/** Pixels a side: three images of kernels.md §6.3, which need no data. */
export const smallSize = 8;
const items = 3;

function smallImages(): NdArray<"float32"> {
  const pixel = (i: number, r: number, c: number) => ((7 * i + 3 * r + 5 * c) % 11) / 10;
  const pixels = Array.from({ length: items * smallSize ** 2 }, (_, at) =>
    pixel(Math.floor(at / smallSize ** 2), Math.floor(at / smallSize) % smallSize, at % smallSize),
  );
  return ndarray("float32", [items, 1, smallSize, smallSize], pixels);
}

export interface Deviation {
  /** The largest distance of an entry from the exact one, in standard errors. */
  readonly sigmas: number;
  /** The largest standard error, as a part of its entry. */
  readonly relativeSe: number;
}

/** How far the mean kernel of sampled networks is from the rules of the infinite one. */
export async function deviationOf(
  net: Net,
  networks: number,
  context: ExperimentContext,
): Promise<Deviation> {
  const x1 = smallImages();
  const exact = await ruledKernel(net, x1);
  const { key, options, signal } = context;
  const sampled = monteCarloKernel({ net, key, x1, at: [networks], options, ...(signal && { signal }) });
  for await (const { nngp } of sampled) {
    const { mean, se } = nngp!;
    const entries = Array.from(exact, (k, e) => ({ k, mean: mean.data[e]!, se: se!.data[e]! }));
    return {
      sigmas: Math.max(...entries.map((entry) => Math.abs(entry.mean - entry.k) / entry.se)),
      relativeSe: Math.max(...entries.map((entry) => entry.se / entry.k)),
    };
  }
  throw new Error("a sampled kernel always has one result");
}

/** The kernel by the layers' rules, whether a network has it or not. */
async function ruledKernel(net: Net, x: NdArray<"float32">): Promise<ArrayLike<number>> {
  const engine = await createEngine({
    net,
    values: ["nngp"],
    precision: "float64",
    parameterisation: "ntk",
    allowNonGaussianSum: true,
  });
  const block = { data: Float64Array.from(x.data), count: items };
  engine.load("a", block);
  engine.load("b", block);
  const kernel = Array.from(engine.compute({ same: true }).nngp!);
  engine.dispose();
  return kernel;
}
