/** @file What a survey advises where theory has no critical point for the network: variances by layer that a sweep finds. */
import { beforeAll, describe, expect, it } from "vitest";
import { candidates, challenger } from "../../src/analyses/candidates.ts";
import { criticality } from "../../src/analyses/criticality/criticality.ts";
import { SurveyContext, type SurveySettings } from "../../src/analyses/index.ts";
import { tunedAdvice } from "../../src/analyses/tuned.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { parseNet } from "../../src/net/index.ts";
import { nonFinite } from "./non-finite.ts";

let dataset: Dataset;
beforeAll(async () => {
  dataset = await loadDataset("digits", { trainSize: 100, testSize: 20 });
});

/** Widths and activations in turn: no row of the table of critical points. */
function mixed(sw2: number) {
  const kinds = ["relu", "tanh", "gelu", "relu"];
  const layers = kinds.flatMap((activation, i) => [
    { kind: "dense", width: 24 + 4 * i, sw2 },
    { kind: "activation", activation },
  ]);
  return parseNet({ fathom: 1, layers: [{ kind: "flatten" }, ...layers, { kind: "dense", width: 10 }] });
}

async function asked(sw2: number, more: Partial<SurveySettings> = {}) {
  const context = new SurveyContext({ net: mixed(sw2), dataset, seed: 0, seconds: 60, ...more });
  return { context, conclusion: await criticality.run(context) };
}

describe("a survey of a network that is no row of the table", () => {
  it("advises variances by layer where J explodes, and compares with them", async () => {
    const { context, conclusion } = await asked(40);
    const { lnJ, gains } = tunedAdvice(context)!;
    expect(lnJ.given).toBeGreaterThan(Math.log(10));
    expect(Math.abs(lnJ.advised)).toBeLessThan(Math.LN2);
    expect(conclusion.advice).toHaveLength(1);
    expect(conclusion.advice[0]).toMatchObject({
      about: "initialisation",
      what: expect.stringContaining("layers[1] (dense) σw² = "),
      why: expect.stringContaining("explode"),
    });
    expect(conclusion.tables!.at(-1)!.rows).toHaveLength(gains.length);
    expect(candidates(context)).toHaveLength(2);
    const dense = challenger(context)!.net.layers.find(({ kind }) => kind === "dense");
    expect(dense).toMatchObject({ sw2: gains[0]!.sw2 });
    expect(nonFinite(conclusion)).toEqual([]);
    expect(context.budget.secondsLeft).toBeLessThan(60);
  });

  it("leaves it alone where J does no harm", async () => {
    const { context, conclusion } = await asked(2);
    expect(tunedAdvice(context)).toBeUndefined();
    expect(conclusion.advice).toEqual([]);
    expect(context.budget.secondsLeft).toBe(60);
  });

  it("does not sweep where the budget is short, or another network is named", async () => {
    for (const more of [{ seconds: 2 }, { versus: mixed(2) }]) {
      const { context } = await asked(40, more);
      expect(tunedAdvice(context)).toBeUndefined();
    }
  });
});
