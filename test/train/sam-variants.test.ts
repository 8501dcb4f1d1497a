/** @file Every variant of SAM against plain float64 loops, through the compiled loop and the interpreter. */
import { describe, expect, it } from "vitest";
import { evaluate, input } from "../../src/expr/index.ts";
import { Key, ndarray, toNumbers, uniform } from "../../src/tensor/index.ts";
import { ascend, ascentDraws } from "../../src/train/ascent.ts";
import { createTrainer, type RunOptions, type TrainerOptions } from "../../src/train/index.ts";
import { parseSam } from "../../src/train/sam-options.ts";
import { largestPlaces } from "../../src/train/selection.ts";
import {
  flatGradient,
  plainAsam,
  plainClip,
  plainEsam,
  plainLook,
  plainParts,
  plainPeriodic,
  plainSam,
  type SharpGradient,
} from "./plain-sam.ts";
import {
  crossEntropy,
  type Example,
  plainAdam,
  plainBatches,
  plainSgd,
  type Update,
} from "./plain-training.ts";
import { blobs, hashOf, modelOf, refusal, smallDigits, statefulModel } from "./problems.ts";

const dataset = blobs();
const model = modelOf("mlp:depth=0,in=3,out=3,sw2=1,sb2=0");
const [weightName, biasName] = model.parameters.map(({ name }) => name) as [string, string];
const start = [0.3, -0.2, 0.5, -0.4, 0.1, 0.2, 0.25, 0.6, -0.7, 0.1, 0.05, -0.2];
const unflat = (w: readonly number[]) => ({
  weight: [0, 3, 6].map((at) => w.slice(at, at + 3)),
  bias: w.slice(9),
});
const key = Key.fromSeed(5);
const batch = 8;
const steps = 24;
const gradient = flatGradient(crossEntropy, unflat);
const lossOf = (w: readonly number[], row: Example) => crossEntropy(unflat(w), [row]).loss;
const sam = plainSam(gradient, 0.2);

function plainNesterov(lr: number, momentum: number): Update {
  let velocity: number[] = start.map(() => 0);
  return (w, g) => {
    velocity = velocity.map((v, i) => momentum * v + g[i]!);
    return w.map((x, i) => x - lr * (g[i]! + momentum * velocity[i]!));
  };
}

function plainAdamW(lr: number, decay: number): Update {
  const adam = plainAdam(lr, 0.9, 0.999, 1e-8);
  return (w, g) =>
    adam(
      w.map((x) => x * (1 - lr * decay)),
      g,
    );
}

const plain: SharpGradient = (w, rows) => gradient(w, rows);
const sgd = () => plainSgd(0.3, 0.9, 0);
type Case = [
  name: string,
  options: Partial<TrainerOptions>,
  sharp: () => SharpGradient,
  update: () => Update,
];
const cases: Case[] = [
  ["SAM", { sam: { rho: 0.2 } }, () => sam, sgd],
  ["ASAM", { sam: { rho: 0.5, adaptive: true } }, () => plainAsam(gradient, 0.5), sgd],
  ["m-sharpness", { sam: { rho: 0.2, m: 2 } }, () => plainParts(sam, 2), sgd],
  ["periodic SAM", { sam: { rho: 0.2, every: 3 } }, () => plainPeriodic(gradient, sam, 3), sgd],
  ["LookSAM", { sam: { rho: 0.2, variant: "look", every: 4 } }, () => plainLook(gradient, sam, 4, 0.7), sgd],
  [
    "ESAM of half the rows",
    { sam: { rho: 0.2, variant: "esam", beta: 1 } },
    () => plainEsam(gradient, lossOf, 0.2, 4),
    sgd,
  ],
  ["ESAM of all weights and rows", { sam: { rho: 0.2, variant: "esam", beta: 1, gamma: 1 } }, () => sam, sgd],
  [
    "SAM without biases",
    { sam: { rho: 0.2 }, groups: [{ match: "biases", rho: 0 }] },
    () => plainSam(gradient, 0.2, (i) => i < 9),
    sgd,
  ],
  ["SAM, clipped", { sam: { rho: 0.2 }, clip: 0.1 }, () => plainClip(sam, 0.1), sgd],
  ["clipping alone", { clip: 0.1 }, () => plainClip(plain, 0.1), sgd],
  [
    "Nesterov's momentum",
    { optimizer: { kind: "sgd", nesterov: true } },
    () => plain,
    () => plainNesterov(0.3, 0.9),
  ],
  [
    "SAM on AdamW",
    { sam: { rho: 0.2 }, optimizer: { kind: "adamw", weightDecay: 0.1 } },
    () => sam,
    () => plainAdamW(0.3, 0.1),
  ],
];

function plainRun(sharp: SharpGradient, update: Update): number[] {
  return plainBatches(dataset, { key, batch, steps }).reduce(
    (w, rows, step) => update(w, sharp(w, rows, step)),
    start,
  );
}

async function run(options: Partial<TrainerOptions>, device: "cpu" | "interpreter") {
  const compile = { dtype: "float64", options: { device, threads: 1 } } as const;
  await using trainer = await createTrainer({ model, dataset, batch, ...compile, ...options });
  const parameters = {
    [weightName]: ndarray("float64", [3, 3], start.slice(0, 9)),
    [biasName]: ndarray("float64", [3], start.slice(9)),
  };
  const training = trainer.start({ key, parameters, learningRate: 0.3, steps });
  await training.advance(steps);
  return [weightName, biasName].flatMap((name) => toNumbers(training.parameters[name]!));
}

describe.each(cases)("%s", (_, options, sharp, update) => {
  it.each(["cpu", "interpreter"] as const)("is the formula's, in float64 (%s)", async (device) => {
    const wanted = plainRun(sharp(), update());
    const found = await run(options, device);
    // Both are float64; 24 steps add up rounding errors of a few 1e-16 each.
    found.forEach((w, i) => {
      expect(Math.abs(w - wanted[i]!)).toBeLessThan(1e-11);
    });
  });
});

describe("with dropout, running statistics and weights used twice", () => {
  const digits = smallDigits(100, 20);
  const stateful = statefulModel({ width: 8 });

  async function trained(
    options: Partial<TrainerOptions>,
    parts: readonly number[],
    feed: Partial<RunOptions> = {},
  ) {
    await using trainer = await createTrainer({
      model: stateful,
      dataset: digits,
      batch: 20,
      ...options,
      options: { threads: 1 },
    });
    const total = parts.reduce((sum, part) => sum + part, 0);
    const training = trainer.start({ key, learningRate: 0.05, steps: total, ...feed });
    for (const part of parts) await training.advance(part);
    return { parameters: training.parameters, costs: trainer.gradientsPerStep, series: training.series };
  }

  it.each([
    ["SAM", { rho: 0.05 }, 2],
    ["m-sharpness", { rho: 0.05, m: 10 }, 2],
    ["periodic SAM", { rho: 0.05, every: 3 }, 1 + 1 / 3],
    ["LookSAM", { rho: 0.05, variant: "look" }, 1.2],
    ["ESAM", { rho: 0.05, variant: "esam" }, 1.5],
  ] as const)(
    "%s has the same bits however its steps are split, and says what they cost",
    async (_, sam, costs) => {
      const whole = await trained({ sam }, [11]);
      expect(whole.costs).toBe(costs);
      const split = await trained({ sam }, [1, 3, 5, 2]);
      expect(hashOf(split.parameters)).toBe(hashOf(whole.parameters));
    },
  );

  it("ρ = 0 is the optimiser without SAM, to the bit, compiled or fed", async () => {
    const base = hashOf((await trained({}, [9])).parameters);
    expect(hashOf((await trained({ sam: { rho: 0 } }, [9])).parameters)).toBe(base);
    expect(hashOf((await trained({ sam: { rho: 0.1 } }, [9], { rho: 0 })).parameters)).toBe(base);
  });

  it("only the first pass moves the running statistics", async () => {
    const [base, sharp] = [await trained({}, [1]), await trained({ sam: { rho: 0.5 } }, [1])];
    const buffers = stateful.parameters.filter(({ role }) => role === "buffer");
    for (const { name } of buffers) {
      const [a, b] = [toNumbers(base.parameters[name]!), toNumbers(sharp.parameters[name]!)];
      // Two float32 graphs of one formula: a few roundings apart.
      a.forEach((value, i) => {
        expect(Math.abs(value - b[i]!)).toBeLessThan(1e-6);
      });
    }
    expect(buffers.length).toBeGreaterThan(0);
  });

  it("tells norms and sharpness of each step", async () => {
    const { series } = await trained({ sam: { rho: 0.05, every: 2 } }, [4]);
    expect(Object.keys(series).sort()).toEqual(["gradientNorm", "samGradientNorm", "sharpness", "skipped"]);
    expect([...series["sharpness"]!].map(Number.isNaN)).toEqual([false, true, false, true]);
    expect([...series["skipped"]!]).toEqual([0, 0, 0, 0]);
  });
});

it("a step whose gradient has no finite norm is left out and counted", async () => {
  const far = { ...dataset, scale: 1e25 };
  await using trainer = await createTrainer({
    model,
    dataset: far,
    batch,
    sam: { rho: 0.1 },
    options: { threads: 1 },
  });
  const training = trainer.start({ key, learningRate: 0.1, steps: 3 });
  const before = hashOf(training.parameters);
  expect(await training.advance(3)).toBe("done");
  expect([...training.series["skipped"]!]).toEqual([1, 1, 1]);
  expect(hashOf(training.parameters)).toBe(before);
});

it("ESAM perturbs a weight with probability β, 1/β times as far", () => {
  const w = input("w", [40, 50], "float64");
  const sam = parseSam({ rho: 1, variant: "esam" }, 8);
  const draws = ascentDraws(sam, { w }, "float64");
  const ones = ndarray("float64", [40, 50], new Float64Array(2000).fill(1));
  const { raised } = ascend(
    {
      weights: { w },
      trained: ["w"],
      settings: {},
      forward: () => {
        throw new Error("no pass");
      },
    },
    { w },
    {
      sam,
      rho: input("rho", [], "float64"),
      draws,
    },
  );
  const drawn = Object.fromEntries(
    Object.entries(draws).map(([name, { shape }]) => [name, uniform(key.split(name), "float64", shape)]),
  );
  const [moved] = evaluate([raised["w"]!], { w: ones, rho: ndarray("float64", [], [1]), ...drawn });
  const far = 1 / Math.sqrt(2000) / 0.6;
  const kept = toNumbers(moved!).filter((value) => Math.abs(value - 1 - far) < 1e-9).length;
  expect(toNumbers(moved!).filter((value) => value === 1)).toHaveLength(2000 - kept);
  // Pairwise independent draws: standard deviation √(2000·0.24) = 22; five of them.
  expect(Math.abs(kept - 1200)).toBeLessThan(110);
});

it("the largest values are found in order of place, the earlier one at ties", () => {
  const values = input("values", [6], "float64");
  const places = (count: number, of: readonly number[]) =>
    toNumbers(evaluate([largestPlaces(values, count)], { values: ndarray("float64", [6], of) })[0]!);
  expect(places(3, [1, 5, 2, 5, 0, 4])).toEqual([1, 3, 5]);
  expect(places(2, [1, 1, 1, 1, 1, 1])).toEqual([0, 1]);
  expect(places(6, [3, 1, 2, 6, 5, 4])).toEqual([0, 1, 2, 3, 4, 5]);
});

describe("refuses", () => {
  const make = (options: Partial<TrainerOptions>) =>
    refusal(() => createTrainer({ model, dataset, batch, ...options }));
  it.each([
    ["a negative ρ", { sam: { rho: -1 } }, "sam.rho"],
    ["a ρ that is no number", { sam: { rho: Number.NaN } }, "sam.rho"],
    ["an m that does not divide the batch", { sam: { rho: 1, m: 3 } }, "sam.m"],
    ["an option of another variant", { sam: { rho: 1, alpha: 0.5 } }, "sam.alpha"],
    ["a variant that is not there", { sam: { rho: 1, variant: "sharp" as never } }, "sam.variant"],
    ["a γ of 0", { sam: { rho: 1, variant: "esam", gamma: 0 } }, "sam.gamma"],
    ["clipping to nothing", { clip: 0 }, "clip"],
    ["smoothing away the label", { labelSmoothing: 1 }, "labelSmoothing"],
    [
      "Nesterov without momentum",
      { optimizer: { kind: "sgd", momentum: 0, nesterov: true } },
      "optimizer.momentum",
    ],
    ["groups of no parameter", { groups: [{ match: ["7.weight"] }] }, "groups[0].match[0]"],
    ["SAM of nothing", { sam: { rho: 1 }, groups: [{ match: ["*"], rho: 0 }] }, "groups"],
    ["two averages of one name", { averages: [{}, {}] }, "averages[1].name"],
  ] as const)("%s", async (_, options, where) => {
    expect(await make(options as Partial<TrainerOptions>)).toMatchObject({ code: "bad-input", where });
  });
});
