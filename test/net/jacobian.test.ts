/**
 * @file J(1, L) = E |∂h^L/∂h^1|²/N_L of networks whose widths change: the whole Jacobian of sampled networks against theory.
 * It is divided by the width of the output, and Haar weights that widen are scaled by √(out/in) (criticality.md §1, §11).
 */
import { describe, expect, it } from "vitest";
import { evaluate, input, jvp, reduceSum, square, vmap } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  initialise,
  type Model,
  meanFieldPlaces,
  parameterInputs,
  parseNet,
} from "../../src/net/index.ts";
import { Key, ndarray, rademacher, toNumbers } from "../../src/tensor/index.ts";
import { meanEstimate, propagate } from "../../src/theory/index.ts";

const [inputs, nets] = [50, 24];

function network(init: string, widths: readonly number[]): Model {
  const phi = { kind: "activation", activation: "tanh" };
  const dense = widths.map((width) => ({ kind: "dense", width, sw2: 1.7, sb2: 0.2 }));
  const layers = dense.flatMap((layer, l) => (l === 0 ? [layer] : [phi, layer]));
  return buildModel(parseNet({ fathom: 1, init, input: { kind: "vector", shape: [inputs] }, layers }));
}

/** |∂h^L/∂h^1|² at initialisation on inputs of ±1, over independent networks. */
function sampled(model: Model): number[] {
  const x = input("x", [1, inputs], "float64");
  const { taps } = applyModel(model, parameterInputs(model, "float64"), x);
  const units = taps[0]!.tensor.shape[1]!;
  const direction = input("direction", [1, units], "float64");
  const [column] = jvp([taps.at(-1)!.tensor], [taps[0]!.tensor], [direction]);
  const [columns] = vmap([column!], { over: [direction], size: units });
  const identity = ndarray(
    "float64",
    [units, 1, units],
    Array.from({ length: units ** 2 }, (_, i) => Number(i % (units + 1) === 0)),
  );
  return Array.from({ length: nets }, (_, i) => {
    const key = Key.fromSeed(9).split(i);
    const feeds = { x: rademacher(key.split("x"), "float64", [1, inputs]), direction: identity };
    const params = initialise(model, key, { dtype: "float64" });
    return toNumbers(evaluate([reduceSum(square(columns!))], { ...params, ...feeds })[0]!)[0]!;
  });
}

describe.each(["gaussian", "haar"])("%s weights", (init) => {
  it.each([
    [60, 120, 30],
    [120, 40, 200],
  ])("of widths %i, %i, %i have the J of theory, divided by the output's width", (...widths) => {
    const model = network(init, widths);
    const { value, se } = meanEstimate(sampled(model));
    const theory = Math.exp(propagate(meanFieldPlaces(model), { K: 1 }).at(-1)!.logJ);
    // Four standard errors, and a quarter of the finite-width bias 3 L/N that criticality.md §6 allows.
    const bias = (3 * widths.length) / Math.min(...widths) / 4;
    const away = (units: number) => Math.abs(value / units - theory) / ((4 * se!) / units + bias * theory);
    expect(away(widths.at(-1)!)).toBeLessThan(1);
    expect(away(widths[0]!)).toBeGreaterThan(1);
  });
});
