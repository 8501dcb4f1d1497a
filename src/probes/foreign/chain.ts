/**
 * @file An imported graph as a chain of taps (criticality.md §6): what `tapChain` makes of a description, made of a file. Taps
 * stand at the ends of blocks, or where the caller says, as long as every path passes through them.
 */
import type { Tensor } from "../../expr/index.ts";
import { FathomError, type NdArray, scaled, sizeOf } from "../../tensor/index.ts";
import type { Tap, TapChain } from "../chain.ts";
import { type BlockEnd, blockEnds } from "./blocks.ts";
import { isFloat } from "./flow.ts";
import type { ForeignModel } from "./model.ts";
import { tensorNamed } from "./names.ts";

/** A chain of taps with given weights. */
export interface ForeignChain extends TapChain {
  /** The weights of the file, by name: what is fed for `parameters`. */
  readonly values: Readonly<Record<string, NdArray>>;
  /** The names that the taps' tensors have in the file; undefined where the exporter gave none. */
  readonly tensorNames: readonly (string | undefined)[];
  /** The blocks that end in the taps; `chosen` where the caller named the taps. */
  readonly ends: readonly (Omit<BlockEnd, "kind"> & { readonly kind: BlockEnd["kind"] | "chosen" })[];
}

export interface ForeignChainOptions {
  /** Names of tensors to tap, instead of the ends of blocks. Every path from input to output passes through each. */
  readonly taps?: readonly string[];
  /**
   * Whether examples act on each other's outputs, as by the statistics of a batch: then norms are taken over all of them.
   * `apart` unless said; `examplesApart` finds out. Tensors whose first axis is not that of the examples force `together`.
   */
  readonly examples?: "apart" | "together";
}

/**
 * The chain of an imported model. Its `x` is fed under the input's own name (`inputName(chain.x)`), its weights with `values`.
 * @throws FathomError not-found for an unknown tap; bad-input for one that some path avoids.
 * @example
 * const chain = foreignChain(foreignModel(imported));
 * chain.taps.map(({ name }) => name); // ["layers.0", "layers.1", "head"]
 */
export function foreignChain(model: ForeignModel, options: ForeignChainOptions = {}): ForeignChain {
  const { flow, names } = model;
  const start = isFloat(model.x) ? undefined : flow.cuts[0];
  const ends =
    options.taps === undefined
      ? blockEnds(flow, names, start)
      : options.taps.map((name) => ({
          name,
          kind: "chosen" as const,
          tensor: cutNamed(model, name),
          last: [],
          inner: [],
        }));
  return {
    ...chainThrough(model, ends, options),
    trained: model.trained.map((name) => model.parameters[name]!),
    output: model.output,
    values: model.values,
    tensorNames: ends.map(({ tensor }) => names.nameOf(tensor)),
    ends,
  };
}

/** Where a tap is to stand. */
interface TapPlace {
  readonly name: string;
  readonly tensor: Tensor;
}

/** Taps at tensors that all paths pass through, in their order; the last is the output, and nothing is trained. */
export function chainThrough(
  model: ForeignModel,
  places: readonly TapPlace[],
  { examples }: Pick<ForeignChainOptions, "examples">,
): TapChain {
  const { dtype, samples, x, parameters } = model;
  const together = examples === "together" || places.some(({ tensor }) => tensor.shape[0] !== samples);
  return {
    dtype,
    samples,
    norms: together ? 1 : samples,
    x,
    parameters,
    trained: [],
    output: places.at(-1)!.tensor,
    taps: places.map((place, i) => tapAt(place, i + 1, { samples, together })),
  };
}

/** How many taps are judged: all but a last affine map behind at least two others, the readout. */
export function judgedTaps({ ends }: ForeignChain): number {
  return ends.length > 2 && ends.at(-1)!.kind === "affine" ? ends.length - 1 : ends.length;
}

/**
 * The chain with some weights multiplied.
 * @param factors By name; the others stay.
 */
export function withScaled(chain: ForeignChain, factors: ReadonlyMap<string, number>): ForeignChain {
  const values = Object.entries(chain.values).map(([name, array]) => [
    name,
    scaled(array, factors.get(name) ?? 1),
  ]);
  return { ...chain, values: Object.fromEntries(values) };
}

/** The tap at a tensor. Units are those of one example. */
export function tapAt(
  { name, tensor }: TapPlace,
  index: number,
  { samples, together }: { readonly samples: number; readonly together: boolean },
): Tap {
  return { name, index, tensor, units: sizeOf(tensor.shape) / samples, together };
}

function cutNamed(model: ForeignModel, name: string): Tensor {
  const tensor = tensorNamed(model.names, name);
  if (model.flow.cuts.includes(tensor)) return tensor;
  throw new FathomError({
    code: "bad-input",
    message: `Not every path from input to output passes through "${name}".`,
    where: name,
    hint: "Taps of a chain stand where all paths meet; measure J from or to this tensor as a pair.",
  });
}
