import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import { applyModel, buildModel, initialise, parameterInputs, parseNet } from "../../src/net/index.ts";
import { encodeSafetensors, Key, type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { foreignWeights, readWeights, train } from "../../src/train/index.ts";
import { blobs, hashOf, modelOf, refusal } from "./problems.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-weights-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const model = buildModel(
  parseNet({
    fathom: 1,
    input: { kind: "vector", shape: [3] },
    layers: [
      { kind: "dense", width: 4 },
      { kind: "batchNorm", affine: true },
      { kind: "activation", activation: "relu" },
      { kind: "dense", width: 3 },
    ],
  }),
);
const weights = initialise(model, Key.fromSeed(1));

/** As PyTorch names them, under another name for each module. */
function asTorch(rename: (module: string) => string): Record<string, NdArray> {
  const suffixes = {
    gain: "weight",
    shift: "bias",
    runningMean: "running_mean",
    runningVariance: "running_var",
  };
  const named = Object.entries(weights).map(([name, array]) => {
    const [module, local] = name.split(".") as [string, string];
    return [`${rename(module)}.${suffixes[local as "gain"] ?? local}`, array] as const;
  });
  return { ...Object.fromEntries(named), [`${rename("1")}.num_batches_tracked`]: ndarray("int64", [], [20]) };
}

describe("weights from elsewhere", () => {
  it.each<[string, (module: string) => string]>([
    ["of nn.Sequential", (module) => module],
    ["within a wrapper and a parallel one", (module) => `module.net.${module}`],
    ["of modules that only numbers tell apart", (module) => `block${Number(module) + 8}`],
  ])("%s find their places", (_, rename) => {
    expect(hashOf(foreignWeights(asTorch(rename), { model }))).toBe(hashOf(weights));
  });

  it("are placed by names where they say which module is where", () => {
    const modules = { "0": "encoder", "1": "norm", "3": "head" };
    const names = { encoder: "0", norm: "1", head: "3" };
    const tensors = asTorch((module) => modules[module as "0"]);
    expect(hashOf(foreignWeights(tensors, { model, names }))).toBe(hashOf(weights));
  });

  it("of our own come back by their names, and take the dtype that is asked for", () => {
    expect(foreignWeights(weights, { model })).toEqual(weights);
    const wide = foreignWeights(weights, { model, dtype: "float64" });
    expect(wide["0.weight"]!.dtype).toBe("float64");
    expect(toNumbers(wide["0.weight"]!)).toEqual(toNumbers(weights["0.weight"]!));
  });

  it("that miss something say what, and what has no place", async () => {
    const { "0.bias": bias, ...rest } = asTorch((module) => module);
    const error = await refusal(() =>
      foreignWeights({ ...rest, "7.bias": bias! }, { model, where: "net.safetensors" }),
    );
    expect([error.code, error.where]).toEqual(["bad-input", "net.safetensors: 0.bias"]);
    expect(error.message).toMatch(/0\.bias \[4\]/);
    expect(error.message).toMatch(/no place for its 7\.bias/);
    expect(error.hint).toMatch(/fc1=0/);
  });

  it("of another shape name both", async () => {
    const tensors = { ...weights, "3.weight": ndarray("float32", [3, 5], new Array(15).fill(0)) };
    const error = await refusal(() => foreignWeights(tensors, { model }));
    expect([error.code, error.where]).toEqual(["bad-shape", "weights: 3.weight"]);
    expect(error.message).toMatch(/\[3, 5\].*\[3, 4\]/);
  });

  it("start a training, and a missing file is named", async () => {
    const path = join(root, "initial.safetensors");
    await writeFile(path, encodeSafetensors(asTorch((module) => module)));
    const initial = await readWeights(path, { model });
    const common = { model, dataset: blobs(), learningRate: 0.1, batch: 10, steps: 3, key: Key.fromSeed(1) };
    const [given, drawn] = [await train({ ...common, initial }), await train(common)];
    expect(hashOf(given.parameters)).toBe(hashOf(drawn.parameters));
    expect((await refusal(() => readWeights(join(root, "none"), { model }))).code).toBe("not-found");
  });
});

const python = join(import.meta.dirname, "../../bench/peers/.venv/bin/python");
const script = (name: string) => join(import.meta.dirname, "../../bench/peers", name);
const peers = existsSync(python) && hasModules();

function hasModules(): boolean {
  try {
    execFileSync(python, ["-c", "import torch, safetensors, tensorboard"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** bench/peers/setup.sh installs them. */
describe.skipIf(!peers)("beside PyTorch, TensorBoard and Python's safetensors", () => {
  it("a state dict saved by PyTorch gives PyTorch's outputs", async () => {
    execFileSync(python, [script("torch-weights.py"), root]);
    const cnn = buildModel(
      parseNet({
        fathom: 1,
        input: { kind: "image", shape: [1, 8, 8] },
        layers: [
          { kind: "conv", channels: 4, kernel: 3, padding: 0 },
          { kind: "batchNorm", affine: true },
          { kind: "activation", activation: "relu" },
          { kind: "flatten" },
          { kind: "dense", width: 16 },
          { kind: "activation", activation: "tanh" },
          { kind: "dense", width: 3 },
        ],
      }),
    );
    const parameters = await readWeights(join(root, "state.safetensors"), { model: cnn });
    const numbers = JSON.parse(await readFile(join(root, "numbers.json"), "utf8")) as {
      input: number[][];
      output: number[][];
    };
    const x = input("x", [5, 1, 8, 8], "float32");
    const { output } = applyModel(cnn, parameterInputs(cnn), x);
    const [y] = evaluate([output], { ...parameters, x: ndarray("float32", x.shape, numbers.input.flat()) });
    // float32 on both sides.
    for (const [i, value] of numbers.output.flat().entries())
      expect(Number(y!.data[i])).toBeCloseTo(value, 4);
  });

  it("a run's event file and weights are read as they were written", async () => {
    const folder = join(root, "run");
    const result = await train({
      model: modelOf("mlp:depth=1,width=4,in=3,out=3"),
      dataset: blobs(),
      averages: [{ start: 0.5 }],
      learningRate: 0.1,
      batch: 10,
      steps: 30,
      logEvery: 10,
      key: Key.fromSeed(1),
      runFolder: folder,
      tensorboard: true,
    });
    const read = JSON.parse(execFileSync(python, [script("check-run.py"), folder], { encoding: "utf8" }));
    expect(read.scalars["batch/loss"].map(([step]: number[]) => step)).toEqual([10, 20, 30]);
    expect(read.scalars["test/loss/swa-0.5"][0][1]).toBeCloseTo(result.averaged!["swa-0.5"]!.test.loss, 6);
    expect(Object.keys(read.weights)).toEqual(["weights-swa-0.5.safetensors", "weights.safetensors"]);
    for (const [name, array] of Object.entries(result.parameters)) {
      const [dtype, shape, sum] = read.weights["weights.safetensors"][name];
      expect([dtype, shape]).toEqual([array.dtype, array.shape]);
      expect(sum).toBeCloseTo(
        toNumbers(array).reduce((total, value) => total + value, 0),
        6,
      );
    }
  });
});
