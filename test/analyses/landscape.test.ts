/** @file `landscape` as a whole: what it says of solutions and of what lies between them, and that a stopped look goes on. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LandscapeQuestion, landscape, type Solution } from "../../src/analyses/index.ts";
import { verdictOf } from "../../src/analyses/landscape/findings.ts";
import type { Landscape } from "../../src/analyses/landscape/measured.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { buildModel, type Model, parseNetText } from "../../src/net/index.ts";
import { compileCurvature } from "../../src/probes/index.ts";
import { Key, type NdArray, ndarray } from "../../src/tensor/index.ts";
import { evaluateModel, train } from "../../src/train/index.ts";
import { nonFinite } from "./non-finite.ts";

let root: string;
let dataset: Dataset;
let model: Model;
let solutions: Solution[];
let question: LandscapeQuestion;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-landscape-"));
  dataset = await loadDataset("digits", { key: Key.fromSeed(0), trainSize: 128, testSize: 40 });
  model = buildModel(parseNetText("mlp:depth=1,width=8,activation=tanh,in=784,out=10"));
  const trained = async (seed: number) =>
    (await train({ model, dataset, learningRate: 0.1, batch: 32, steps: 120, key: Key.fromSeed(seed) }))
      .parameters;
  solutions = [
    { name: "first", parameters: await trained(0) },
    { name: "second", parameters: await trained(1) },
    { name: "third", parameters: await trained(2) },
  ];
  const options = { threads: 1 };
  question = {
    subject: { model, solutions },
    dataset,
    seed: 0,
    command: "fathom landscape …",
    options,
    side: 5,
    points: 9,
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Json = ReturnType<typeof JSON.parse>;

describe("a look at three runs", () => {
  let json: Json;
  beforeAll(async () => {
    json = (await landscape({ ...question, folder: join(root, "whole") })).json as Json;
  });

  it("has the loss and the error that an evaluation has, and the largest eigenvalue of the curvature probe", async () => {
    const [{ parameters }] = solutions as [Solution];
    const { loss, error } = await evaluateModel({ model, dataset, parameters, split: "train" });
    expect(json.solutions[0].loss).toBeCloseTo(loss, 5);
    expect(json.solutions[0].error).toBe(error);
    const { inputs, labels } = dataset.train;
    const scaled = Float32Array.from(inputs.data as Uint8Array, (pixel) => pixel * dataset.scale);
    const settings = {
      model,
      loss: "crossEntropy",
      inputs: ndarray("float32", [128, 784], scaled),
      labels,
    } as const;
    await using probe = await compileCurvature("hessian", settings);
    const { largest } = await probe.measure(parameters);
    expect(Math.abs(json.lambdaMax - largest)).toBeLessThan(0.01 * largest);
  });

  it("has every number of cli.md, finite, and its figures", async () => {
    expect(json).toMatchObject({
      lambdaMax: expect.any(Number),
      trace: { value: expect.any(Number), se: expect.any(Number) },
      sharpness: { plain: { worst: { value: expect.any(Number) } }, adaptive: {} },
      barrier: { value: expect.any(Number) },
      lines: [{ to: "second" }, { to: "third" }],
      plane: { solutions: [{ name: "first", x: 0, y: 0 }, { name: "second" }, { name: "third" }] },
    });
    expect(nonFinite(json)).toEqual([]);
  });

  it("finds a barrier between runs of two seeds, and its chord's ends at the losses of the runs", () => {
    const [line] = json.lines;
    const at = (t: number) => line.loss[line.t.findIndex((x: number) => Math.abs(x - t) < 1e-9)];
    expect(line.barrier.value).toBeGreaterThan(0.1);
    expect(at(0)).toBeCloseTo(json.solutions[0].loss, 5);
    expect(at(1)).toBeCloseTo(json.solutions[1].loss, 5);
  });

  it("goes on after a stop to the same numbers", async () => {
    const folder = join(root, "stopped");
    const stop = new AbortController();
    let calls = 0;
    const onProgress = () => {
      if (++calls === 150) stop.abort();
    };
    await expect(landscape({ ...question, folder, signal: stop.signal, onProgress })).rejects.toThrow();
    const { json: resumed } = await landscape({ ...question, folder });
    expect(resumed).toEqual(json);
  });
});

it("measures what was asked and nothing else", async () => {
  const { json, document } = await landscape({ ...question, parts: ["trace"] });
  expect(json).not.toHaveProperty("lambdaMax");
  expect(json).not.toHaveProperty("lines");
  expect(document.sections[0]!.figures).toEqual([]);
});

describe("refuses", () => {
  const cases: [string, () => Partial<LandscapeQuestion>, string][] = [
    ["a radius below 0", () => ({ rho: -1 }), "rho"],
    ["a radius that is no number", () => ({ adaptiveRho: Number.NaN }), "adaptiveRho"],
    ["a line of two points", () => ({ points: 2 }), "points"],
    ["a row that is not there", () => ({ rows: { split: "train", rows: [128] } }), "rows"],
  ];
  it.each(cases)("%s", async (_, change, where) => {
    await expect(landscape({ ...question, ...change() })).rejects.toMatchObject({
      where: expect.stringContaining(where),
    });
  });

  it("weights that lack an array, by its name", async () => {
    const { "0.weight": _, ...rest } = solutions[0]!.parameters as Record<string, NdArray>;
    const lacking = { model, solutions: [{ name: "broken", parameters: rest }] };
    await expect(landscape({ ...question, subject: lacking })).rejects.toMatchObject({
      message: expect.stringContaining("0.weight"),
    });
  });
});

describe("the verdict", () => {
  const one = (name: string, trace: number, se: number, largest: number) =>
    ({
      name,
      loss: 1,
      norm: 1,
      weights: 9,
      gradientNorm: 0,
      seconds: 0,
      trace: { value: trace, se },
      eigenvalues: { largest: [{ value: largest }], smallest: { value: 0 }, products: 1, converged: true },
    }) as const;
  const said = (...solutions: Landscape["solutions"]) => verdictOf({ solutions, lines: [] }).sentence;

  it("names no winner by a measure whose errors do not part the solutions", () => {
    expect(said(one("a", 10, 1, 5), one("b", 10.5, 1, 9))).toBe(
      "a is the flattest by λ_max; trace does not part them.",
    );
  });
  it("says where measures disagree", () => {
    expect(said(one("a", 10, 0.1, 9), one("b", 20, 0.1, 5))).toBe("b is the flattest by λ_max, a by trace.");
  });
});
