/** @file Networks made wider, narrower and deeper. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  buildModel,
  countParameters,
  parseNet,
  parseNetText,
  repeatedBlock,
  scalableWidths,
  scaleWidths,
  withDepth,
} from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

const example = (name: string) =>
  parseNetText(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), "utf8"));

const scaled = [
  "tanh-mlp",
  "pre-ln-residual-mlp",
  "batchnorm-resnet",
  "convnet-gp",
  "resnet-gp",
  "residual-cnn-gp",
  "transformer-block",
  "mlp-mixer",
  "gcn2",
  "shared-delta-residual",
  "relu-fixed-head",
  "shallow-erf",
];

describe.each(scaled)("%s", (name) => {
  const net = example(name);

  it("wider, it keeps its input and output, and every hidden width has the factor", () => {
    const wide = scaleWidths(net, 3);
    const [before, after] = [buildModel(net), buildModel(wide)];
    expect(after.inputShape).toEqual(before.inputShape);
    expect(after.outputShape).toEqual(before.outputShape);
    expect(scalableWidths(wide).map(({ value }) => value)).toEqual(
      scalableWidths(net).map(({ value }) => 3 * value),
    );
    expect(countParameters(after)).toBeGreaterThan(countParameters(before));
  });

  it("widened and narrowed back it is what it was, and factors multiply", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (a, b) => {
        expect(scaleWidths(scaleWidths(net, a), 1 / a)).toEqual(net);
        expect(scaleWidths(scaleWidths(net, a), b)).toEqual(scaleWidths(net, a * b));
      }),
      { numRuns: 4 },
    );
  });
});

it("a one-line network gets the width that it could have been written with", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 3, max: 9 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom("none", "ln-pre", "ln-act"),
      fc.constantFrom(0, 0.5),
      (depth, width, factor, norm, mu) => {
        const line = (w: number) =>
          parseNetText(`mlp:depth=${depth},width=${w},norm=${norm},mu=${mu},in=5,out=3`);
        expect(scaleWidths(line(width), factor)).toEqual(line(width * factor));
      },
    ),
    { numRuns: 30 },
  );
});

it("heads of attention stay as many as they are", () => {
  const wide = scaleWidths(example("transformer-block"), 4);
  const [, , , attention] = buildModel(wide).layers;
  const inner = attention!.chains["branch"]![1]!;
  expect(inner.spec).toMatchObject({ kind: "selfAttention", heads: 4 });
  expect(inner.output.shape).toEqual([16, 128]);
});

it("one group a channel stays one group a channel, other groups stay as many", () => {
  const conv = (channels: number, groups: number) => ({ kind: "conv", channels, kernel: 3, groups });
  const net = parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, 8, 8] },
    layers: [conv(6, 1), conv(6, 6), conv(9, 3), { kind: "globalAvgPool" }, { kind: "dense", width: 2 }],
  });
  expect(scaleWidths(net, 2).layers.slice(0, 3)).toMatchObject([conv(12, 1), conv(12, 12), conv(18, 3)]);
});

it("a skip from the input holds what it joins at the input's width, and the inside of its branch grows", () => {
  const dense = (width: number) => ({ kind: "dense", width });
  const net = parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [5] },
    layers: [{ kind: "residual", branch: [dense(7), dense(5)] }, dense(2)],
  });
  const [block] = scaleWidths(net, 2).layers;
  expect(block).toMatchObject({ branch: [{ width: 14 }, { width: 5 }] });
});

describe("what cannot follow is refused by name", () => {
  const net = (input: object, ...layers: object[]) => parseNet({ fathom: 1, input, layers });
  const vector = { kind: "vector", shape: [4] };

  it("no hidden width", () => {
    expect(refusal(() => scaleWidths(net(vector, { kind: "dense", width: 3 }), 2))).toMatchObject({
      code: "unsupported",
      where: "layers[0]",
    });
  });

  it("a width that would be no whole number", () => {
    expect(
      refusal(() => scaleWidths(net(vector, { kind: "dense", width: 3 }, { kind: "dense", width: 2 }), 0.5)),
    ).toMatchObject({ code: "bad-input", where: "layers[0].width" });
    for (const factor of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(
        refusal(() =>
          scaleWidths(net(vector, { kind: "dense", width: 3 }, { kind: "dense", width: 2 }), factor),
        ),
      ).toMatchObject({ code: "bad-input" });
    }
  });

  it("flattening two axes that grow", () => {
    const mixing = net(
      { kind: "image", shape: [2, 4, 4] },
      { kind: "conv", channels: 3, kernel: 1 },
      { kind: "toTokens" },
      { kind: "transpose" },
      { kind: "dense", width: 5 },
      { kind: "flatten" },
      { kind: "dense", width: 2 },
    );
    expect(refusal(() => scaleWidths(mixing, 2))).toMatchObject({
      code: "unsupported",
      where: "layers[4]",
    });
  });
});

describe("depth", () => {
  it("a one-line network of another depth is the one that could have been written", () => {
    for (const rest of ["", ",norm=ln-pre,mu=1"]) {
      const line = (depth: number) => parseNetText(`mlp:depth=${depth},width=6,in=3${rest}`);
      expect(withDepth(line(5), 9)).toEqual(line(rest === "" ? 9 : 10));
      expect(repeatedBlock(line(7)).times).toBe(rest === "" ? 7 : 6);
    }
  });

  it("a repetition in JSON is found, and nothing else changes", () => {
    const net = example("mlp-mixer");
    expect(repeatedBlock(net)).toEqual({ start: 2, length: 2, times: 4 });
    expect(withDepth(net, 4)).toEqual(net);
    expect(withDepth(net, 1).layers).toHaveLength(net.layers.length - 6);
  });

  it("a network without repetition has no depth to change", () => {
    expect(refusal(() => withDepth(example("transformer-block"), 2))).toMatchObject({
      code: "unsupported",
      where: "layers",
    });
    expect(refusal(() => withDepth(example("tanh-mlp"), 1.5))).toMatchObject({ code: "bad-input" });
  });
});
