import { describe, expect, it } from "vitest";
import {
  evaluate,
  input,
  jvp,
  orZeros,
  reduceMean,
  reshape,
  type Tensor,
  vjp,
} from "../../src/expr/index.ts";
import { initialise, type Model } from "../../src/net/index.ts";
import { tapChain } from "../../src/probes/chain.ts";
import {
  type CurvatureKind,
  compileCurvature,
  extremeEigenvalues,
  stableRate,
} from "../../src/probes/index.ts";
import { eigenSymmetric, Key, type NdArray, ndarray, sizeOf, zeros } from "../../src/tensor/index.ts";
import { type LossKind, losses } from "../../src/train/index.ts";
import { inputsOf, modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(9);
const labels = ndarray("int32", [3], [0, 2, 1]);
/** Lanczos runs to the end of these small spaces, so only rounding is left. */
const whole = { steps: 200, tolerance: 1e-12 };

function measure(kind: CurvatureKind, model: Model, loss: LossKind, parameters: Record<string, NdArray>) {
  const inputs = inputsOf(model, 3, "float64");
  return compileCurvature(kind, { model, loss, inputs, labels, dtype: "float64" }).then(async (probe) => {
    const result = await probe.measure(parameters, { ...whole, key });
    await probe[Symbol.asyncDispose]();
    return result;
  });
}

/** Matrix rows of a linear map of the parameters' tangents, one unit tangent at a time, by the interpreter. */
function columnsOf(
  outputs: (tangents: Tensor[]) => Tensor[],
  parameters: Tensor[],
  feeds: Record<string, NdArray>,
): number[][] {
  const tangents = parameters.map(({ shape }, i) => input(`tangent.${i}`, shape, "float64"));
  const results = outputs(tangents).map((tensor) => reshape(tensor, [sizeOf(tensor.shape)]));
  return parameters.flatMap(({ shape }, which) =>
    Array.from({ length: sizeOf(shape) }, (_, entry) => {
      const given = Object.fromEntries(parameters.map((p, i) => [`tangent.${i}`, zeros("float64", p.shape)]));
      given[`tangent.${which}`]!.data[entry] = 1;
      return evaluate(results, { ...feeds, ...given }).flatMap(({ data }) =>
        Array.from(data as Float64Array),
      );
    }),
  );
}

function spectrum(matrix: readonly (readonly number[])[]): number[] {
  const n = matrix.length;
  return Array.from(eigenSymmetric(ndarray("float64", [n, n], matrix.flat())).values.data);
}

describe("Lanczos", () => {
  const diagonal = (values: readonly number[]) => async (v: Float64Array) => v.map((x, i) => x * values[i]!);

  it("finds both ends of an indefinite spectrum, with a residual that bounds the error", async () => {
    const values = Array.from({ length: 200 }, (_, i) => -3 + (i / 199) * 13);
    for (const steps of [5, 10, 40]) {
      const { largest, residual, products } = await extremeEigenvalues(diagonal(values), {
        dimension: 200,
        key,
        steps,
        tolerance: 0,
      });
      expect(products).toBe(steps);
      expect(values.some((value) => Math.abs(value - largest) <= residual + 1e-9)).toBe(true);
    }
    const { largest, smallest, converged } = await extremeEigenvalues(diagonal(values), {
      dimension: 200,
      key,
      steps: 200,
      tolerance: 1e-10,
    });
    expectClose(largest, 10, 1e-9);
    expectClose(smallest, -3, 0.05);
    expect(converged).toBe(true);
  });

  it("stops in a space of one dimension, and on the zero operator", async () => {
    expect(await extremeEigenvalues(diagonal([7]), { dimension: 1, key })).toMatchObject({
      largest: 7,
      products: 1,
      converged: true,
    });
    expect(await extremeEigenvalues(diagonal([0, 0]), { dimension: 2, key })).toMatchObject({
      largest: 0,
      converged: true,
    });
  });

  it("says NaN of an operator that overflows, and does not take it for converged", async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const found = await extremeEigenvalues(diagonal([1, bad, 2]), { dimension: 3, key });
      expect(found).toMatchObject({ largest: Number.NaN, converged: false, products: 1 });
    }
  });

  it("refuses an empty space", async () => {
    await expect(extremeEigenvalues(diagonal([]), { dimension: 0, key })).rejects.toMatchObject({
      code: "bad-input",
    });
  });
});

describe("curvature against whole matrices", () => {
  const model = modelOf("mlp:depth=1,width=4,activation=tanh,sw2=1.5,sb2=0.1,in=3,out=3");
  const parameters = initialise(model, key, { dtype: "float64" });
  const chain = tapChain(model, 3, "float64");
  const all = Object.values(chain.parameters);
  const feeds = { ...parameters, x: inputsOf(model, 3, "float64"), labels };
  /** One row per parameter entry: ∂ outputs / ∂ it. */
  const jacobian = columnsOf((t) => [jvp([chain.output], all, t)[0]!], all, feeds);

  it("the NTK", async () => {
    const ntk = jacobian[0]!.map((_, a) =>
      jacobian[0]!.map((__, b) => jacobian.reduce((sum, row) => sum + row[a]! * row[b]!, 0)),
    );
    const { largest } = await measure("ntk", model, "mse", parameters);
    expectClose(largest, Math.max(...spectrum(ntk)), 1e-9);
  });

  for (const loss of ["crossEntropy", "mse"] as const) {
    it(`the Hessian of ${loss}`, async () => {
      const target = input("labels", [3], "int32");
      const mean = reduceMean(losses[loss](chain.output, target));
      const gradients = vjp([mean], all).map((g, i) => orZeros(g, all[i]!));
      const hessian = columnsOf((t) => jvp(gradients, all, t).map((h, i) => orZeros(h, all[i]!)), all, feeds);
      const { largest, smallest } = await measure("hessian", model, loss, parameters);
      expectClose(largest, Math.max(...spectrum(hessian)), 1e-9);
      expectClose(smallest, Math.min(...spectrum(hessian)), 1e-9);
    });

    it(`the Gauss-Newton matrix of ${loss} is the Hessian of a network that is linear in its parameters`, async () => {
      const linear = modelOf("mlp:depth=0,in=3,out=3");
      const weights = initialise(linear, key, { dtype: "float64" });
      const gaussNewton = await measure("gaussNewton", linear, loss, weights);
      const hessian = await measure("hessian", linear, loss, weights);
      expectClose(gaussNewton.largest, hessian.largest, 1e-9);
      expect(hessian.smallest).toBeGreaterThan(-1e-9);
    });
  }

  it("agrees in float32 to six digits of the top eigenvalue", async () => {
    const exact = await measure("gaussNewton", model, "crossEntropy", parameters);
    const single = Object.fromEntries(
      Object.entries(parameters).map(([name, { shape, data }]) => [
        name,
        ndarray("float32", shape, data as Float64Array),
      ]),
    );
    await using probe = await compileCurvature("gaussNewton", {
      model,
      loss: "crossEntropy",
      inputs: inputsOf(model, 3, "float64"),
      labels,
    });
    expectClose((await probe.measure(single, { ...whole, key })).largest, exact.largest, 1e-5);
  });

  it("refuses labels that are no classes, or too few", async () => {
    const inputs = inputsOf(model, 2, "float64");
    const settings = { model, loss: "mse" as const, inputs };
    await expect(
      compileCurvature("ntk", { ...settings, labels: ndarray("int32", [2], [0, 3]) }),
    ).rejects.toMatchObject({ where: "labels[1]" });
    await expect(
      compileCurvature("ntk", { ...settings, labels: ndarray("int32", [1], [0]) }),
    ).rejects.toMatchObject({ code: "bad-shape" });
  });
});

describe("the stable rate of a quadratic", () => {
  it("is 2(1 + β)/λ: heavy-ball iterations grow just above it and shrink just below", () => {
    const [lambda, momentum] = [3, 0.9];
    const size = (rate: number) => {
      let [w, v] = [1, 0];
      for (let step = 0; step < 3000; step++) {
        v = momentum * v + lambda * w;
        w -= rate * v;
      }
      return Math.abs(w);
    };
    expect(size(0.98 * stableRate(lambda, momentum))).toBeLessThan(1e-3);
    expect(size(1.02 * stableRate(lambda, momentum))).toBeGreaterThan(1e3);
  });
});
