/** @file The compiler of layer programs: covariance operations of a network become what the SIMD interpreter runs. */
import type { CovarianceOp, NetShape, Parameterisation } from "../../net/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { KernelValue } from "../types.ts";
import { assemble } from "./assemble.ts";
import { Builder, positionsOf } from "./builder.ts";
import { Geometry, ringsOf } from "./displacements.ts";
import { scratchBytes } from "./encode.ts";
import { lower, result } from "./lower.ts";
import type { Both, InputLayout, Program } from "./program.ts";

export { type FormUse, type InputLayout, inputBytes, type Program, type Segment } from "./program.ts";
export { RECTANGLE_WORDS } from "./tables.ts";

/** Items of side A that share the axis of positions in networks of vectors. */
export const BATCH = 64;

/** Positions and channels of one item: images and signals have channels first, tokens and graphs last. */
function layoutOf({ kind, shape }: NetShape): { readonly layout: InputLayout; readonly sizes: Both } {
  const ids = kind === "ids";
  const channelsLast = kind === "tokens" || kind === "graph";
  const axes = ids ? shape : channelsLast ? shape.slice(0, -1) : shape.slice(1);
  const channels = ids ? 1 : (channelsLast ? shape.at(-1) : shape[0])!;
  const positions = sizeOf(axes);
  const steps = channelsLast
    ? { positionStep: channels, channelStep: 1 }
    : { positionStep: 1, channelStep: positions };
  const sizes: Both = axes.length === 2 ? [axes[0]!, axes[1]!] : [1, positions];
  return { layout: { positions, channels, ...steps, ids }, sizes };
}

/**
 * Compiles a covariance program for the SIMD interpreter.
 * @param ops - covariance program of the network (net/rules.ts).
 * @param input - shape of one item.
 * @param options - which kernels, and of which parameterisation Θ is.
 * @throws FathomError unsupported naming what the float32 engine does not compute.
 * @example compile(covarianceProgram(model), model.net.input, { values: ["nngp"], parameterisation: "ntk" })
 */
export function compile(
  ops: readonly CovarianceOp[],
  input: NetShape,
  options: { readonly values: readonly KernelValue[]; readonly parameterisation: Parameterisation },
): Program {
  const { layout, sizes } = layoutOf(input);
  const builder = new Builder(options.parameterisation);
  const space = builder.space(sizes, [1, 1]);
  // Ids agree or not: their kernel has the scale 1.
  const scale = 1 / layout.channels;
  const start = builder.map({ space, scale, size: layout.channels, nonNegative: layout.ids });
  builder.emit({ op: "input", target: start, factor: 1, shift: 0 });
  const ntk = options.values.includes("ntk") ? null : undefined;
  const end = result(builder, lower(builder, ops, { nngp: start, ntk, mean: "unknown" }));
  const alone = builder.instructions.every(
    ({ windows, ending }) => windows === undefined && ending === undefined,
  );
  const vectors = !layout.ids && alone && builder.spaces.every((one) => positionsOf(one) === 1);
  const largest = Math.max(...builder.spaces.map(positionsOf));
  const mapSize = 16 * (vectors ? BATCH : largest);
  const results = [end.nngp, end.ntk].flatMap((map) => (map ? [map.id] : []));
  const geometry = new Geometry(ringsOf(ops));
  const { address, ...assembled } = assemble(builder, geometry, layout, { results, mapSize });
  const resultOf = (map: { readonly id: number; readonly scale: number }) => ({
    offset: address(map.id),
    scale: map.scale,
  });
  return {
    ...assembled,
    input: layout,
    slots: builder.slots,
    kept: builder.kept,
    forms: builder.forms,
    vectors,
    scratchBytes: scratchBytes(builder.instructions),
    spareBytes: mapSize,
    nngp: resultOf(end.nngp),
    ntk: end.ntk && resultOf(end.ntk),
  };
}
