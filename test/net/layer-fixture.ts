/** @file Runs a network on the numbers of a fixture (test/net/fixtures) and compares it with what PyTorch computed. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { constant, evaluate, input, orZeros, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  type Mode,
  noiseInputs,
  parameterInputs,
  parseNet,
  trainableParameters,
} from "../../src/net/index.ts";
import { type NdArray, ndarray, type Shape, toNumbers } from "../../src/tensor/index.ts";

interface PlainArray {
  readonly shape: Shape;
  readonly data: readonly number[];
}
type PlainArrays = Readonly<Record<string, PlainArray>>;

/** What bench/peers/layer_case.py writes. */
export interface LayerFixture {
  readonly name: string;
  readonly net: unknown;
  readonly mode: Mode;
  readonly parameters: PlainArrays;
  readonly noise: PlainArrays;
  /** Batches one after the other; buffers go on from each to the next. */
  readonly steps: readonly {
    readonly x: PlainArray;
    readonly output: PlainArray;
    readonly cotangent: PlainArray;
    readonly gradients: PlainArrays;
    readonly buffers?: PlainArrays;
  }[];
}

const folder = new URL("fixtures/", import.meta.url);

/** The fixtures of all families: `core`, … */
export function layerFixtures(): { family: string; source: string; cases: LayerFixture[] }[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.sort().map((file) => ({
    family: file.replace(".json", ""),
    ...JSON.parse(readFileSync(new URL(file, folder), "utf8")),
  }));
}

function array({ shape, data }: PlainArray): NdArray<"float64"> {
  return ndarray("float64", shape, data);
}

function arrays(plain: PlainArrays): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, array(value)]));
}

function expectClose(what: string, actual: NdArray, reference: PlainArray, tolerance: number): void {
  expect(actual.shape, what).toEqual(reference.shape);
  for (const [i, value] of toNumbers(actual).entries()) {
    const target = reference.data[i]!;
    const error = Math.abs(value - target) / Math.max(1, Math.abs(target));
    expect(error, `${what}[${i}] is ${value}, not ${target}`).toBeLessThanOrEqual(tolerance);
  }
}

/** Compares outputs, gradients with respect to the input and all trained parameters, and buffers after each batch. */
export function expectAsPyTorch({ net, mode, parameters, noise, steps }: LayerFixture, tolerance: number) {
  const model = buildModel(parseNet(net));
  const isIds = model.net.input!.kind === "ids";
  let values = arrays(parameters);
  expect(Object.keys(values).sort()).toEqual(model.parameters.map(({ name }) => name).sort());
  for (const { x, output, cotangent, gradients, buffers = {} } of steps) {
    const params = parameterInputs(model, "float64");
    const batch = input("x", x.shape, isIds ? "int32" : "float64");
    const pass = applyModel(model, params, batch, {
      mode,
      noise: noiseInputs(model, x.shape[0]!, "float64"),
    });
    const leaves = Object.fromEntries(trainableParameters(model).map(({ name }) => [name, params[name]!]));
    if (!isIds) leaves["x"] = batch;
    const tensors = Object.values(leaves);
    const pulled = vjp([pass.output], tensors, [constant(array(cotangent))]);
    const names = [...Object.keys(leaves), ...Object.keys(pass.updates)];
    const [result, ...rest] = evaluate(
      [pass.output, ...tensors.map((leaf, i) => orZeros(pulled[i], leaf)), ...Object.values(pass.updates)],
      {
        ...values,
        ...(mode === "training" ? arrays(noise) : {}),
        x: isIds ? ndarray("int32", x.shape, x.data) : array(x),
      },
    );
    expectClose("output", result!, output, tolerance);
    const found = Object.fromEntries(names.map((name, i) => [name, rest[i]!]));
    for (const name of Object.keys(leaves)) {
      expectClose(`gradient of ${name}`, found[name]!, gradients[name]!, tolerance);
    }
    expect(Object.keys(pass.updates).sort()).toEqual(Object.keys(buffers).sort());
    for (const [name, value] of Object.entries(buffers)) {
      expectClose(`buffer ${name}`, found[name]!, value, tolerance);
      values = { ...values, [name]: found[name]! };
    }
  }
}
