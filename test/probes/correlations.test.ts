import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meanFieldPlaces } from "../../src/net/index.ts";
import {
  type CorrelationLayer,
  measureCorrelations,
  pairsByClass,
  rankingAccuracy,
  separation,
} from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";
import { propagatePair, rankingByDepth } from "../../src/theory/index.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(3);
const units = 64;

/** Classes are centres with normal noise: uncentred correlation about `within` in a class and 0 between. */
function clustered(classes: number, each: number, within: number): { inputs: NdArray; labels: NdArray } {
  const centres = normal(key.split("centres"), "float64", [classes, units]).data;
  const noise = normal(key.split("noise"), "float64", [classes * each, units]).data;
  const labels = Array.from({ length: classes * each }, (_, i) => i % classes);
  const inputs = Float64Array.from(noise, (value, i) => {
    const label = labels[Math.floor(i / units)]!;
    return Math.sqrt(within) * centres[label * units + (i % units)]! + Math.sqrt(1 - within) * value;
  });
  return {
    inputs: ndarray("float32", [labels.length, units], inputs),
    labels: ndarray("int32", [labels.length], labels),
  };
}

const data = clustered(4, 8, 0.6);
const mlp = (options: string, depth = 20) =>
  modelOf(`mlp:depth=${depth},width=128,${options},in=${units},out=10`);

describe("measured correlations", () => {
  it("follow theory's pair recursion at width 512", async () => {
    const c = 0.95;
    const pair = normal(key.split("pair"), "float64", [2, units]).data;
    const [a, b] = [pair.subarray(0, units), pair.subarray(units)];
    const dot = (u: Float64Array, v: Float64Array) => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
    // b made orthogonal to a and of its length, then mixed to correlation c.
    const along = dot(a, b) / dot(a, a);
    const across = b.map((value, i) => value - along * a[i]!);
    const size = Math.sqrt(dot(a, a) / dot(across, across));
    const mixed = a.map((value, i) => c * value + Math.sqrt(1 - c * c) * size * across[i]!);
    const third = a.map((value) => -value);
    const model = modelOf(`mlp:depth=8,width=512,activation=tanh,sw2=4,sb2=0,in=${units},out=512`);
    const { layers } = await measureCorrelations({
      model,
      inputs: ndarray("float32", [3, units], [...a, ...mixed, ...third]),
      labels: ndarray("int32", [3], [0, 0, 1]),
      seeds: 6,
      key,
    });
    const K = dot(a, a) / units;
    const theory = propagatePair(meanFieldPlaces(model), { Ka: K, Kb: K, C: c * K });
    expect(Math.abs(theory.at(-1)!.c - c)).toBeGreaterThan(0.1);
    layers.forEach(({ within }, l) => {
      // One pair at width N fluctuates by less than l/√N, so its mean is biased by less than l²/N; 4 errors of the mean.
      expect(Math.abs(within.mean.value - theory[l]!.c)).toBeLessThan(4 * within.mean.se! + (l + 1) / 512);
    });
  });

  it("are those of the inputs at the first layer without bias, and K¹ = sw2 |x|²/N", async () => {
    const { layers, pairs } = await measureCorrelations({
      ...data,
      model: mlp("activation=tanh,sw2=2,sb2=0", 2),
      seeds: 8,
      key,
    });
    expect(pairs).toEqual({ within: 4 * 28, between: 6 * 64 });
    const [first] = layers as [CorrelationLayer];
    expectClose(first.within.mean.value, 0.6, 0.06);
    expectClose(first.between.mean.value, 0, 0.15);
    expectClose(first.K.mean, 2, 0.2);
    expect(first.K.q05).toBeLessThan(first.K.median);
    expect(first.K.q95).toBeGreaterThan(first.K.median);
    expectClose(first.gap.value, first.within.mean.value - first.between.mean.value, 1e-9);
    expect(first.ranking.value).toBeGreaterThan(0.95);
  });

  it("become 1 in an ordered network, and the inputs are then one", async () => {
    const { layers } = await measureCorrelations({
      ...data,
      model: mlp("activation=tanh,sw2=0.7,sb2=0.3"),
      seeds: 3,
      key,
    });
    const { lostAfter, statement } = separation(layers);
    expect(lostAfter).toMatchObject({ how: "collapsed" });
    expect(statement).toMatch(
      /indistinguishable after layer \d+: from layer \d+ on the correlation of different classes exceeds 0.999/,
    );
  });

  it("forget the classes in a chaotic network", async () => {
    const { layers } = await measureCorrelations({
      ...data,
      model: mlp("activation=tanh,sw2=8,sb2=0", 30),
      seeds: 3,
      key,
    });
    const { lostAfter, statement } = separation(layers);
    expect(lostAfter).toMatchObject({ how: "scrambled" });
    expect(lostAfter!.index).toBeLessThan(20);
    expect(statement).toMatch(
      /indistinguishable by class after layer \d+: .* of 100 cases there, against (99|100) at the first layer/,
    );
  });

  it("keep them near criticality", async () => {
    const { layers } = await measureCorrelations({
      ...data,
      model: mlp("activation=tanh,sw2=1,sb2=0"),
      seeds: 3,
      key,
    });
    expect(separation(layers)).not.toHaveProperty("lostAfter");
    expect(separation(layers).statement).toMatch(/stay apart through all 20 hidden layers/);
  });

  it("survive preactivations whose squares underflow, as a linear network must keep them", async () => {
    const { layers } = await measureCorrelations({
      ...data,
      model: mlp("activation=linear,sw2=0.01,sb2=0", 12),
      seeds: 3,
      key,
    });
    // K = 1e-26 at layer 13 squares to 1e-52.
    expect(layers[12]!.K.mean).toBeLessThan(1e-20);
    expect(layers[11]!.ranking.value).toBeGreaterThan(0.9);
  });

  it("are 1 where all inputs have become zero", async () => {
    const { layers } = await measureCorrelations({
      ...data,
      model: mlp("activation=tanh,sw2=0,sb2=0", 2),
      seeds: 2,
      key,
    });
    expect(layers[1]!.between.mean.value).toBe(1);
    expect(layers[1]!.ranking.value).toBe(0.5);
  });

  it("are undefined from an overflow on, also where ReLU makes zeros of NaN", async () => {
    const model = mlp("activation=relu,sw2=1e5");
    const { layers } = await measureCorrelations({ model, ...data, seeds: 2, key });
    expect(layers[3]!.between.mean.value).toBeLessThan(1);
    for (const { between, ranking } of layers.slice(16)) {
      expect(between.mean.value).toBeNaN();
      expect(ranking.value).toBeNaN();
    }
  });

  it("are refused without pairs of both kinds, or with labels that do not fit", async () => {
    const model = mlp("activation=tanh,sw2=1,sb2=0", 1);
    const label = (...labels: number[]) => ndarray("int32", [labels.length], labels);
    const inputs = ndarray("float32", [2, units], data.inputs.data.slice(0, 2 * units) as Float32Array);
    await expect(measureCorrelations({ model, inputs, labels: label(1, 1) })).rejects.toThrow(
      /no pair of two classes/,
    );
    await expect(measureCorrelations({ model, inputs, labels: label(0, 1) })).rejects.toThrow(
      /no pair within a class/,
    );
    await expect(measureCorrelations({ model, inputs, labels: label(0) })).rejects.toMatchObject({
      code: "bad-shape",
      where: "labels",
    });
  });
});

describe("measured rankings", () => {
  /** Mean and variance of the correlations of one kind of pairs of inputs. */
  function spreadOf(pairs: readonly (readonly [number, number])[]) {
    const row = (i: number) => (data.inputs.data as Float32Array).subarray(i * units, (i + 1) * units);
    const dot = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
    const values = pairs.map(
      ([a, b]) => dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b))),
    );
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
  }

  it.each([
    ["near criticality", "sw2=1", 0],
    ["in chaos", "sw2=6,sb2=0.1", 0],
    ["with LayerNorm and a full skip", "sw2=2,norm=ln-pre,mu=1", 1],
  ])("are those of theory, with the fluctuations of this width, %s", async (_, options, mu) => {
    const model = modelOf(`mlp:depth=16,width=48,activation=tanh,${options},in=${units},out=10`);
    const { layers } = await measureCorrelations({ model, ...data, seeds: 12, key });
    const kinds = pairsByClass(data.labels.data as Int32Array);
    const inputs = { within: spreadOf(kinds.within), between: spreadOf(kinds.between) };
    const through = (c: number) => propagatePair(meanFieldPlaces(model), { Ka: 1, Kb: 1, C: c });
    const theory = rankingByDepth({
      inputs,
      within: through(inputs.within.mean),
      between: through(inputs.between.mean),
      layers: model.taps.map(({ shape }, l) => ({ units: shape[0]!, mu: l > 0 && l < 16 ? mu : 0 })),
    });
    // 0.03 for pairs taken as normal and first order in 1/N at width 48, and two errors of twelve networks.
    layers.forEach(({ ranking }, l) => {
      expect(Math.abs(ranking.value - theory[l]!), `layer ${l + 1}`).toBeLessThan(0.03 + 2 * ranking.se!);
    });
  });
});

describe("the statement of separation", () => {
  const number = (value: number) => ({ value, perSeed: [value], kind: "measured" as const, assumptions: [] });
  const spread = { mean: 0, q05: 0, median: 0, q95: 0, n: 1 };
  const layer = (index: number, between: number, ranking: number): CorrelationLayer => ({
    index,
    name: `layers[${index}] (dense)`,
    K: spread,
    within: { mean: number(between), spread },
    between: { mean: number(between), spread },
    gap: number(0),
    ranking: number(ranking),
  });

  const rankings = (...values: number[]) => values.map((value, i) => layer(i + 1, 0.2, value));

  it("names the last layer that can tell classes, whatever the readout", () => {
    expect(separation(rankings(0.9, 0.7, 0.53, 0.51, 0.9))).toMatchObject({
      lostAfter: { index: 2, name: "layers[2] (dense)", how: "scrambled" },
    });
  });

  it("is not moved by one ranking that scatters: what is lost does not come back", () => {
    expect(separation(rankings(0.9, 0.52, 0.56, 0.52, 0.51, 0.9)).lostAfter!.index).toBe(1);
    expect(separation(rankings(0.9, 0.52, 0.8, 0.8, 0.8, 0.5))).not.toHaveProperty("lostAfter");
  });

  it("does not blame the network where correlation never told class, nor praise it", () => {
    const found = separation(rankings(0.5, 0.5, 0.5, 0.5));
    expect(found).not.toHaveProperty("lostAfter");
    expect(found.verdict).toBe("undecided");
    expect(found.statement).toMatch(/cannot be told/);
  });

  it("does not compare inputs that have overflowed", () => {
    const overflowed = layer(2, Number.NaN, Number.NaN);
    expect(separation([layer(1, 0.2, 0.9), overflowed, layer(3, 0, 0.9)])).toEqual({
      verdict: "undecided",
      statement: "The preactivations overflow at layer 2: inputs cannot be compared there.",
    });
    expect(separation([...rankings(0.9, 0.51, 0.51), overflowed, overflowed])).toMatchObject({
      verdict: "lost",
      lostAfter: { index: 1 },
    });
  });

  it("says so when the first layer already confuses them", () => {
    const { lostAfter, statement } = separation([
      layer(1, 0.9999, 0.9),
      layer(2, 0.9999, 0.9),
      layer(3, 0, 0.9),
    ]);
    expect(lostAfter).toMatchObject({ index: 0, name: "input", how: "collapsed" });
    expect(statement).toMatch(/from the first layer on/);
  });
});

describe("ranking and pairs", () => {
  it("ranking accuracy is the share of pairs ordered rightly, ties half", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
        (high, low) => {
          const share = high.flatMap((h) => low.map((l) => (h > l ? 1 : h === l ? 0.5 : 0) as number));
          expectClose(
            rankingAccuracy(high, low),
            share.reduce((sum, value) => sum + value, 0) / share.length,
            1e-12,
          );
        },
      ),
    );
  });

  it("ranking accuracy is undefined where a correlation is", () => {
    expect(rankingAccuracy([0.5, Number.NaN], [0.1])).toBeNaN();
    expect(rankingAccuracy([0.5], [0.1, Number.NaN])).toBeNaN();
  });

  it("every pair is within or between classes, once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 12 }), (middle) => {
        const labels = [0, 0, 1, ...middle];
        const { within, between } = pairsByClass(labels);
        expect(within.length + between.length).toBe((labels.length * (labels.length - 1)) / 2);
        expect(within.every(([a, b]) => a < b && labels[a] === labels[b])).toBe(true);
        expect(between.every(([a, b]) => a < b && labels[a] !== labels[b])).toBe(true);
      }),
    );
  });
});
