/** @file Loops whose steps hold host operations: the bits of single steps, on every device. */
import { describe, expect, it, vi } from "vitest";
import {
  add,
  cholesky,
  constant,
  gather,
  input,
  matmul,
  mul,
  reduceMean,
  reduceSum,
  relu,
  softmaxCrossEntropy,
  sort,
  spmm,
  square,
  sub,
  tanh,
  triangularSolve,
} from "../../src/expr/index.ts";
import { spmmPrimitive } from "../../src/expr/primitives/sparse.ts";
import { compile, compileLoop } from "../../src/runtime/index.ts";
import {
  Key,
  type NdArray,
  ndarray,
  normal,
  sparseFromEntries,
  toNumbers,
  zeros,
} from "../../src/tensor/index.ts";
import { bits, momentumStep, type TrainingStep } from "./networks.ts";

const vertices = 30;
/** A ring with a chord from every vertex, each edge 1/4. */
const ring = sparseFromEntries({
  shape: [vertices, vertices],
  rows: Array.from({ length: 4 * vertices }, (_, k) => k % vertices),
  columns: Array.from(
    { length: 4 * vertices },
    (_, k) => (k + [0, 1, 29, 11][Math.floor(k / vertices)]!) % vertices,
  ),
  values: new Array<number>(4 * vertices).fill(0.25),
});

const features = input("features", [vertices, 5]);
const labels = input("labels", [vertices], "int32");
const weights = [input("w0", [5, 8]), input("w1", [8, 3])] as const;

/** A graph convolutional network of two layers, trained on all vertices. */
function graphNetwork(): TrainingStep {
  const hidden = relu(matmul(spmm(ring, features), weights[0]));
  const loss = reduceMean(softmaxCrossEntropy(matmul(spmm(ring, hidden), weights[1]), labels));
  return momentumStep(loss, weights, 0.5);
}

function feedsOf(step: TrainingStep) {
  const key = Key.fromSeed(4);
  const carry = step.carry.map((x): [string, NdArray] => {
    const name = String(x.attrs["name"]);
    return [
      name,
      name.endsWith("velocity") ? zeros("float32", x.shape) : normal(key.split(name), "float32", x.shape),
    ];
  });
  return {
    carry: Object.fromEntries(carry),
    shared: {
      features: normal(key.split("features"), "float32", features.shape),
      labels: ndarray(
        "int32",
        [vertices],
        Array.from({ length: vertices }, (_, i) => i % 3),
      ),
    },
  };
}

async function trained(
  step: TrainingStep,
  parts: readonly number[],
  device?: "cpu" | "wasm" | "interpreter",
) {
  const { carry, next, loss } = step;
  const options = device && { device };
  const shared = [features, labels];
  await using loop = await compileLoop({
    carry,
    next,
    shared,
    collect: { loss },
    ...(options && { options }),
  });
  const feeds = feedsOf(step);
  let state: Record<string, NdArray> = feeds.carry;
  const losses: number[] = [];
  for (const steps of parts) {
    const result = await loop.run({ carry: state, shared: feeds.shared, steps });
    state = result.carry;
    losses.push(...toNumbers(result.collected["loss"]!));
  }
  return { bits: bits(state), losses };
}

describe("a graph network", () => {
  const step = graphNetwork();

  it.each(["cpu", "wasm"] as const)(
    "is trained with the bits of single steps on %s, and its loss falls",
    async (device) => {
      const whole = await trained(step, [12], device);
      expect(await trained(step, [5, 1, 6], device)).toEqual(whole);
      expect(whole.losses.at(-1)).toBeLessThan(whole.losses[0]!);
      const { carry, next } = step;
      const names = carry.map((x) => String(x.attrs["name"]));
      await using single = await compile({
        inputs: [...carry, features, labels],
        outputs: Object.fromEntries(names.map((name, i) => [name, next[i]!])),
        options: { device },
      });
      const feeds = feedsOf(step);
      let state: Record<string, NdArray> = feeds.carry;
      for (let i = 0; i < 12; i++) state = await single.run({ ...state, ...feeds.shared });
      expect(bits(state)).toBe(whole.bits);
    },
  );

  it("agrees with the interpreter to 1e-5 of the losses", async () => {
    const [fast, slow] = [await trained(step, [3]), await trained(step, [3], "interpreter")];
    fast.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(slow.losses[i]!, 5);
    });
  });
});

describe("what depends on shared inputs alone", () => {
  const w = input("w", [5, 3]);
  const smooth = spmm(ring, spmm(ring, features));
  const loss = reduceMean(softmaxCrossEntropy(matmul(smooth, w), labels));

  it("is computed once a run, and the rest of the step inside one session", async () => {
    const evaluate = vi.spyOn(spmmPrimitive, "evaluate");
    const step = momentumStep(loss, [w], 0.5);
    const { carry, next } = step;
    await using loop = await compileLoop({ carry, next, shared: [features, labels], collect: { smooth } });
    const { shared, carry: start } = feedsOf(step);
    const { collected } = await loop.run({ carry: start, shared, steps: 7 });
    expect(evaluate).toHaveBeenCalledTimes(2);
    evaluate.mockRestore();
    expect(collected["smooth"]!.shape).toEqual([7, vertices, 5]);
    expect((await trained(step, [7])).losses).toEqual((await trained(step, [3, 4])).losses);
  });

  it("may be handed on or collected as it is", async () => {
    const x = input("x", [3]);
    const y = input("y", [3]);
    const sorted = sort(y);
    await using loop = await compileLoop({ carry: [x], next: [sorted], shared: [y], collect: { x, sorted } });
    const feeds = {
      carry: { x: ndarray("float32", [3], [7, 8, 9]) },
      shared: { y: ndarray("float32", [3], [3, 1, 2]) },
    };
    const { carry, collected } = await loop.run({ ...feeds, steps: 2 });
    expect(toNumbers(carry["x"]!)).toEqual([1, 2, 3]);
    expect(toNumbers(collected["x"]!)).toEqual([7, 8, 9, 1, 2, 3]);
    expect(toNumbers(collected["sorted"]!)).toEqual([1, 2, 3, 1, 2, 3]);
  });
});

describe("other host operations", () => {
  it("factor a matrix that changes from step to step, in float64, with per-step inputs", async () => {
    const x = input("x", [4, 4], "float64");
    const r = input("r", [2], "int32");
    const unit = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j)));
    const a = add(matmul(x, x, { transposeB: true }), constant(unit, "float64"));
    const l = cholesky(a);
    const next = tanh(
      add(triangularSolve(l, x), mul(reduceSum(square(gather(sort(x), r, { axis: 0 }))), 0.1)),
    );
    const request = { carry: [x], next: [next], perStep: [r], collect: { l } };
    const feeds = {
      carry: { x: normal(Key.fromSeed(3), "float64", [4, 4]) },
      perStep: { r: ndarray("int32", [3, 2], [0, 1, 2, 3, 1, 1]) },
      steps: 3,
    };
    await using loop = await compileLoop(request);
    await using plain = await compileLoop({ ...request, options: { device: "interpreter" } });
    const [fast, slow] = [await loop.run(feeds), await plain.run(feeds)];
    toNumbers(fast.collected["l"]!).forEach((value, i) => {
      expect(value).toBeCloseTo(toNumbers(slow.collected["l"]!)[i]!, 11);
    });
  });

  it("that fail inside a step name themselves", async () => {
    const x = input("x", [1, 1]);
    await using loop = await compileLoop({ carry: [x], next: [cholesky(sub(x, 1))] });
    const failing = loop.run({ carry: { x: ndarray("float32", [1, 1], [3]) }, steps: 4 });
    await expect(failing).rejects.toMatchObject({ code: "failed", where: "cholesky pivot 0" });
  });
});
