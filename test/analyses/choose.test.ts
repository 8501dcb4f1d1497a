/** @file Choosing an optimiser: plans at equal gradients, and verdicts that a difference must earn. */
import { describe, expect, it } from "vitest";
import { judge } from "../../src/analyses/choose/judge.ts";
import { type Candidate, planChoice, racePlan, stepsOfRun } from "../../src/analyses/choose/plan.ts";
import type { CandidateResult, FinalScore } from "../../src/analyses/choose/race.ts";
import { choiceVerdict } from "../../src/analyses/choose/words.ts";
import { choose } from "../../src/analyses/index.ts";
import { signTest } from "../../src/analyses/repro/flat-minima/summary.ts";
import { loadDataset } from "../../src/data/index.ts";
import { buildModel, parseNetText } from "../../src/net/index.ts";
import { nonFinite } from "./non-finite.ts";

const net = parseNetText("mlp:depth=1,width=8,activation=relu,sw2=2,in=784,out=10");

function finals(errors: readonly (number | null)[], validation: number): FinalScore[] {
  return errors.map((error, seed) => {
    if (error === null) return { seed, scores: null };
    const score = (error: number) => ({ loss: error, error });
    return { seed, scores: { train: score(0), validation: score(validation), test: score(error) } };
  });
}

function result(candidate: Candidate, last: FinalScore[], averaged: FinalScore[]): CandidateResult {
  return { candidate, bestRate: 0.1, runs: [], rungs: [], last, averaged };
}

describe("the plan of a choice", () => {
  const asked = { model: buildModel(net), rows: 9000, batch: 64, rhos: [0.05, 0.1] };

  it("gives every candidate as many gradients: SAM half as many steps", () => {
    const plan = planChoice({ ...asked, optimizers: ["sgd", "adamw"], seconds: 60 });
    expect(plan.candidates).toHaveLength(6);
    for (const candidate of plan.candidates) {
      const perStep = candidate.rho === 0 ? 1 : 2;
      expect(perStep * stepsOfRun(plan, candidate)).toBe(plan.evaluations);
      expect(racePlan(plan, candidate).rungs.at(-1)!.steps).toBe(stepsOfRun(plan, candidate));
    }
  });

  it("buys longer runs for more time", () => {
    const [short, long] = [10, 100].map((seconds) => planChoice({ ...asked, optimizers: ["sgd"], seconds }));
    expect(long!.evaluations).toBeGreaterThan(5 * short!.evaluations);
  });
});

describe("the verdict of a choice", () => {
  const plain = finals([0.2, 0.21, 0.19, 0.2, 0.22], 0.2);

  it("takes a method whose whole interval is below the plain optimiser's", () => {
    const better = finals([0.15, 0.16, 0.15, 0.15, 0.17], 0.15);
    const choice = judge([result({ optimizer: "sgd", rho: 0 }, plain, better)], 0.9);
    expect([choice.outcome, choice.recommended?.method]).toEqual(["better", "swa"]);
  });

  it("takes the plain optimiser where the difference is within the scatter of seeds", () => {
    const noisy = finals([0.15, 0.25, 0.2, 0.18, 0.21], 0.18);
    const choice = judge([result({ optimizer: "sgd", rho: 0 }, plain, noisy)], 0.9);
    expect([choice.outcome, choice.recommended?.method]).toEqual(["noise", "base"]);
    expect(choiceVerdict(choice).sentence).toMatch(/^No difference beyond noise/);
  });

  it("picks ρ on validation rows, not by test errors", () => {
    const [picked, lucky] = [
      finals([0.19, 0.2, 0.19, 0.2, 0.2], 0.18),
      finals([0.1, 0.1, 0.1, 0.1, 0.1], 0.19),
    ];
    const results = [
      result({ optimizer: "sgd", rho: 0 }, plain, plain),
      result({ optimizer: "sgd", rho: 0.1 }, picked, plain),
      result({ optimizer: "sgd", rho: 0.2 }, lucky, plain),
    ];
    const sam = judge(results, 0.9).methods.find(({ method }) => method === "sam");
    expect(sam?.rho).toBe(0.1);
  });

  it("counts runs that diverged as chance", () => {
    const choice = judge(
      [result({ optimizer: "sgd", rho: 0 }, plain, finals([0.1, null, 0.1, 0.1, 0.1], 0.1))],
      0.9,
    );
    expect(choice.methods.find(({ method }) => method === "swa")!.error.value).toBeCloseTo(0.26, 12);
  });
});

describe("choosing", () => {
  it("answers with methods, intervals and a reason, in finite numbers", async () => {
    const dataset = await loadDataset("digits", { trainSize: 200, testSize: 100 });
    const asked = {
      net,
      dataset,
      seconds: 0.1,
      optimizers: ["sgd"],
      rhos: [0.1],
      seed: 0,
      command: "",
    } as const;
    const { json, document } = await choose(asked);
    const { methods, reason } = json as { methods: { evaluations: number; ci: unknown }[]; reason: string };
    expect(methods).toHaveLength(4);
    expect(new Set(methods.map(({ evaluations }) => evaluations)).size).toBe(1);
    expect(reason.length).toBeGreaterThan(20);
    expect(nonFinite({ json, document })).toEqual([]);
  });
});

describe("the sign test", () => {
  it("is the upper tail of fair coins", () => {
    // (10 + 1) / 2^10
    expect(signTest(9, 10)).toBeCloseTo(11 / 1024, 12);
    expect(signTest(0, 10)).toBeCloseTo(1, 12);
  });
});
