/** @file Items of one side laid out for the walk, and the state that they start in: K0 = (1/C) Σ_c x_c x'_c, Θ0 = 0. */
import { channelAxis, type NetShape } from "../../net/index.ts";
import { FathomError, sizeOf } from "../../tensor/index.ts";
import type { ItemBlock } from "../types.ts";
import type { Walk } from "./context.ts";
import { type KernelState, type Layout, sizeOfGrid } from "./state.ts";

/** Positions along every axis of an input; ids are tokens of one channel. */
export function gridOf(input: NetShape): number[] {
  if (input.kind === "ids") return [...input.shape];
  return input.shape.filter((_, axis) => axis !== channelAxis(input));
}

/**
 * Items as [positions × channels × count].
 * @throws FathomError bad-shape for a block of another size, bad-input for a number that is not finite or an id that is no
 * whole number: each names the item and the index.
 */
export function laidOut({ data, count }: ItemBlock, input: NetShape): Float64Array {
  const size = sizeOf(input.shape);
  if (data.length !== count * size) throw otherShape(data.length, count, input);
  const positions = sizeOfGrid(gridOf(input));
  const channels = size / positions;
  const channelsLast = input.kind === "ids" || channelAxis(input) > 0;
  const result = new Float64Array(data.length);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < size; k++) {
      const value = data[i * size + k]!;
      if (!Number.isFinite(value)) throw notFinite(value, i, k, input);
      if (input.kind === "ids" && !(Number.isInteger(value) && value >= 0)) throw noId(value, i, k);
      const at = channelsLast ? k : (k % positions) * channels + Math.floor(k / positions);
      result[at * count + i] = value;
    }
  }
  return result;
}

/** `[c, h, w]` of entry k. */
function indexOf(k: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = k;
  for (const size of shape.toReversed()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

function otherShape(length: number, count: number, { kind, shape }: NetShape): FathomError {
  return new FathomError({
    code: "bad-shape",
    message: `${count} items of ${kind} [${shape}] are ${count * sizeOf(shape)} numbers, but ${length} are given.`,
    where: "items",
    hint: "Give every item the shape of the network's input.",
  });
}

function notFinite(value: number, item: number, k: number, { shape }: NetShape): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `Item ${item} holds ${value} at [${indexOf(k, shape)}].`,
    where: `items[${item}]`,
    hint: "Numbers must be finite: clean the data first.",
  });
}

function noId(value: number, item: number, k: number): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `Item ${item} holds the id ${value} at [${k}].`,
    where: `items[${item}]`,
    hint: "Ids are whole numbers, 0 or more.",
  });
}

/** The state of the inputs of a walk. Ids count as one-hot vectors: K0 is 1 where they agree. */
export function startState(walk: Walk, input: NetShape, layout: Layout): KernelState {
  const grid = gridOf(input);
  const positions = sizeOfGrid(grid);
  const { count } = walk.pairs;
  const nngp = new Float64Array((layout === "full" ? positions * positions : positions) * count);
  const meet = input.kind === "ids" ? agreement : meanProduct;
  for (let p = 0; p < positions; p++) {
    if (layout === "diagonal") meet(walk, { positions, p, q: p }, nngp, p * count);
    else
      for (let q = 0; q < positions; q++) meet(walk, { positions, p, q }, nngp, (p * positions + q) * count);
  }
  const state = { grid, layout, pairs: count, nngp, ntk: undefined };
  return { ...state, mean: walk.means && input.kind !== "ids" ? meanOfChannels(walk, positions) : undefined };
}

interface Meeting {
  readonly positions: number;
  readonly p: number;
  readonly q: number;
}

/** result[from + t] = (1/C) Σ_c x_c[p] x'_c[q] of pair t. */
function meanProduct(
  { a, b, pairs }: Walk,
  { positions, p, q }: Meeting,
  result: Float64Array,
  from: number,
) {
  const channels = a.inputs.length / (positions * a.count);
  for (let c = 0; c < channels; c++) {
    const atA = (p * channels + c) * a.count + pairs.a.first;
    const atB = (q * channels + c) * b.count + pairs.b.first;
    for (let t = 0; t < pairs.count; t++) {
      result[from + t]! += a.inputs[atA + t * pairs.a.step]! * b.inputs[atB + t * pairs.b.step]!;
    }
  }
  for (let t = 0; t < pairs.count; t++) result[from + t]! /= channels;
}

/** result[from + t] = 1 where the ids at p and q agree. */
function agreement({ a, b, pairs }: Walk, { p, q }: Meeting, result: Float64Array, from: number) {
  const atA = p * a.count + pairs.a.first;
  const atB = q * b.count + pairs.b.first;
  for (let t = 0; t < pairs.count; t++) {
    const same = a.inputs[atA + t * pairs.a.step] === b.inputs[atB + t * pairs.b.step];
    result[from + t] = same ? 1 : 0;
  }
}

/** Mean over the channels of the items of a walk over items, [positions × pairs]. */
function meanOfChannels({ a, pairs }: Walk, positions: number): Float64Array {
  const channels = a.inputs.length / (positions * a.count);
  const mean = new Float64Array(positions * pairs.count);
  for (let p = 0; p < positions; p++) {
    for (let c = 0; c < channels; c++) {
      const at = (p * channels + c) * a.count + pairs.a.first;
      for (let t = 0; t < pairs.count; t++) mean[p * pairs.count + t]! += a.inputs[at + t]! / channels;
    }
  }
  return mean;
}
