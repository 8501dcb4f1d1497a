/**
 * @file The diagonal of the tangent kernel that theory gives a network, |∇_θ f|² of its one output, against sampled networks
 * in both parameterisations: what learning rates are predicted from.
 */
import { describe, expect, it } from "vitest";
import { add, evaluate, input, reduceSum, square, vjp } from "../../src/expr/index.ts";
import {
  applyModel,
  buildModel,
  initialise,
  type Model,
  meanFieldPlaces,
  type Net,
  parameterInputs,
  parseNetText,
} from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal, toNumbers } from "../../src/tensor/index.ts";
import { meanEstimate, propagate } from "../../src/theory/index.ts";

const [inputs, width, hidden, nets] = [20, 120, 3, 24];

/** An input with |x|² = n, so that theory starts at K = 1. */
function unitInput(key: Key): NdArray {
  const { data } = normal(key, "float64", [1, inputs]);
  const norm = Math.hypot(...data) / Math.sqrt(inputs);
  return ndarray(
    "float64",
    [1, inputs],
    data.map((value) => value / norm),
  );
}

/** |∇_θ f|² at initialisation, over independent networks and inputs. */
function sampled(model: Model): number[] {
  const parameters = parameterInputs(model, "float64");
  const { output } = applyModel(model, parameters, input("x", [1, inputs], "float64"));
  const gradients = vjp([reduceSum(output)], Object.values(parameters));
  const total = gradients.map((g) => reduceSum(square(g!))).reduce((sum, term) => add(sum, term));
  return Array.from({ length: nets }, (_, i) => {
    const key = Key.fromSeed(6).split(i);
    const feeds = { ...initialise(model, key, { dtype: "float64" }), x: unitInput(key.split("x")) };
    return toNumbers(evaluate([total], feeds)[0]!)[0]!;
  });
}

function predicted(net: Net): number {
  const last = propagate(meanFieldPlaces(buildModel(net)), { K: 1 }).at(-1)!;
  return net.parameterisation === "ntk" ? last.theta : last.thetaStandard;
}

const mlp = (depth: number, sw2: number, rest: string) =>
  parseNetText(`mlp:depth=${depth},sw2=${sw2},sb2=0.2,width=${width},in=${inputs},out=1,${rest}`);

describe.each(["ntk", "standard"])("under the %s parameterisation", (parameterisation) => {
  it.each([
    "activation=relu",
    "activation=tanh,init=haar",
    "activation=gelu,norm=ln-pre,mu=0.7",
    "activation=tanh,norm=ln-act,mu=1",
  ])("%s has the kernel of theory, and not that of a layer more at sw2 × 1.5", (options) => {
    const rest = `${options},parameterisation=${parameterisation}`;
    const net = mlp(hidden, 1.4, rest);
    const { value, se } = meanEstimate(sampled(buildModel(net)));
    // Four standard errors, and a finite-width bias of a quarter of the 3 L/N that criticality.md §6 allows.
    const bias = (3 * (hidden + 1)) / width / 4;
    const away = (reference: number) => Math.abs(value - reference) / (4 * se! + bias * reference);
    expect(away(predicted(net))).toBeLessThan(1);
    expect(away(predicted(mlp(hidden + 1, 2.1, rest)))).toBeGreaterThan(1);
  });
});
