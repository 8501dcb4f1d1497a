/** @file Networks written as ONNX models: read again by Fathom, and by onnx's checker and onnxruntime in the peers' environment. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  importOnnx,
  initialise,
  type Model,
  parameterInputs,
  parseNet,
  parseNetText,
} from "../../src/net/index.ts";
import {
  type FloatDType,
  Key,
  type NdArray,
  ndarray,
  normal,
  toNumbers,
  uniform,
} from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";
import { version } from "../../src/version.ts";
import { run } from "../cli/run.ts";
import { expectClose } from "../expr/check.ts";
import { spatialNets } from "../net/arbitrary-spatial.ts";

const act = (kind: string) => ({ kind: "activation", activation: kind });
const dense = (width: number) => ({ kind: "dense", width, sw2: 1.5, sb2: 0.1 });
const image = { kind: "image", shape: [3, 8, 8] };
const tokens = { kind: "tokens", shape: [6, 8] };

/** Networks of every kind that the language has, small. */
const networks: Record<string, object | string> = {
  mlp: "mlp:depth=2,width=16,activation=tanh,in=12,sb2=0.1",
  "pre-ln": "mlp:depth=3,width=16,activation=gelu,in=12,norm=ln-pre,mu=1",
  activations: {
    input: { kind: "vector", shape: [12] },
    layers: ["erf", "silu", "mish", "leakyRelu", "hardtanh", "sin", "gelu"].flatMap((kind) => [
      dense(12),
      act(kind),
    ]),
  },
  normalised: {
    input: { kind: "vector", shape: [12] },
    layers: [
      dense(10),
      { kind: "batchNorm" },
      act("relu"),
      { kind: "residual", branch: [{ kind: "rmsNorm" }, dense(10), { kind: "dropout", rate: 0.3 }] },
      { kind: "l2Normalize" },
      dense(3),
    ],
  },
  cnn: {
    input: image,
    layers: [
      { kind: "conv", channels: 6, kernel: 3, stride: 2, padding: "same" },
      { kind: "batchNorm" },
      act("relu"),
      { kind: "conv", channels: 6, kernel: 3, padding: "circular", groups: 2 },
      act("tanh"),
      { kind: "convTranspose", channels: 4, kernel: 3, stride: 2 },
      { kind: "maxPool", window: 2, padding: "same" },
      { kind: "avgPool", window: 3, stride: 1, padding: "same" },
      { kind: "globalAvgPool" },
      dense(5),
    ],
  },
  transformer: {
    input: tokens,
    layers: [
      {
        kind: "residual",
        branch: [{ kind: "layerNorm" }, { kind: "selfAttention", heads: 2, causal: true }],
      },
      { kind: "residual", branch: [{ kind: "layerNorm" }, dense(16), act("gelu"), dense(8)] },
      { kind: "flatten" },
      dense(4),
    ],
  },
  graph: {
    input: { kind: "graph", shape: [4, 3] },
    layers: [
      {
        kind: "aggregate",
        graph: {
          nodes: 4,
          edges: [
            [0, 1],
            [1, 2],
            [2, 3],
          ],
        },
      },
      dense(5),
      act("relu"),
      { kind: "flatten" },
      dense(2),
    ],
  },
  ids: {
    input: { kind: "ids", shape: [5] },
    layers: [{ kind: "embedding", vocabulary: 9, width: 6 }, { kind: "flatten" }, dense(3)],
  },
};

function modelOf(net: object | string): Model {
  return buildModel(typeof net === "string" ? parseNetText(net) : parseNet({ fathom: 1, ...net }));
}

/** Weights, and running statistics away from their start. */
function weightsOf(model: Model, dtype: FloatDType = "float32"): Record<string, NdArray> {
  const key = Key.fromSeed(3);
  const weights = initialise(model, key, { dtype });
  for (const { name, shape, role } of model.parameters) {
    if (role === "buffer") weights[name] = uniform(key.split(name), dtype, shape, { low: 0.5, high: 1.5 });
  }
  return weights;
}

function batchOf(model: Model, batch: number, dtype: FloatDType = "float32", words = 9): NdArray {
  const shape = [batch, ...model.inputShape];
  if (model.net.input!.kind !== "ids") return normal(Key.fromSeed(8), dtype, shape);
  const draws = toNumbers(uniform(Key.fromSeed(8), "float64", shape, { low: 0, high: words }));
  return ndarray("int32", shape, draws.map(Math.floor));
}

function outputOf(model: Model, weights: Record<string, NdArray>, x: NdArray): NdArray {
  const dtype = (Object.values(weights)[0]?.dtype ?? "float32") as FloatDType;
  const { output } = applyModel(model, parameterInputs(model, dtype), input("x", x.shape, x.dtype));
  return evaluate([output], { ...weights, x })[0]!;
}

describe("an exported network", () => {
  it.each(Object.keys(networks))("%s comes back with the same values", (name) => {
    const model = modelOf(networks[name]!);
    const weights = weightsOf(model, "float64");
    const x = batchOf(model, 3, "float64");
    const { outputs, parameters, inputs } = importOnnx(exportOnnx(model, weights, { batch: 3 }));
    expect(inputs.map(({ attrs }) => attrs["name"])).toEqual(["input"]);
    const used = Object.keys(parameters);
    expect(used.every((parameter) => Object.hasOwn(weights, parameter))).toBe(true);
    const [y] = evaluate([outputs["output"]!], { ...parameters, input: x });
    // float64 on both sides; forms with several operators round anew.
    expectClose(y!, outputOf(model, weights, x), 1e-11);
  });

  it("of any layers comes back with the same values", () => {
    fc.assert(
      fc.property(spatialNets, ({ input: shape, layers }) => {
        const model = modelOf({ input: shape, layers });
        const weights = weightsOf(model, "float64");
        // Without weights there is nothing to tell that float64 is meant.
        const x = batchOf(model, 2, model.parameters.length > 0 ? "float64" : "float32", 5);
        const { outputs, parameters } = importOnnx(exportOnnx(model, weights, { batch: 2 }));
        const [y] = evaluate([outputs["output"]!], { ...parameters, input: x });
        expectClose(y!, outputOf(model, weights, x), x.dtype === "float32" ? 2e-6 : 1e-11);
      }),
      { numRuns: 60 },
    );
  });

  it("says who wrote it, of which network, with which names", () => {
    const model = modelOf(networks["mlp"]!);
    const bytes = exportOnnx(model, weightsOf(model), { batch: 2, names: { input: "x", output: "logits" } });
    const proto = fromBinary(ModelProtoSchema, bytes);
    expect([proto.producerName, proto.producerVersion, proto.opsetImport[0]!.version]).toEqual([
      "fathom",
      version,
      18n,
    ]);
    const metadata = Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value]));
    expect(parseNetText(metadata["fathom.net"]!)).toEqual(model.net);
    expect([proto.graph!.input[0]!.name, proto.graph!.output[0]!.name]).toEqual(["x", "logits"]);
  });

  it("needs all weights of one dtype, a batch and names of its own", () => {
    const model = modelOf(networks["mlp"]!);
    const weights = weightsOf(model);
    const { "0.weight": first, ...rest } = weights;
    const refused = (code: string, where: string) => expect.objectContaining({ code, where });
    expect(() => exportOnnx(model, rest)).toThrow(refused("bad-input", "0.weight"));
    expect(() => exportOnnx(model, { ...weights, extra: first! })).toThrow(refused("bad-input", "extra"));
    expect(() => exportOnnx(model, weights, { batch: 0 })).toThrow(refused("bad-input", "batch"));
    expect(() => exportOnnx(model, weights, { names: { input: "0.weight" } })).toThrow(
      refused("bad-input", "names"),
    );
    const mixed = { ...weights, "0.weight": ndarray("float64", first!.shape, toNumbers(first!)) };
    expect(() => exportOnnx(model, mixed)).toThrow(refused("bad-input", "parameters"));
  });
});

const python = join(import.meta.dirname, "../../bench/peers/.venv/bin/python");
const script = join(import.meta.dirname, "../../bench/peers/check-onnx.py");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-export-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!existsSync(python))("in the peers' environment (bench/peers/setup.sh)", () => {
  it("onnx's checker accepts every model, and onnxruntime computes Fathom's outputs to 1e-5", async () => {
    for (const [name, net] of Object.entries(networks)) {
      const model = modelOf(net);
      const weights = weightsOf(model);
      const x = batchOf(model, 2);
      const y = outputOf(model, weights, x);
      await writeFile(join(folder, `${name}.onnx`), exportOnnx(model, weights, { batch: 2 }));
      const given = { shape: x.shape, dtype: x.dtype, data: toNumbers(x) };
      await writeFile(
        join(folder, `${name}.json`),
        JSON.stringify({ input: given, output: { shape: y.shape, data: toNumbers(y) } }),
      );
    }
    const { stdout } = await promisify(execFile)(python, [script, folder]).catch((error) => error);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line: string) => JSON.parse(line));
    expect(lines.map(({ model }: { model: string }) => model).sort()).toEqual(Object.keys(networks).sort());
    expect(lines.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  });
});

describe("fathom export", () => {
  const net = "mlp:depth=1,width=8,activation=relu,in=784";

  it("writes a run's trained weights", async () => {
    const runFolder = join(folder, "run");
    const trained = await run(["train", net, "--steps", "2", "--out", runFolder, "--quiet"]);
    expect(trained.code, trained.stderr).toBe(0);
    const file = join(folder, "out", "run.onnx");
    const { code, stdout, stderr } = await run([
      "export",
      runFolder,
      "--onnx",
      file,
      "--batch",
      "4",
      "--json",
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("writing the model");
    expect(JSON.parse(stdout)).toMatchObject({ onnx: file, weights: "trained", operatorSet: 18 });
    const { outputs, parameters } = importOnnx(await readFile(file));
    expect(outputs["output"]!.shape).toEqual([4, 10]);
    expect(Object.keys(parameters)).toContain("1.weight");
  });

  it("writes a network with fresh weights of the seed", async () => {
    const file = join(folder, "fresh.onnx");
    expect((await run(["export", net, "--onnx", file, "--seed", "5"])).stdout).toContain("untrained");
    const { parameters } = importOnnx(await readFile(file));
    expect(parameters["0.weight"]).toEqual(
      initialise(buildModel(parseNetText(net)), Key.fromSeed(5))["0.weight"],
    );
  });

  it("replaces a file only when told to, and names what is missing", async () => {
    const file = join(folder, "kept.onnx");
    await writeFile(file, "mine");
    const refused = await run(["export", net, "--onnx", file]);
    expect([refused.code, await readFile(file, "utf8")]).toEqual([2, "mine"]);
    expect(refused.stderr).toContain("--overwrite");
    expect((await run(["export", net, "--onnx", file, "--overwrite"])).code).toBe(0);
    expect((await run(["export", net])).stderr).toContain("--onnx");
    expect((await run(["export", join(folder, "none.json"), "--onnx", join(folder, "n.onnx")])).code).toBe(2);
    expect((await run(["export", folder, "--onnx", join(folder, "n.onnx")])).stderr).toContain(
      "no finished run",
    );
  });
});
