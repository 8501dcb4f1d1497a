import { describe, expect, it } from "vitest";
import {
  constant,
  evaluate,
  input,
  mul,
  reduceSum,
  Scope,
  square,
  type Tensor,
  withScope,
} from "../../src/expr/index.ts";
import { type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import type { Problem } from "../../src/train/descent.ts";
import { groupSettings } from "../../src/train/groups.ts";
import type { GroupSpec, OptimizerSpec, SamSpec } from "../../src/train/index.ts";
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
        active: constant(1, "bool"),
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
});
