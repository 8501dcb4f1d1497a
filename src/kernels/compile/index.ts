/** @file The compiler of layer programs: covariance operations of a network become what the SIMD interpreter runs. */
import type { CovarianceOp, NetShape } from "../../net/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import { allocate } from "./allocate.ts";
import { Builder } from "./builder.ts";
import { encode, scratchBytes } from "./encode.ts";
import { fuse } from "./fuse.ts";
import { finalMean, lower } from "./lower.ts";
import type { InputLayout, Program } from "./program.ts";

export type { InputLayout, Program, Space } from "./program.ts";

/** Positions and channels of one item: images and signals have channels first, tokens and graphs last. */
function layoutOf({
  kind,
  shape,
}: NetShape): InputLayout & { readonly height: number; readonly width: number } {
  const channelsLast = kind === "tokens" || kind === "graph";
  const sizes = channelsLast ? shape.slice(0, -1) : shape.slice(1);
  const channels = (channelsLast ? shape.at(-1) : shape[0])!;
  const positions = sizeOf(sizes);
  const [height, width] = sizes.length === 2 ? [sizes[0]!, sizes[1]!] : [1, positions];
  const steps = channelsLast
    ? { positionStep: channels, channelStep: 1 }
    : { positionStep: 1, channelStep: positions };
  return { positions, channels, ...steps, height, width };
}

/**
 * Compiles a covariance program for the SIMD interpreter.
 * @param ops - covariance program of the network (net/rules.ts).
 * @param input - shape of one item.
 * @throws FathomError unsupported naming what the float32 engine does not compute.
 * @example compile(covarianceProgram(model), model.net.input)
 */
export function compile(ops: readonly CovarianceOp[], input: NetShape): Program {
  const { height, width, ...layout } = layoutOf(input);
  const builder = new Builder();
  const { channels } = layout;
  const space = builder.space(height, width);
  const start = builder.map({ space, scale: 1 / channels, size: channels, nonNegative: false });
  builder.emit({ op: "input", target: start, factor: 1, shift: 0 });
  const { nngp } = finalMean(builder, lower(builder, ops, { nngp: start }));
  const instructions = fuse(builder.instructions, [nngp.id]);
  const { places, count } = allocate(instructions, [nngp.id]);
  const bytes = 16 * Math.max(...builder.spaces.map((s) => s.height * s.width));
  const address = (id: number) => places.get(id)! * bytes;
  return {
    words: encode(instructions, layout, address),
    spaces: builder.spaces,
    input: layout,
    slots: builder.slots,
    mapBytes: count * bytes,
    scratchBytes: scratchBytes(instructions),
    spareBytes: bytes,
    nngp: { offset: address(nngp.id), scale: nngp.scale },
  };
}
