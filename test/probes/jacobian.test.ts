import { describe, expect, it } from "vitest";
import { initialise, type Model } from "../../src/net/index.ts";
import {
  apjnAllPairs,
  compileJacobians,
  type JacobianRun,
  measureJacobians,
  type ProbeFeeds,
} from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray } from "../../src/tensor/index.ts";
import { allSigns, fullJacobian, gram, squaredNorm } from "./full-jacobian.ts";
import { inputsOf, modelOf, smallResidual } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(5);
/** Twelve digits: float64 sums of at most 2⁴ terms. */
const exact = 1e-12;

/** Runs the probes of a model whose hidden taps have four units with every vector of four signs. */
async function runAllSigns(
  model: Model,
  parameters: Record<string, NdArray>,
  x: NdArray,
): Promise<JacobianRun> {
  const samples = x.shape[0]!;
  await using program = await compileJacobians({ model, samples, probes: 16, dtype: "float64" });
  const feeds: ProbeFeeds = {};
  for (const { attrs, shape } of program.probeInputs) {
    const units = shape.at(-1)!;
    const signs = allSigns(units, samples);
    const repeated = Float64Array.from(
      { length: 16 * samples * units },
      (_, i) => signs.data[i % signs.data.length]!,
    );
    feeds[String(attrs["name"])] = ndarray("float64", shape, repeated);
  }
  return await program.run(parameters, x, feeds);
}

function row(x: NdArray, i: number): NdArray {
  const units = x.data.length / x.shape[0]!;
  return ndarray(
    "float64",
    [1, ...x.shape.slice(1)],
    (x.data as Float64Array).slice(i * units, (i + 1) * units),
  );
}

/** Values of one sample over the 16 probes; a run lays them out [P, S]. */
function sampleOf(logs: Float64Array, sample: number, samples: number): number[] {
  return Array.from(logs)
    .filter((_, i) => i % samples === sample)
    .map(Math.exp);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("probes over all sign vectors", () => {
  const samples = 2;
  for (const [name, model] of [
    ["a plain network", modelOf("mlp:depth=3,width=4,activation=tanh,sw2=2,sb2=0.1,in=3,out=2")],
    ["a residual network with layer normalisation", smallResidual()],
  ] as const) {
    it(`average to the squared norm of the whole Jacobian over the output width, for ${name}`, async () => {
      const parameters = initialise(model, key, { dtype: "float64" });
      const x = inputsOf(model, samples, "float64");
      const run = await runAllSigns(model, parameters, x);
      const last = model.taps.length - 1;
      for (let sample = 0; sample < samples; sample++) {
        const expected = (from: number, to: number) => {
          const J = fullJacobian(model, parameters, row(x, sample), [from, to]);
          return squaredNorm(J) / J.length;
        };
        for (let l = 0; l <= last; l++) {
          expectClose(mean(sampleOf(run.fromFirst[l]!, sample, samples)), expected(0, l), exact);
          expectClose(mean(sampleOf(run.toOutput[l]!, sample, samples)), expected(l, last), exact);
          if (l < last) {
            expectClose(mean(sampleOf(run.local[l]!, sample, samples)), expected(l, l + 1), exact);
          }
        }
      }
    });
  }

  it("scatter with the variance 2(|M|² - Σ M_ii²)/n² of criticality.md §6", async () => {
    const model = modelOf("mlp:depth=3,width=4,activation=tanh,sw2=2,sb2=0.1,in=3,out=2");
    const parameters = initialise(model, key, { dtype: "float64" });
    const x = inputsOf(model, 1, "float64");
    const run = await runAllSigns(model, parameters, x);
    const J = fullJacobian(model, parameters, x, [0, 3]);
    const M = gram(J);
    const diagonal = M.reduce((sum, values, i) => sum + values[i]! ** 2, 0);
    const samples = sampleOf(run.fromFirst[3]!, 0, 1);
    const centre = mean(samples);
    const variance = mean(samples.map((value) => (value - centre) ** 2));
    expectClose(variance, (2 * (squaredNorm(M) - diagonal)) / J.length ** 2, exact);
  });
});

describe("random probes", () => {
  const model = modelOf("mlp:depth=4,width=32,activation=tanh,sw2=2,sb2=0.1,in=8,out=8");
  const parameters = initialise(model, key, { dtype: "float64" });
  const inputs = inputsOf(model, 1, "float64");
  const last = model.taps.length - 1;

  it("are unbiased: within 4 standard errors of the whole Jacobian, and those are honest", async () => {
    const { layers } = await measureJacobians({
      model,
      inputs,
      parameters: [parameters],
      probes: 400,
      dtype: "float64",
      key,
    });
    const deviations = layers.slice(1).flatMap(({ J, local }, i) => {
      const score = (lnMean: number, se: number, from: number) => {
        const full = fullJacobian(model, parameters, inputs, [from, i + 1]);
        return Math.abs(Math.exp(lnMean) / (squaredNorm(full) / full.length) - 1) / se;
      };
      return [score(J.lnMean, J.probeSe, 0), score(local!.lnMean, local!.probeSe, i)];
    });
    expect(Math.max(...deviations)).toBeLessThan(4);
    expect(mean(deviations)).toBeGreaterThan(0.2);
  });

  it("give J(1, L) from tangents and from cotangents alike", async () => {
    const { layers } = await measureJacobians({
      model,
      inputs,
      parameters: [parameters],
      probes: 400,
      dtype: "float64",
      key,
    });
    const [forward, backward] = [layers[last]!.J, layers[0]!.toOutput];
    const se = Math.hypot(forward.probeSe, backward.probeSe);
    expect(Math.abs(forward.lnMean - backward.lnMean)).toBeLessThan(4 * se);
  });

  it("agree between the triangle of all pairs and the whole Jacobian", async () => {
    const { J } = await apjnAllPairs({
      model,
      inputs,
      parameters: [parameters],
      probes: 400,
      dtype: "float64",
      key,
    });
    for (let from = 0; from < last; from++) {
      expect(J[from]![from]).toBeUndefined();
      for (let to = from + 1; to <= last; to++) {
        const full = fullJacobian(model, parameters, inputs, [from, to]);
        const { lnMean, probeSe } = J[from]![to]!;
        expect(Math.abs(Math.exp(lnMean) / (squaredNorm(full) / full.length) - 1)).toBeLessThan(
          4.5 * probeSe,
        );
      }
    }
  });

  it("give the same numbers for the same key, and the same networks for other probes", async () => {
    const settings = { model, inputs: inputsOf(model, 2, "float32"), seeds: 2, key };
    const first = await measureJacobians({ ...settings, probes: 4 });
    expect(await measureJacobians({ ...settings, probes: 4 })).toEqual(first);
    const other = await measureJacobians({ ...settings, probes: 8 });
    expect(other.layers.map(({ K }) => K.perSeed)).toEqual(first.layers.map(({ K }) => K.perSeed));
    expect(other.layers[3]!.J.perSeed).not.toEqual(first.layers[3]!.J.perSeed);
  });
});

describe("Jacobians outside float32", () => {
  it("e^{-200} and smaller keep their logarithms in an ordered network", async () => {
    const model = modelOf("mlp:depth=300,width=32,activation=linear,sw2=0.4,sb2=0.1,in=8,out=32");
    const { layers } = await measureJacobians({
      model,
      inputs: inputsOf(model, 1, "float32"),
      seeds: 5,
      probes: 2,
    });
    // A product of 300 Gaussian matrices: ln J = 300 ln 0.4 with a random walk of variance about 2·300/32.
    const { lnMedian, se } = layers.at(-1)!.J;
    expect(Math.abs(lnMedian - 300 * Math.log(0.4))).toBeLessThan(4 * Math.sqrt((2 * 300) / 32));
    expect(se).toBeGreaterThan(0);
  });

  it("single layers that shrink below float32's normal numbers count once each", async () => {
    const sw2 = 1e-41;
    const model = modelOf(`mlp:depth=4,width=64,activation=linear,sw2=${sw2},sb2=1,in=64,out=64`);
    const inputs = inputsOf(model, 2, "float32");
    const { layers } = await measureJacobians({ model, inputs, seeds: 4, probes: 8 });
    // ln J of four Gaussian matrices walks with a variance of about 2·4/64.
    const walk = 4 * Math.sqrt((2 * 4) / 64);
    expect(Math.abs(layers.at(-1)!.J.lnMean - 4 * Math.log(sw2))).toBeLessThan(walk);
    expect(Math.abs(layers[0]!.toOutput.lnMean - 4 * Math.log(sw2))).toBeLessThan(walk);
  });

  it("e^{100} and larger keep theirs in a chaotic network", async () => {
    const model = modelOf("mlp:depth=200,width=32,activation=tanh,sw2=25,sb2=0,in=8,out=8");
    const { layers } = await measureJacobians({
      model,
      inputs: inputsOf(model, 1, "float32"),
      seeds: 3,
      probes: 2,
    });
    expect(layers.at(-1)!.J.lnMedian).toBeGreaterThan(100);
    expect(layers[0]!.toOutput.lnMedian).toBeGreaterThan(100);
  });

  it("are -Infinity with the status dead where nothing comes through", async () => {
    const model = modelOf("mlp:depth=4,width=8,activation=relu,sw2=0,sb2=0.1,in=4,out=2");
    const { layers } = await measureJacobians({
      model,
      inputs: inputsOf(model, 1, "float32"),
      seeds: 2,
      probes: 2,
    });
    expect(layers[1]!.J).toMatchObject({ lnMean: Number.NEGATIVE_INFINITY, status: "dead", probeSe: 0 });
    expect(layers[0]!.J.lnMean).toBe(0);
  });
});

describe("networks that overflow", () => {
  it("keep the Jacobians before the overflow and have none behind it, also where ReLU makes zeros of NaN", async () => {
    // K grows a thousandfold a layer from 1: float32 ends at 10^38.
    const model = modelOf("mlp:depth=30,width=16,activation=relu,sw2=2000,in=16,out=2");
    const { layers } = await measureJacobians({
      model,
      inputs: inputsOf(model, 2, "float32"),
      seeds: 3,
      probes: 2,
    });
    expect(layers[7]!.J.status).toBeUndefined();
    expect(layers[7]!.J.lnMedian / 7).toBeGreaterThan(Math.log(100));
    for (const { J, local } of layers.slice(15)) {
      expect(J).toMatchObject({ lnMean: Number.NaN, lnMedian: Number.NaN, status: "overflow" });
      expect(local!.status).toBe("overflow");
    }
    expect(layers[0]!.toOutput.status).toBe("overflow");
    expect(layers[20]!.K.value).toBeNaN();
    const { J } = await apjnAllPairs({ model, inputs: inputsOf(model, 2, "float32"), probes: 2, seeds: 2 });
    expect(J[0]![7]!.status).toBeUndefined();
    expect(J[16]![20]!.status).toBe("overflow");
  });
});

describe("what cannot be probed is refused", () => {
  const model = modelOf("mlp:depth=1,width=4,in=3,out=2");
  const inputs = inputsOf(model, 2, "float32");
  const refused = (settings: object) => expect(measureJacobians({ model, inputs, ...settings })).rejects;

  it("no probes, no seeds", async () => {
    await refused({ probes: 0 }).toMatchObject({ code: "bad-input", where: "probes" });
    await refused({ probes: 1.5 }).toMatchObject({ code: "bad-input", where: "probes" });
    await refused({ seeds: 0 }).toMatchObject({ code: "bad-input", where: "seeds" });
    await refused({ parameters: [] }).toMatchObject({ code: "bad-input", where: "seeds" });
  });

  it("no inputs, inputs of another shape, inputs that are not finite", async () => {
    await refused({ inputs: ndarray("float32", [0, 3], []) }).toMatchObject({
      code: "bad-input",
      where: "inputs",
    });
    await refused({ inputs: ndarray("float32", [1, 4], [1, 2, 3, 4]) }).toMatchObject({ code: "bad-shape" });
    await refused({ inputs: ndarray("float32", [1, 3], [1, Number.NaN, 3]) }).toMatchObject({
      code: "bad-input",
    });
  });

  it("but a network with a single tap has only K", async () => {
    const single = modelOf("mlp:depth=0,width=4,in=3,out=2");
    const { layers } = await measureJacobians({ model: single, inputs, seeds: 2 });
    expect(layers).toHaveLength(1);
    expect(layers[0]!.local).toBeUndefined();
    expect(layers[0]!.J.lnMean).toBe(0);
  });
});
