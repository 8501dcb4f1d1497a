import { describe, expect, it } from "vitest";
import {
  add,
  constant,
  evaluate,
  input,
  mul,
  reduceSum,
  reshape,
  Scope,
  square,
  sub,
  type Tensor,
  withScope,
} from "../../src/expr/index.ts";
import { compileLoop } from "../../src/runtime/index.ts";
import { type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import type { Problem } from "../../src/train/descent.ts";
import { groupSettings } from "../../src/train/groups.ts";
import type { GroupSpec, OptimizerSpec, SamSpec } from "../../src/train/index.ts";
import { trainingLoss } from "../../src/train/label-smoothing.ts";
import { optimizer } from "../../src/train/optimisers.ts";
import { parseOptimizer } from "../../src/train/options.ts";
import { parseSam } from "../../src/train/sam-options.ts";
import { sharpDescent } from "../../src/train/sharpness.ts";

/** A function of a few tensors, minimised with SAM by the interpreter in float64. */
interface Descent {
  readonly start: Readonly<Record<string, readonly number[]>>;
  readonly loss: (weights: Readonly<Record<string, Tensor>>) => Tensor;
  readonly sam: SamSpec;
  readonly base?: OptimizerSpec;
  readonly groups?: readonly GroupSpec[];
  readonly rate: number;
}

function descend({ start, loss, sam, base = { kind: "sgd", momentum: 0 }, groups = [], rate }: Descent) {
  return withScope(new Scope(), () => {
    const trained = Object.keys(start);
    const rule = optimizer(parseOptimizer(base));
    const weights = Object.fromEntries(
      trained.map((name) => [name, input(name, [start[name]!.length], "float64")]),
    );
    const settings = groupSettings(groups, {}, trained);
    const problem: Problem = {
      weights,
      trained,
      settings,
      forward: (at) => ({ losses: mul(constant([1], "float64"), loss(at)), updates: {} }),
    };
    const initial = rule.initial(
      Object.fromEntries(trained.map((name) => [name, weights[name]!.shape])),
      "float64",
    );
    const state = Object.fromEntries(
      Object.entries(initial).map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
    );
    const row = input("row", [1], "float64");
    const sharp = sharpDescent(
      problem,
      { x: row, targets: row, noise: {} },
      {
        sam: parseSam(sam, 1),
        rho: constant(sam.rho, "float64"),
        draws: {},
        state: {},
      },
    );
    const next = rule.update({
      parameters: weights,
      gradients: sharp.gradients,
      state,
      learningRate: constant(rate, "float64"),
      settings,
    });
    const names = [...trained, ...Object.keys(state)];
    const outputs = [
      ...trained.map((name) => next.parameters[name]!),
      ...Object.keys(state).map((name) => next.state[name]!),
      ...trained.map((name) => sharp.gradients[name]!),
    ];
    let values: Record<string, NdArray> = {
      ...Object.fromEntries(
        trained.map((name) => [name, ndarray("float64", [start[name]!.length], start[name]!)]),
      ),
      ...initial,
      row: ndarray("float64", [1], [0]),
    };
    return () => {
      const results = evaluate(outputs, values);
      values = { ...values, ...Object.fromEntries(names.map((name, i) => [name, results[i]!])) };
      const flat = (arrays: readonly NdArray[]) => arrays.flatMap((array) => toNumbers(array));
      return {
        weights: flat(trained.map((name) => values[name]!)),
        sharp: flat(results.slice(names.length)),
      };
    };
  });
}

/** ½ Σ hᵢ wᵢ². */
const quadratic =
  (...curvatures: number[]) =>
  ({ w }: Readonly<Record<string, Tensor>>): Tensor =>
    mul(reduceSum(mul(square(w!), constant(curvatures, "float64"))), 0.5);

function expectNear(actual: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(wanted.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted[i]!)));
  });
}

describe("the quadratic ½wᵀdiag(10, 1)w (training.md §1.5)", () => {
  const loss = quadratic(10, 1);

  it("gives SAM's gradient and step", () => {
    const { weights, sharp } = descend({ start: { w: [1, 1] }, loss, sam: { rho: 0.1 }, rate: 0.05 })();
    expectNear(sharp, [10.9950371902, 1.0099503719], 1e-9);
    expectNear(weights, [0.4502481405, 0.9495024814], 1e-9);
  });

  it("gives SAM's and ASAM's steps from (2, ½)", () => {
    const common = { start: { w: [2, 0.5] }, loss, rate: 0.05 };
    expectNear(descend({ ...common, sam: { rho: 0.1 } })().weights, [0.9500156177, 0.474875039], 1e-9);
    const adaptive = descend({ ...common, sam: { rho: 0.1, adaptive: true } })();
    expectNear(adaptive.weights, [0.9000019531, 0.4749843753], 1e-9);
  });

  it("decays the restored weights and gives momentum the gradient at w + e alone", () => {
    const base = { kind: "sgd", momentum: 0.9, weightDecay: 0.01 } as const;
    const step = descend({ start: { w: [1, 1] }, loss, sam: { rho: 0.1 }, base, rate: 0.05 });
    expectNear(step().weights, [0.44974814, 0.94900248], 1e-7);
    expectNear(step().weights, [-0.31950022, 0.85414778], 1e-7);
    expectNear(step().weights, [-0.80361022, 0.72435275], 1e-7);
  });

  it("goes through Adam", () => {
    const step = descend({
      start: { w: [1, 1] },
      loss,
      sam: { rho: 0.1 },
      base: { kind: "adam" },
      rate: 0.01,
    });
    expectNear(step().weights, [0.99, 0.99], 1e-7);
    expectNear(step().weights, [0.98000249, 0.98000272], 1e-7);
  });

  it("stays where the gradient is 0", () => {
    expect(descend({ start: { w: [0, 0] }, loss, sam: { rho: 0.1 }, rate: 0.05 })().weights).toEqual([0, 0]);
  });

  it("leaves an excluded parameter out of e and of its norm", () => {
    const start = { a: [1], b: [2] };
    const sum = ({ a, b }: Readonly<Record<string, Tensor>>) =>
      mul(reduceSum(mul(add(square(a!), square(b!)), constant([1.5], "float64"))), 1);
    const groups = [{ match: ["b"], rho: 0 }];
    const { sharp } = descend({ start, loss: sum, sam: { rho: 0.1 }, groups, rate: 0.05 })();
    expectNear(sharp, [3.3, 6], 1e-12);
  });
});

describe("the bounce of SAM about a minimum (training.md §1.5)", () => {
  it("is a cycle of two at ±η h ρ/(2 - ηh) in one dimension, whose average is the minimum", () => {
    const step = descend({ start: { w: [1] }, loss: quadratic(2), sam: { rho: 0.5 }, rate: 0.1 });
    for (let i = 0; i < 200; i++) step();
    const cycle = [step().weights[0]!, step().weights[0]!];
    expectNear(cycle.map(Math.abs), [1 / 18, 1 / 18], 1e-9);
    expect(Math.abs(cycle[0]! + cycle[1]!)).toBeLessThan(1e-12);
  });

  it("settles on the steepest direction in three dimensions", () => {
    const step = descend({
      start: { w: [1, 1, 1] },
      loss: quadratic(10, 3, 1),
      sam: { rho: 0.1 },
      rate: 0.05,
    });
    for (let i = 0; i < 1500; i++) step();
    expectNear(step().weights.map(Math.abs), [1 / 30, 0, 0], 1e-9);
  });
});

describe("the manifold of minima uv = 1 (training.md §1.5)", () => {
  // 30 000 steps as published; the printed digits are its tolerance.
  it.each([
    [0.05, 2.028, 5e-4],
    [0.1, 2.006, 5e-4],
  ])("SAM at ρ = %d drifts to sharpness %d", async (rho, wanted, tolerance) => {
    const { carry, next } = withScope(new Scope(), () => {
      const [u, v] = [input("u", [], "float64"), input("v", [], "float64")];
      const problem: Problem = {
        weights: { u, v },
        trained: ["u", "v"],
        settings: {},
        forward: (at) => ({
          losses: reshape(mul(square(sub(mul(at["u"]!, at["v"]!), 1)), 0.5), [1]),
          updates: {},
        }),
      };
      const row = constant([0], "float64");
      const { gradients } = sharpDescent(
        problem,
        { x: row, targets: row, noise: {} },
        { sam: parseSam({ rho }, 1), rho: constant(rho, "float64"), draws: {}, state: {} },
      );
      return {
        carry: [u, v],
        next: [sub(u, mul(gradients["u"]!, 0.02)), sub(v, mul(gradients["v"]!, 0.02))],
      };
    });
    await using loop = await compileLoop({ carry, next, options: { threads: 1 } });
    const start = { u: ndarray("float64", [], [3]), v: ndarray("float64", [], [0.2]) };
    const { carry: end } = await loop.run({ carry: start, steps: 30_000 });
    const sharpness = toNumbers(end["u"]!)[0]! ** 2 + toNumbers(end["v"]!)[0]! ** 2;
    expect(Math.abs(sharpness - wanted)).toBeLessThan(tolerance);
  });
});

describe("label smoothing of logits (2, ½, -1, 0) at class 0 (training.md §1.5)", () => {
  const logits = constant([[2, 0.5, -1, 0]], "float64");
  const label = constant(ndarray("int32", [1], [0]));
  it.each([
    ["none", 0, 0.3423495824],
    ["over all", 0.1, 0.5048495824],
    ["over the others", { mass: 0.1, over: "others" }, 0.559016249],
  ] as const)("%s", (_, smoothing, wanted) => {
    const [value] = evaluate([trainingLoss("crossEntropy", smoothing)(logits, label)]);
    expectNear(toNumbers(value!), [wanted], 1e-9);
  });

  it.each([-0.1, 1, Number.NaN])("refuses a mass of %d", (mass) => {
    expect(() => trainingLoss("crossEntropy", mass)).toThrow(/labelSmoothing/);
  });
});
