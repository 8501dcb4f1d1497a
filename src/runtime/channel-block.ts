/**
 * @file The blocked layout of images that the CPU provider's fast convolutions need: [N, C / b, H, W, b], with b depending on
 * the processor. onnxruntime uses it by itself where filters are constants; Fathom's are not, so it asks for it.
 */
import { ndarray } from "../tensor/index.ts";
import type { OnnxDevice } from "./backend.ts";
import { Builder } from "./builder.ts";
import { encodeModel } from "./encode.ts";
import { Session } from "./session.ts";

/** More channels than any block has. */
const channels = 64;
const known = new Map<OnnxDevice, Promise<number | undefined>>();

/** Channels in a block; `undefined` where a device has no such convolutions. */
export function channelBlock(device: OnnxDevice): Promise<number | undefined> {
  if (device !== "cpu") return Promise.resolve(undefined);
  let block = known.get(device);
  if (block === undefined) {
    block = observedBlock(device).catch(() => undefined);
    known.set(device, block);
  }
  return block;
}

/** Reorders an image of two positions, whose values are 0 and 1: the first block of zeros tells its size. */
async function observedBlock(device: OnnxDevice): Promise<number | undefined> {
  const shape = [1, channels, 1, 2];
  const builder = new Builder();
  const x = builder.declare(0, "x");
  const y = builder.node("ReorderInput", [x], {}, "com.microsoft.nchwc");
  const graph = {
    name: "blocks",
    nodes: builder.nodes[0],
    initializers: [],
    inputs: [{ name: x, dtype: "float32", shape }],
    outputs: [{ name: y, dtype: "float32", shape }],
  } as const;
  const session = await Session.create(encodeModel(graph), { device, threads: 1, optimize: false });
  try {
    const values = Array.from({ length: 2 * channels }, (_, i) => i % 2);
    const { [y]: reordered } = await session.run({ x: ndarray("float32", shape, values) }, [y]);
    const block = (reordered!.data as Float32Array).indexOf(1);
    return block > 1 ? block : undefined;
  } finally {
    await session.dispose();
  }
}
