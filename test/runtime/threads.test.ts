/** @file The number of threads does not change a bit: products of awkward sizes, functions of large arrays, training. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  erf,
  evaluate,
  exp,
  expm1,
  gelu,
  input,
  layerNorm,
  log,
  log1p,
  matmul,
  reduceMean,
  reduceSum,
  relu,
  sigmoid,
  softmax,
  softmaxCrossEntropy,
  softplus,
  type Tensor,
  tanh,
} from "../../src/expr/index.ts";
import { compile, compileLoop, executableCache } from "../../src/runtime/index.ts";
import {
  type FloatDType,
  Key,
  type NdArray,
  ndarray,
  normal,
  uniform,
  zeros,
} from "../../src/tensor/index.ts";
import { expectClose } from "../expr/check.ts";
import { bits, mlp, momentumStep } from "./networks.ts";

const threadCounts = [1, 2, 3, 4];

/** The results on each thread count, which must be equal to the bit; gives those of one thread. */
async function equalResults(
  outputs: Record<string, Tensor>,
  inputs: Tensor[],
  feeds: Record<string, NdArray>,
) {
  const results: Record<string, NdArray>[] = [];
  for (const threads of threadCounts) {
    await using executable = await compile({ inputs, outputs, options: { threads } });
    results.push(await executable.run(feeds));
  }
  expect(new Set(results.map(bits)).size).toBe(1);
  return results[0]!;
}

afterAll(() => executableCache.clear());

/** Sizes around the borders of MLAS's panels, few rows, single columns. */
const length = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 200 }));
const product = fc.record({
  rows: length,
  inner: fc.integer({ min: 100, max: 500 }),
  columns: length,
  batches: fc.constantFrom<[number[], number[]]>([[], []], [[2], []], [[3], [3]], [[], [2]]),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  dtype: fc.constantFrom<FloatDType>("float32", "float64"),
});
type Product = typeof product extends fc.Arbitrary<infer P> ? P : never;

function operands({ rows, inner, columns, batches, transposeA, transposeB, dtype }: Product, i: number) {
  return [
    input(`a${i}`, [...batches[0], ...(transposeA ? [inner, rows] : [rows, inner])], dtype),
    input(`b${i}`, [...batches[1], ...(transposeB ? [columns, inner] : [inner, columns])], dtype),
  ] as const;
}

describe("the bits do not depend on threads in", () => {
  it("matrix products of any sizes, which are right", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(product, { minLength: 8, maxLength: 8 }), async (products) => {
        const factors = products.map(operands);
        const outputs = Object.fromEntries(
          factors.map(([a, b], i) => [`y${i}`, matmul(a, b, products[i])] as const),
        );
        const inputs = factors.flat();
        const feeds = Object.fromEntries(
          inputs.map(({ attrs, dtype, shape }) => {
            const name = String(attrs["name"]);
            return [name, normal(Key.fromSeed(8).split(name), dtype as FloatDType, shape)] as const;
          }),
        );
        const results = await equalResults(outputs, inputs, feeds);
        evaluate(Object.values(outputs), feeds).forEach((expected, i) => {
          // Sums of up to 500 products of normal numbers: √500 roundings of float32 at a size of √500.
          expectClose(results[`y${i}`]!, expected, expected.dtype === "float32" ? 5e-5 : 1e-12, `y${i}`);
        });
      }),
      { numRuns: 10 },
    );
  });

  it.each(["float32", "float64"] as const)("functions and sums of large arrays in %s", async (dtype) => {
    const x = input("x", [303, 211], dtype);
    const functions = { erf, exp, expm1, gelu, layerNorm, log, log1p, sigmoid, softmax, softplus, tanh };
    const outputs: Record<string, Tensor> = Object.fromEntries(
      Object.entries(functions).map(([name, f]) => [name, f(x)]),
    );
    outputs["sum"] = reduceSum(x);
    outputs["rows"] = reduceSum(x, { axes: [1] });
    outputs["columns"] = reduceMean(x, { axes: [0] });
    const feeds = { x: uniform(Key.fromSeed(1), dtype, x.shape, { low: 0.1, high: 3 }) };
    await equalResults(outputs, [x], feeds);
  });

  it.each([
    ["a ReLU network of the usual sizes", [784, 512, 512, 10], 128, relu],
    [
      "a wide, uneven network with layer norm",
      [301, 257, 129, 10],
      97,
      (x: Tensor) => layerNorm(gelu(x), { epsilon: 1e-5 }),
    ],
    ["a network with two outputs", [784, 128, 128, 2], 200, tanh],
  ] as const)("training %s", async (_, widths, batch, activation) => {
    const net = mlp(widths, activation);
    const x = input("x", [batch, widths[0]]);
    const labels = input("labels", [batch], "int32");
    const loss = reduceMean(softmaxCrossEntropy(net.apply(x), labels));
    const { carry, next } = momentumStep(loss, net.parameters, 0.05);
    const key = Key.fromSeed(6);
    const start = carry.map((tensor): [string, NdArray] => {
      const name = String(tensor.attrs["name"]);
      const std = 1 / Math.sqrt(tensor.shape.at(-1)!);
      const moving = name.endsWith(".velocity");
      return [
        name,
        moving ? zeros("float32", tensor.shape) : normal(key.split(name), "float32", tensor.shape, { std }),
      ];
    });
    const steps = 3;
    const classes = widths.at(-1)!;
    const feeds = {
      carry: Object.fromEntries(start),
      perStep: {
        x: normal(key.split("x"), "float32", [steps, batch, widths[0]]),
        labels: ndarray(
          "int32",
          [steps, batch],
          Array.from({ length: steps * batch }, (_, i) => (7 * i) % classes),
        ),
      },
      steps,
    };
    const results = new Set<string>();
    for (const threads of threadCounts) {
      await using loop = await compileLoop({ carry, next, perStep: [x, labels], options: { threads } });
      for (let repeat = 0; repeat < 2; repeat++) results.add(bits((await loop.run(feeds)).carry));
    }
    expect(results.size).toBe(1);
  });
});
