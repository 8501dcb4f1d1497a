/** @file Imported models as chains of taps: where taps stand, what they are called, and what a round trip measures. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate, inputName } from "../../src/expr/index.ts";
import { buildModel, importOnnx, initialise, parseNetText } from "../../src/net/index.ts";
import {
  examplesApart,
  type ForeignModel,
  foreignChain,
  foreignModel,
  measureForeign,
  measureJacobians,
  measurePair,
} from "../../src/probes/index.ts";
import { FathomError, Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";
import { refusal } from "../refusal.ts";

const key = Key.fromSeed(3);
const exported = (name: string) =>
  readFileSync(join(import.meta.dirname, "..", "net", "onnx-fixtures", `${name}.onnx`));
const open = (name: string, dims: Record<string, number> = {}) =>
  foreignModel(importOnnx(exported(name), { dims, dtype: "float64" }));

async function refused(run: () => Promise<unknown>): Promise<FathomError> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FathomError);
  return error as FathomError;
}

/** |∂to/∂x|² over the units of `to` by central differences in float64, mean over examples. */
function byDifferences(model: ForeignModel, to: string, inputs: NdArray): number {
  const { x, names, values } = model;
  const at = (data: Float64Array) =>
    evaluate([names.all.get(to)!], { ...values, [inputName(x)]: ndarray("float64", x.shape, data) })[0]!
      .data as Float64Array;
  const base = Float64Array.from(inputs.data as Float64Array);
  const step = 1e-5;
  let sum = 0;
  for (let i = 0; i < base.length; i++) {
    const [up, down] = [step, -step].map((change) => at(base.map((v, k) => (k === i ? v + change : v))));
    up!.forEach((value, k) => {
      sum += ((value - down![k]!) / (2 * step)) ** 2;
    });
  }
  return sum / at(base).length;
}

describe("taps of imported models", () => {
  const namesOf = (name: string, dims = {}) => foreignChain(open(name, dims)).taps.map((tap) => tap.name);

  it("stand behind the affine maps of plain layers", () => {
    const chain = foreignChain(open("mlp-script", { batch: 3 }));
    expect(chain.taps.map(({ name, units }) => [name, units])).toEqual([
      ["0", 12],
      ["3", 12],
      ["5", 3],
    ]);
    expect(chain.tensorNames).toEqual(["/0/Gemm_output_0", "/3/Gemm_output_0", "y"]);
  });

  it("stand behind residual sums, one a block, and where token ids become floats", () => {
    expect(namesOf("transformer-dynamo")).toEqual(["embedding", "blocks.0", "blocks.1", "y"]);
    expect(namesOf("transformer-script", { batch: 2 }).slice(1, 3)).toEqual(["blocks.0", "blocks.1"]);
  });

  it("are named after modules, whichever exporter named the weights", () => {
    const model = buildModel(parseNetText("mlp:depth=4,width=8,in=6,out=3,norm=ln-pre,mu=1"));
    const foreign = foreignModel(importOnnx(exportOnnx(model, initialise(model, key), { batch: 2 })));
    expect(foreignChain(foreign).taps.map((tap) => tap.name)).toEqual(["0", "1", "2", "3", "6"]);
  });

  it("stand where the caller says, if every path passes there", () => {
    const model = open("cnn-script");
    expect(foreignChain(model, { taps: ["/down/Conv_output_0", "y"] }).taps).toHaveLength(2);
    const error = refusal(() => foreignChain(model, { taps: ["/inner/inner.0/Conv_output_0"] }));
    expect([error.code, error.where]).toEqual(["bad-input", "/inner/inner.0/Conv_output_0"]);
  });
});

describe("partial Jacobians of imported models", () => {
  it.each([
    ["mlp-script", { batch: 3 }, [3, 6], "y"],
    ["cnn-script", {}, [2, 2, 8, 8], "/down/Conv_output_0"],
  ] as const)("of %s are those of finite differences to 1e-6", async (name, dims, shape, to) => {
    const model = open(name, dims);
    const inputs = normal(key, "float64", shape);
    const { J, probes } = await measurePair(model, { from: "x", to }, { inputs, examples: "apart" });
    expect(probes).toBe("all");
    expect(Math.abs(Math.exp(J.lnMean) / byDifferences(model, to, inputs) - 1)).toBeLessThan(1e-6);
  });

  it("keep their logarithms where J leaves float32", async () => {
    const net = "mlp:depth=120,width=6,in=6,out=6,activation=tanh,sw2=0.05";
    const model = buildModel(parseNetText(net));
    const foreign = foreignModel(importOnnx(exportOnnx(model, initialise(model, key), { batch: 2 })));
    const inputs = normal(key, "float32", [2, 6]);
    const pair = { from: "input", to: "output" };
    const { J } = await measurePair(foreign, pair, { inputs, examples: "apart" });
    expect(J.status).toBeUndefined();
    expect(J.lnMean).toBeLessThan(-300);
  });

  it.each([
    "mlp:depth=6,width=24,in=10,out=4,activation=tanh,sw2=1.5,sb2=0.05",
    "mlp:depth=5,width=16,in=10,out=3,norm=ln-pre,mu=1",
  ])("of %s are the same before and after export", async (text) => {
    const model = buildModel(parseNetText(text));
    const parameters = initialise(model, key);
    const inputs = normal(key, "float32", [4, 10]);
    const ours = await measureJacobians({ model, parameters: [parameters], inputs, probes: 16, key });
    const chain = foreignChain(foreignModel(importOnnx(exportOnnx(model, parameters, { batch: 4 }))));
    const theirs = await measureForeign(chain, { inputs, probes: 16, key });
    expect(theirs.layers.map(({ units }) => units)).toEqual(ours.layers.map(({ units }) => units));
    for (const [l, layer] of theirs.layers.entries()) {
      // The same streams of probes, so only rounding in float32 differs.
      expect(Math.abs(layer.J.lnMean - ours.layers[l]!.J.lnMean)).toBeLessThan(1e-4);
      expect(Math.abs(layer.toOutput.lnMean - ours.layers[l]!.toOutput.lnMean)).toBeLessThan(1e-4);
      expect(Math.abs(layer.K.value / ours.layers[l]!.K.value - 1)).toBeLessThan(1e-4);
    }
  });

  it("go over several batches where the file fixes a smaller one", async () => {
    const model = open("cnn-script");
    const inputs = normal(key, "float64", [7, 2, 8, 8]);
    const { samples, layers } = await measureForeign(foreignChain(model), { inputs, probes: 2 });
    expect(samples).toBe(6);
    expect(layers[0]!.J.perSeed).toHaveLength(6);
  });
});

describe("examples of a batch", () => {
  it("are apart where no statistics join them", async () => {
    const model = open("cnn-script");
    expect(await examplesApart(model, { inputs: normal(key, "float64", [2, 2, 8, 8]), key })).toBe(true);
  });
});

describe("what cannot be measured is refused with the mend", () => {
  const inputs = normal(key, "float64", [2, 2, 8, 8]);
  const pair = (from: string, to: string) =>
    refused(() => measurePair(open("cnn-script"), { from, to }, { inputs, examples: "apart" }));

  it("an unknown tensor, with names that are like it", async () => {
    const error = await pair("x", "down/Conv");
    expect(error.code).toBe("not-found");
    expect(error.hint).toContain("/down/Conv_output_0");
  });

  it("a pair without a path, and which of the two comes first", async () => {
    const error = await pair("y", "/Tanh_output_0");
    expect(error.message).toContain("J is 0");
    expect(error.hint).toContain("swap");
  });

  it("weights, and whole numbers", async () => {
    expect((await pair("down.weight", "y")).message).toContain("is a weight");
    const tokens = open("transformer-dynamo");
    const ids = ndarray("int64", [2, 6], new Array(12).fill(1));
    const error = await refused(() =>
      measurePair(tokens, { from: "x", to: "y" }, { inputs: ids, examples: "apart" }),
    );
    expect(error.hint).toContain('"embedding"');
  });

  it("data that do not fit, that are too few, or that are no numbers", async () => {
    const chain = foreignChain(open("cnn-script"));
    const measure = (data: NdArray) => refused(() => measureForeign(chain, { inputs: data }));
    expect((await measure(normal(key, "float64", [2, 3, 8, 8]))).code).toBe("bad-shape");
    expect((await measure(normal(key, "float64", [1, 2, 8, 8]))).message).toContain("2 examples at once");
    const holed = ndarray("float64", [2, 2, 8, 8], new Float64Array(256).fill(Number.NaN));
    expect((await measure(holed)).message).toContain("Input 0 holds NaN");
  });

  it("weights that are not finite, by name", () => {
    const imported = importOnnx(exported("mlp-script"), { dims: { batch: 2 } });
    const weight = imported.parameters["3.weight"]!;
    const broken = { ...weight, data: Float32Array.from(weight.data as Float32Array).fill(Number.NaN, 5, 6) };
    const parameters = { ...imported.parameters, "3.weight": broken };
    const error = refusal(() => foreignModel({ ...imported, parameters }));
    expect([error.where, error.message]).toEqual(["3.weight", 'The weight "3.weight" holds NaN (entry 5).']);
  });
});
