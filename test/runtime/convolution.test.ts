/** @file Convolutions and poolings as ONNX graphs: their forms, their bits on several threads, the memory they hold. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  add,
  conv,
  convFilter,
  convInput,
  evaluate,
  input,
  maxPool,
  pad,
  relu,
  reshape,
  stopGradient,
  sumPool,
  sumPoolInput,
  type Tensor,
  transpose,
} from "../../src/expr/index.ts";
import { channelBlock } from "../../src/runtime/channel-block.ts";
import { compile, executableCache } from "../../src/runtime/index.ts";
import { lowerGraph, namedGraph } from "../../src/runtime/lower.ts";
import { peakBytes } from "../../src/runtime/memory.ts";
import { type FloatDType, Key, type NdArray, normal, sizeOf } from "../../src/tensor/index.ts";
import { expectClose } from "../expr/check.ts";
import { bits } from "./networks.ts";

afterAll(() => executableCache.clear());

function drawn(inputs: readonly Tensor[]): Record<string, NdArray> {
  return Object.fromEntries(
    inputs.map(({ attrs, dtype, shape }) => {
      const name = String(attrs["name"]);
      return [name, normal(Key.fromSeed(8).split(name), dtype as FloatDType, shape)] as const;
    }),
  );
}

const between = (min: number, max: number) => fc.integer({ min, max });
const pair = <T>(each: fc.Arbitrary<T>) => fc.tuple(each, each);
/** Channels that fill the blocks of the device's fast convolutions, and others. */
const width = fc.oneof(between(1, 40), fc.constantFrom(16, 32));
const geometry = fc.record({
  batch: fc.constantFrom(1, 1, 2, 5),
  groups: fc.constantFrom(1, 1, 2),
  channels: width,
  filters: width,
  size: pair(between(5, 24)),
  kernel: pair(between(1, 4)),
  strides: pair(between(1, 2)),
  padding: pair(pair(between(0, 2))),
  dtype: fc.constantFrom<FloatDType>("float32", "float32", "float64"),
});
type Geometry = typeof geometry extends fc.Arbitrary<infer G> ? G : never;

/** A convolution and its two adjoints. */
function convolutions({ batch, groups, channels, filters, size, kernel, dtype, ...options }: Geometry) {
  const geometry = { ...options, groups };
  const x = input("x", [batch, groups * channels, ...size], dtype);
  const w = input("w", [groups * filters, channels, ...kernel], dtype);
  const y = conv(x, w, geometry);
  const ct = input("ct", y.shape, dtype);
  const outputs = {
    y,
    x: convInput(ct, w, { ...geometry, size }),
    w: convFilter(x, ct, { ...geometry, kernel }),
  };
  return { inputs: [x, w, ct], outputs, terms: Math.max(sizeOf(w.shape), sizeOf(ct.shape)) };
}

describe("convolutions of any sizes", () => {
  it("are right, to the same bits on 1 to 4 threads", async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async (sizes) => {
        const { inputs, outputs, terms } = convolutions(sizes);
        const feeds = drawn(inputs);
        const results: Record<string, NdArray>[] = [];
        for (const threads of [1, 2, 3, 4]) {
          await using executable = await compile({ inputs, outputs, options: { threads } });
          results.push(await executable.run(feeds));
        }
        expect(new Set(results.map(bits)).size).toBe(1);
        // Sums of so many products of normal numbers: as many roundings, at the root of that size.
        const rounding = sizes.dtype === "float32" ? 2 ** -24 : 2 ** -53;
        evaluate(Object.values(outputs), feeds).forEach((expected, i) => {
          expectClose(results[0]![Object.keys(outputs)[i]!]!, expected, 4 * rounding * terms, `${i}`);
        });
      }),
      { numRuns: 25 },
    );
  });
});

describe("the form of", () => {
  const x = input("x", [2, 3, 8, 8]);
  const w = input("w", [4, 3, 3, 3]);
  const b = input("b", [4]);
  const operators = (y: Tensor) =>
    namedGraph({ inputs: [x, w, b], outputs: { y } }).nodes.map(({ op }) => op);

  it("a convolution with a bias by channel is one operator", () => {
    const y = relu(add(conv(x, w), reshape(b, [4, 1, 1])));
    expect(operators(y).filter((op) => op !== "Reshape")).toEqual(["Conv", "Relu"]);
  });

  it("a sum with anything else is not", () => {
    const image = input("image", [4, 6, 6]);
    const graph = namedGraph({ inputs: [x, w, image], outputs: { y: add(conv(x, w), image) } });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Conv", "Add"]);
  });
});

describe("blocks of channels", () => {
  const x = input("x", [2, 32, 8, 8]);
  const w = input("w", [16, 32, 3, 3]);
  const operators = (channelBlock: number | undefined, portable = false) => {
    const { graph } = lowerGraph([x, w], [[conv(x, w)]], { channelBlock, portable });
    return graph.nodes.map(({ op }) => op).filter((op) => op.startsWith("Reorder"));
  };

  it("are used where the device has them and channels fill them", () => {
    expect(operators(16)).toEqual(["ReorderInput", "ReorderOutput"]);
    expect(operators(64)).toEqual([]);
    expect(operators(undefined)).toEqual([]);
    expect(operators(16, true)).toEqual([]);
  });

  it("are asked for once, and devices that have none say so", async () => {
    expect(channelBlock("cpu")).toBe(channelBlock("cpu"));
    expect([undefined, 4, 8, 16, 32]).toContain(await channelBlock("cpu"));
    expect(await channelBlock("webgpu")).toBeUndefined();
  });
});

describe("poolings of padded images", () => {
  it.each([1, 3])("see the padding, which onnxruntime would merge into them (%i wide)", async (width) => {
    const x = input("x", [1, 2, 4, 4]);
    const wide = pad(x, { low: [0, 0, width, width], high: [0, 0, width, width], value: 0 });
    const turned = transpose(
      pad(transpose(x, [0, 1, 3, 2]), { low: [0, 0, width, 0], high: [0, 0, 0, 0] }),
      [0, 1, 3, 2],
    );
    const window = [2, 2];
    const outputs = {
      max: maxPool(wide, { window }),
      sum: sumPool(wide, { window }),
      copied: maxPool(stopGradient(wide), { window }),
      turned: maxPool(turned, { window }),
      repeated: maxPool(sumPoolInput(x, { size: [9, 9], window: [2, 2] }), {
        window: [3, 3],
      }),
    };
    const feeds = { x: normal(Key.fromSeed(3), "float32", x.shape, { mean: -3, std: 1 }) };
    await using executable = await compile({ inputs: [x], outputs });
    const results = await executable.run(feeds);
    const expected = evaluate(Object.values(outputs), feeds);
    Object.keys(outputs).forEach((name, i) => {
      expectClose(results[name]!, expected[i]!, name === "sum" ? 2e-6 : 0, name);
    });
  });
});

describe("the estimate of memory", () => {
  it("covers the copies that filter gradients and convolutions in float64 make", () => {
    const elements = (dtype: FloatDType, kernel: readonly number[]) => {
      const x = input("x", [8, 4, 16, 16], dtype);
      const w = input("w", [4, 4, ...kernel], dtype);
      const bytes = dtype === "float32" ? 4 : 8;
      return peakBytes([conv(x, w)]) / bytes - sizeOf(x.shape) - sizeOf(w.shape);
    };
    expect(elements("float32", [3, 3])).toBe(8 * 4 * 14 * 14);
    expect(elements("float64", [3, 3])).toBe((2 * 9 + 1) * 8 * 4 * 14 * 14);
    const x = input("x", [8, 4, 16, 16]);
    const y = input("y", [8, 4, 16, 16]);
    const padding = [
      [1, 1],
      [1, 1],
    ] as const;
    const needed = peakBytes([convFilter(x, y, { kernel: [3, 3], padding })]) / 4;
    expect(needed).toBeGreaterThanOrEqual((2 + 3 + 2) * sizeOf(x.shape));
  });

  it("covers the patches of a single image whose product would depend on threads", () => {
    const needed = peakBytes([conv(input("x", [1, 64, 16, 16]), input("w", [8, 64, 3, 3]))]) / 4;
    expect(needed).toBeGreaterThanOrEqual((2 * 9 + 1) * 64 * 14 * 14);
  });

  it("covers padded images where poolings are slices", () => {
    const x = (dtype: FloatDType) => input("x", [2, 3, 8, 8], dtype);
    const images = 2 * 3 * 8 * 8;
    const means = (dtype: FloatDType) => peakBytes([sumPool(x(dtype), { window: [2, 2] })]);
    expect(means("float32") / 4).toBe(images + images / 4);
    expect(means("float64") / 8).toBe(4 * images + images / 4);
  });
});
