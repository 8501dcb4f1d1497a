/** @file Probes of networks whose parameters are not all trained, and whose inputs act on each other. */
import { describe, expect, it } from "vitest";
import { evaluate, input, vjp, vmap } from "../../src/expr/index.ts";
import { buildModel, initialise, type Model, parseNet } from "../../src/net/index.ts";
import { tapChain } from "../../src/probes/chain.ts";
import { apjnAllPairs, compileCurvature, compileJacobians, type ProbeFeeds } from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray, sizeOf } from "../../src/tensor/index.ts";
import { allSigns, squaredNorm } from "./full-jacobian.ts";
import { inputsOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(3);

function netOf(...layers: object[]): Model {
  return buildModel(parseNet({ fathom: 1, input: { kind: "vector", shape: [3] }, layers }));
}

/** Jacobian between two taps of the whole batch: rows are all units of all inputs. */
function batchJacobian(
  model: Model,
  feeds: Record<string, NdArray>,
  [from, to]: [number, number],
): number[][] {
  const chain = tapChain(model, feeds["x"]!.shape[0]!, "float64");
  const [start, end] = [chain.taps[from]!, chain.taps[to]!];
  const v = input("basis", end.tensor.shape, "float64");
  const size = sizeOf(end.tensor.shape);
  const [rows] = vmap([vjp([end.tensor], [start.tensor], [v])[0]!], { over: [v], size });
  const basis = ndarray("float64", [size, ...end.tensor.shape], new Float64Array(size * size));
  for (let i = 0; i < size; i++) basis.data[i * (size + 1)] = 1;
  const [J] = evaluate([rows!], { ...feeds, basis });
  const width = sizeOf(start.tensor.shape);
  return Array.from({ length: size }, (_, i) =>
    Array.from((J!.data as Float64Array).subarray(i * width, (i + 1) * width)),
  );
}

describe("the partial Jacobian of a network with batch normalisation", () => {
  const dense = { kind: "dense", width: 3, sw2: 1.5, sb2: 0.1 };
  const block = [{ kind: "batchNorm" }, { kind: "activation", activation: "tanh" }, dense];
  const model = netOf(dense, ...block, { kind: "dropout", rate: 0.5 }, ...block);
  const samples = 3;
  const x = inputsOf(model, samples, "float64");
  const parameters = initialise(model, key, { dtype: "float64" });
  const expected = (from: number, to: number) =>
    squaredNorm(batchJacobian(model, { ...parameters, x }, [from, to])) / (3 * samples);

  it("sums over all pairs of inputs: probes over all signs of a batch give its whole norm", async () => {
    const probes = 2 ** (3 * samples);
    await using program = await compileJacobians({ model, samples, probes, dtype: "float64" });
    const signs = allSigns(3 * samples, 1).data;
    const feeds: ProbeFeeds = {};
    for (const { attrs, shape } of program.probeInputs) {
      feeds[String(attrs["name"])] = ndarray("float64", shape, signs);
    }
    const run = await program.run(parameters, x, feeds);
    const mean = (logs: Float64Array) => logs.reduce((sum, value) => sum + Math.exp(value), 0) / logs.length;
    for (const l of [1, 2]) {
      // Float64 sums of 2⁹ terms.
      expectClose(mean(run.fromFirst[l]!), expected(0, l), 1e-12);
      expectClose(mean(run.toOutput[l - 1]!), expected(l - 1, 2), 1e-12);
      expectClose(mean(run.local[l - 1]!), expected(l - 1, l), 1e-12);
    }
  });

  it("is the same between all pairs of taps, within four standard errors", async () => {
    const { J } = await apjnAllPairs({
      model,
      inputs: x,
      parameters: [parameters],
      probes: 4000,
      dtype: "float64",
      key,
    });
    for (const [from, to] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const { lnMean, probeSe } = J[from]![to]!;
      expect(Math.abs(Math.exp(lnMean - Math.log(expected(from, to))) - 1)).toBeLessThan(4 * probeSe);
    }
  });
});

describe("curvature", () => {
  const dense = (width: number, parameters?: object) => ({
    kind: "dense",
    width,
    sb2: 1,
    ...(parameters === undefined ? {} : { parameters }),
  });
  const still = { trainable: false };
  const inputs = (model: Model) => inputsOf(model, 3, "float64");
  const labels = ndarray("int32", [3], [0, 1, 1]);
  const largest = async (model: Model, kind: "ntk" | "hessian") => {
    await using probe = await compileCurvature(kind, {
      model,
      loss: "crossEntropy",
      inputs: inputs(model),
      labels,
      dtype: "float64",
    });
    const found = await probe.measure(initialise(model, key, { dtype: "float64" }), {
      steps: 100,
      tolerance: 1e-12,
    });
    return found.largest;
  };

  it("is that of the parameters that are trained: the NTK of a trained bias alone is the all-ones matrix", async () => {
    const model = netOf(dense(2, { weight: still }));
    expectClose(await largest(model, "ntk"), 3, 1e-10);
  });

  it("is refused for a network that trains nothing", async () => {
    const model = netOf(dense(2, { weight: still, bias: still }));
    await expect(largest(model, "hessian")).rejects.toMatchObject({ code: "bad-input", where: "layers" });
  });
});
