/** @file Any well-typed composition of layers on positions runs and differentiates; any ill-typed one names its layer. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { constant, evaluate, input, jvp, type Tensor, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  importOnnx,
  initialise,
  type Model,
  type NetShape,
  parameterInputs,
  parseNet,
  parseNetText,
  printNet,
} from "../../src/net/index.ts";
import { compile, lower } from "../../src/runtime/index.ts";
import { Key, type NdArray, ndarray, normal, type Shape, sizeOf, toNumbers } from "../../src/tensor/index.ts";
import { withoutSparse } from "../../src/train/portable.ts";
import { refusal } from "../refusal.ts";
import { type SpatialNet, spatialNets } from "./arbitrary-spatial.ts";

const key = Key.fromSeed(7);

function modelOf({ shapes: _, ...json }: SpatialNet): Model {
  return buildModel(parseNet(json));
}

function batchOf({ net }: Model, size: number): NdArray {
  const shape = [size, ...net.input!.shape];
  if (net.input!.kind !== "ids") return normal(key.split("x"), "float64", shape);
  return ndarray(
    "int32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (3 * i) % 5),
  );
}

function outputOn(
  model: Model,
  x: NdArray,
): { output: Tensor; params: Record<string, Tensor>; batch: Tensor } {
  const params = parameterInputs(model, "float64");
  const batch = input("x", x.shape, x.dtype);
  return { output: applyModel(model, params, batch).output, params, batch };
}

/** Float64 through fused and rewritten operators, relative to the largest entry. */
function expectSame(found: NdArray, reference: NdArray): void {
  const expected = toNumbers(reference);
  const largest = Math.max(1, ...expected.map(Math.abs));
  for (const [i, value] of toNumbers(found).entries()) {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-9 * largest);
  }
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

it("makes the shapes that its options say, and runs each example by itself", () => {
  fc.assert(
    fc.property(spatialNets, (json) => {
      const model = modelOf(json);
      expect(model.layers.map(({ output }) => output)).toEqual(json.shapes.slice(1));
      const params = initialise(model, key, { dtype: "float64" });
      const both = batchOf(model, 2);
      const run = (x: NdArray) => toNumbers(evaluate([outputOn(model, x).output], { ...params, x })[0]!);
      const values = run(both);
      expect(values).toHaveLength(2 * sizeOf(model.outputShape));
      const half = sizeOf(model.inputShape);
      for (const n of [0, 1]) {
        const one = ndarray(
          both.dtype,
          [1, ...model.inputShape],
          toNumbers(both).slice(n * half, (n + 1) * half),
        );
        for (const [i, value] of run(one).entries()) {
          const inBatch = values[n * sizeOf(model.outputShape) + i]!;
          expect(Math.abs(value - inBatch)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
        }
      }
    }),
    { numRuns: 150 },
  );
});

it("differentiates: vjp and jvp are adjoint with respect to the input and all parameters", () => {
  fc.assert(
    fc.property(spatialNets, (json) => {
      const model = modelOf(json);
      const x = batchOf(model, 2);
      const { output, params, batch } = outputOn(model, x);
      const leaves = [...Object.values(params), ...(x.dtype === "float64" ? [batch] : [])];
      if (leaves.length === 0) return;
      const draw = (name: string, shape: Shape) => normal(key.split(name), "float64", shape);
      const tangents = leaves.map((leaf, i) => draw(`tangent ${i}`, leaf.shape));
      const ct = draw("cotangent", output.shape);
      const [pushed] = jvp(
        [output],
        leaves,
        tangents.map((tangent) => constant(tangent)),
      );
      const pulled = vjp([output], leaves, [constant(ct)]);
      const reached = leaves.flatMap((_, i) => (pulled[i] === undefined ? [] : [i]));
      if (pushed === undefined) return expect(reached).toEqual([]);
      const feeds = { ...initialise(model, key, { dtype: "float64" }), x };
      const [forward, ...back] = evaluate([pushed, ...reached.map((i) => pulled[i]!)], feeds);
      const terms = back.map((gradient, k) => dot(toNumbers(gradient), toNumbers(tangents[reached[k]!]!)));
      const scale = Math.max(1, ...terms.map(Math.abs));
      const sum = terms.reduce((a, b) => a + b, 0);
      expect(Math.abs(dot(toNumbers(forward!), toNumbers(ct)) - sum)).toBeLessThanOrEqual(1e-9 * scale);
    }),
    { numRuns: 100 },
  );
});

it("runs compiled, and through an ONNX file and back, as it is interpreted, gradients included", async () => {
  await fc.assert(
    fc.asyncProperty(spatialNets, async (json) => {
      const model = modelOf(json);
      const x = batchOf(model, 2);
      const { output, params, batch } = outputOn(model, x);
      const leaves = [...Object.values(params), ...(x.dtype === "float64" ? [batch] : [])];
      const pulled = vjp([output], leaves, [output]).flatMap((g) => (g === undefined ? [] : [g]));
      const outputs = Object.fromEntries([output, ...pulled].map((tensor, i) => [`result.${i}`, tensor]));
      const inputs = [batch, ...Object.values(params)];
      const feeds = { ...initialise(model, key, { dtype: "float64" }), x };
      const expected = evaluate(Object.values(outputs), feeds);
      await using executable = await compile({ inputs, outputs, options: { threads: 1 } });
      const compiled = await executable.run(feeds);
      const names = Object.keys(outputs);
      const standard = Object.fromEntries(names.map((name) => [name, withoutSparse(outputs[name]!)]));
      const read = importOnnx(lower({ inputs, outputs: standard, portable: true }));
      const again = evaluate(
        names.map((name) => read.outputs[name]!),
        { ...read.parameters, ...feeds },
      );
      for (const found of [names.map((name) => compiled[name]!), again]) {
        for (const [which, array] of found.entries()) expectSame(array, expected[which]!);
      }
    }),
    { numRuns: 60 },
  );
});

it("is read back from its printed form", () => {
  fc.assert(
    fc.property(spatialNets, ({ shapes: _, ...json }) => {
      const net = parseNet(json);
      expect(parseNetText(printNet(net))).toEqual(net);
    }),
    { numRuns: 100 },
  );
});

/** A layer that does not take this shape: a convolution, on positions one that is longer than they are. */
function misfit({ kind, shape }: NetShape): object {
  const long = kind === "image" || kind === "signal" ? Math.max(...shape.slice(1)) + 1 : 1;
  return { kind: "conv", channels: 1, kernel: long, padding: "valid" };
}

it("names the layer that does not fit, and the one before it", () => {
  fc.assert(
    fc.property(spatialNets, fc.nat(), ({ shapes, layers, ...head }, seed) => {
      const at = seed % shapes.length;
      const wrong = [...layers.slice(0, at), misfit(shapes[at]!), ...layers.slice(at)];
      const error = refusal(() => parseNet({ ...head, layers: wrong }));
      expect(error.code).toBe("bad-shape");
      expect(error.where).toMatch(new RegExp(`^layers\\[${at}\\]`));
      expect(error.message).toContain(`layers[${at}]`);
      expect(error.message).toContain(at === 0 ? "the input" : `layers[${at - 1}]`);
    }),
    { numRuns: 150 },
  );
});
