/** @file Gains and shifts, one a channel: the affine part of normalisations, and what broadcasts along the channel axis. */
import { add, mul, reshape, type Tensor } from "../expr/index.ts";
import { constantRule, type ParameterRule } from "./define.ts";
import { channelAxis, channels, type NetShape } from "./shapes.ts";

/** A gain of 1 and a shift of 0 for each channel. */
export function gainAndShift(input: NetShape): { gain: ParameterRule; shift: ParameterRule } {
  const shape = [channels(input)];
  return { gain: constantRule(shape, 1), shift: constantRule(shape, 0) };
}

/** One number a channel, `[C]`, in a shape that broadcasts over batches of `input`. */
export function alongChannels(values: Tensor, input: NetShape): Tensor {
  const after = input.shape.length - channelAxis(input) - 1;
  return after === 0 ? values : reshape(values, [...values.shape, ...new Array<number>(after).fill(1)]);
}

/** gain·x + shift, either left out where the layer does not have it. */
export function applyAffine(
  x: Tensor,
  input: NetShape,
  { gain, shift }: Readonly<Record<string, Tensor>>,
): Tensor {
  const scaled = gain === undefined ? x : mul(x, alongChannels(gain, input));
  return shift === undefined ? scaled : add(scaled, alongChannels(shift, input));
}
