/** @file What users of kernels get wrong (kernels.md §13), at the public face: each has a typed error that names the place. */
import { describe, expect, it } from "vitest";
import {
  classTargets,
  gpInference,
  gradientDescentMse,
  kernelDiagonal,
  kernelMatrix,
  ntkInference,
} from "../../src/kernels/index.ts";
import { parseNet } from "../../src/net/index.ts";
import { FathomError, ndarray } from "../../src/tensor/index.ts";
import { rejection } from "../refusal.ts";
import { type Layer, netOf, smallCnnGps, syntheticImages } from "./networks.ts";
import { entriesOf } from "./public.ts";

const images = (count: number) => ndarray("float64", [count, 1, 8, 8], syntheticImages(count));
const phi = (activation: unknown): Layer => ({ kind: "activation", activation });
const dense: Layer = { kind: "dense", width: 4, sw2: 1 };
const pair = ndarray("float64", [2, 2], [1, 0, 0.6, 0.8]);

/** The error of a network of the given layers on two vectors, or on images. */
const ofVectors = (...layers: readonly Layer[]) =>
  rejection(async () => kernelMatrix({ net: netOf("vector", [2], ...layers), x1: pair }));
const ofImages = (...layers: readonly Layer[]) =>
  rejection(async () =>
    kernelMatrix({ net: netOf("image", [1, 8, 8], ...layers, { kind: "flatten" }), x1: images(2) }),
  );

/** Every error says where it stands and what to do. */
function expectComplete(error: FathomError): void {
  expect(error).toBeInstanceOf(FathomError);
  expect(error.where).toBeTruthy();
  expect(error.hint).toBeTruthy();
}

describe("items", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])("that hold %s are named with the pixel", async (value) => {
    const x1 = images(3);
    x1.data[64 + 8 * 3 + 5] = value;
    const error = await rejection(() => kernelMatrix({ net: smallCnnGps.resnet, x1 }));
    expectComplete(error);
    expect(error).toMatchObject({ code: "bad-input", where: "x1[1]" });
    expect(error.message).toContain("[0, 3, 5]");
  });

  it("of different shapes are refused, with both shapes", async () => {
    const x2 = ndarray("float64", [1, 1, 7, 8], syntheticImages(1).subarray(0, 56));
    const error = await rejection(() => kernelMatrix({ net: smallCnnGps.resnet, x1: images(1), x2 }));
    expectComplete(error);
    expect(error).toMatchObject({ code: "bad-shape", where: "x2" });
  });

  it("of none make an empty matrix, and an empty diagonal", async () => {
    const x = ndarray("float64", [0, 1, 8, 8], new Float64Array(0));
    const { nngp, pairs } = await kernelMatrix({ net: smallCnnGps.resnet, x1: x });
    expect([nngp!.rows, nngp!.columns, pairs]).toEqual([0, 0, 0]);
    expect((await kernelDiagonal({ net: smallCnnGps.resnet, x })).nngp!.shape).toEqual([0]);
  });
});

describe("layers", () => {
  it.each<[string, Layer, RegExp]>([
    [
      "a window larger than the image",
      { kind: "conv", channels: 2, kernel: 9, padding: "valid" },
      /9.*8|8.*9/,
    ],
    ["a kernel of 0", { kind: "conv", channels: 2, kernel: 0 }, /kernel/],
    ["a kernel of 2.5", { kind: "conv", channels: 2, kernel: 2.5 }, /kernel/],
    ["a stride of 0", { kind: "conv", channels: 2, kernel: 3, stride: 0 }, /stride/],
    ["a stride of -1", { kind: "conv", channels: 2, kernel: 3, stride: -1 }, /stride/],
    ["a negative weight variance", { kind: "conv", channels: 2, kernel: 3, sw2: -1 }, /sw2/],
    ["a negative bias variance", { kind: "conv", channels: 2, kernel: 3, sb2: -0.1 }, /sb2/],
    ["a pool larger than the image", { kind: "avgPool", window: 9, padding: "valid" }, /9.*8|8.*9/],
  ])("with %s are refused by name", async (_, layer, message) => {
    const error = await ofImages(layer);
    expectComplete(error);
    expect(`${error.where} ${error.message}`).toMatch(/layers\[0\]|layers\.0/);
    expect(`${error.where} ${error.message}`).toMatch(message);
  });

  it.each<[string, Layer]>([
    ["a rate of dropout of 1", { kind: "dropout", rate: 1 }],
    ["a negative rate of dropout", { kind: "dropout", rate: -0.1 }],
    ["a negative epsilon", { kind: "layerNorm", epsilon: -1e-3 }],
  ])("with %s are refused", async (_, layer) => {
    const error = await ofVectors(dense, layer, dense);
    expectComplete(error);
    expect(error.code).toBe("bad-input");
    expect(`${error.where} ${error.message}`).toContain("layers[1]");
  });

  it("an activation that no affine layer precedes is refused", async () => {
    const error = await ofVectors(phi("relu"), dense);
    expectComplete(error);
    expect(error.code).toBe("unsupported");
    expect(`${error.where} ${error.message}`).toContain("layers[0]");
  });

  it("a sum of a network with itself is refused: 2x has 4K, not 2K", async () => {
    const error = await ofVectors(dense, { kind: "residual", branch: [{ kind: "scale", factor: 1 }] });
    expectComplete(error);
    expect(error.code).toMatch(/unsupported|bad-input/);
  });

  it("without a kernel are named: maxPool", async () => {
    const error = await ofImages({ kind: "conv", channels: 2, kernel: 3 }, { kind: "maxPool", window: 2 });
    expectComplete(error);
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain("layers[1] (maxPool)");
  });
});

describe("activations whose kernel needs a range of variances", () => {
  const precisions = ["float64", "float32"] as const;

  it.each(precisions)(
    "hermite is no longer cⁿ at variances other than 1, and right, in %s",
    async (precision) => {
      const net = netOf("vector", [2], { ...dense, sw2: 3 }, phi({ kind: "hermite", degree: 2 }), dense);
      const { nngp } = await entriesOf({ net, x: pair, precision });
      // E (u² − 1)(w² − 1)/2 at variances 3/2 and covariance 0.9.
      expect(nngp[0]![1]).toBeCloseTo((1.5 ** 2 + 2 * 0.9 ** 2 - 3 + 1) / 2, 5);
    },
  );

  it.each(precisions)("exp(b x²) where 2 b v is 1 or more names its layer, in %s", async (precision) => {
    const net = netOf("vector", [2], { ...dense, sw2: 2 }, phi({ kind: "gaussian", a: 1, b: 0.6 }), dense);
    const error = await rejection(() => kernelMatrix({ net, x1: pair, precision }));
    expectComplete(error);
    expect(`${error.where} ${error.message}`).toContain("layers[1]");
  });

  it("values that leave float32 name the pair, and those of float64 the layer", async () => {
    const large = netOf("vector", [2], { ...dense, sw2: 1e30 }, phi("relu"), { ...dense, sw2: 1e30 });
    const outside = await rejection(() => kernelMatrix({ net: large, x1: pair }));
    expectComplete(outside);
    expect(outside).toMatchObject({ code: "failed", where: "nngp[0, 0]" });
    expect(outside.hint).toContain("float64");
    await expect(kernelMatrix({ net: large, x1: pair, precision: "float64" })).resolves.toBeDefined();

    const precision = "float64";
    const huge = { ...dense, sw2: 1e200 };
    const net = netOf("vector", [2], huge, phi("relu"), huge, dense);
    const error = await rejection(() => kernelMatrix({ net, x1: pair, precision }));
    expectComplete(error);
    expect(error.code).toBe("failed");
    expect(`${error.where} ${error.message}`).toMatch(/layers\[\d\]/);
  });
});

describe("what is asked for", () => {
  it("a value that does not exist is refused", async () => {
    const get = ["ntkgp"] as unknown as readonly "ntk"[];
    const error = await rejection(() => kernelMatrix({ net: smallCnnGps.resnet, x1: images(1), get }));
    expectComplete(error);
    expect(error.code).toBe("bad-input");
  });

  it("a network without an input takes that of the items; one that is not a network is refused", async () => {
    const net = parseNet({ fathom: 1, layers: [dense] });
    await expect(kernelMatrix({ net, x1: pair })).resolves.toMatchObject({ pairs: 3 });
    expectComplete(await rejection(async () => parseNet({ fathom: 1, layers: [{ kind: "denze" }] })));
  });
});

describe("prediction", () => {
  const kernel = ndarray("float64", [2, 2], [2, 1, 1, 2]);
  const y = classTargets(ndarray("int32", [2], [0, 1]), 2);

  it("refuses targets of another number of items", async () => {
    const error = await rejection(() =>
      gpInference(kernel, { y: classTargets(ndarray("int32", [3], [0, 1, 0]), 2) }),
    );
    expectComplete(error);
    expect(error.code).toBe("bad-shape");
  });

  it("refuses a kernel that is not symmetric beyond 1e-5, and takes one within", async () => {
    const asymmetric = (by: number) => ndarray("float64", [2, 2], [2, 1, 1 + by, 2]);
    const error = await rejection(() => gpInference(asymmetric(1e-3), { y }));
    expectComplete(error);
    expect(error.code).toBe("bad-input");
    await expect(gpInference(asymmetric(1e-6), { y })).resolves.toBeDefined();
  });

  it("refuses a negative time", async () => {
    const flow = gradientDescentMse({ ntk: kernel, y });
    const error = await rejection(() => flow(-1));
    expectComplete(error);
    expect(error.code).toBe("bad-input");
  });

  it("names the pivot that is not positive, and the jitter that would do", async () => {
    const indefinite = ndarray("float64", [2, 2], [1, 2, 2, 1]);
    const error = await rejection(() => gpInference(indefinite, { y, diagReg: 0 }));
    expectComplete(error);
    expect(error.code).toBe("failed");
    expect(error.message).toMatch(/pivot|row/i);
    expect(error.hint).toMatch(/\d/);
  });

  it("of an ensemble of trained networks needs K too", async () => {
    const fitted = await ntkInference({ ntk: kernel }, { y });
    const cross = ndarray("float64", [1, 2], [1, 1]);
    const prior = ndarray("float64", [1], [2]);
    const error = await rejection(() => fitted.predict({ cross, nngpCross: cross, prior }));
    expect(`${error.message} ${error.hint}`).toContain("nngp");
    expectComplete(error);
  });
});
