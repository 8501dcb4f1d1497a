/** @file µP: roles, variances and rates by width (Yang et al. 2022, arXiv 2203.03466, Table 3). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildModel, muParameterisation, parseNet, parseNetText, scaleWidths } from "../../src/net/index.ts";
import { refusal } from "../refusal.ts";

const example = (name: string) =>
  parseNetText(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), "utf8"));
const inMu = (net: ReturnType<typeof parseNet>, factor: number, optimiser: "sgd" | "adam") =>
  muParameterisation(buildModel(scaleWidths(net, factor)), buildModel(net), optimiser);

describe("the table, for a perceptron eight times as wide", () => {
  const net = parseNetText("mlp:depth=2,width=16,in=5,out=3,activation=relu,sw2=2,sb2=0.1");

  it("roles by what grows", () => {
    const roles = Object.fromEntries(inMu(net, 8, "adam").rules.map(({ name, role }) => [name, role]));
    expect(roles).toEqual({
      "0.weight": "input",
      "0.bias": "vector",
      "2.weight": "hidden",
      "2.bias": "vector",
      "4.weight": "output",
      "4.bias": "fixed",
    });
  });

  it("Adam: 1/fan_in but for what the input feeds", () => {
    expect(inMu(net, 8, "adam").rates).toEqual({ "2.weight": 1 / 8, "4.weight": 1 / 8 });
  });

  it("SGD: fan_out for the input and for vectors, 1/fan_in for the output", () => {
    expect(inMu(net, 8, "sgd").rates).toEqual({
      "0.weight": 8,
      "0.bias": 8,
      "2.bias": 8,
      "4.weight": 1 / 8,
    });
  });

  it("the readout's variance falls as 1/fan_in², the others stay as they are", () => {
    for (const factor of [8, 0.5]) {
      const { parameters } = buildModel(inMu(net, factor, "adam").net);
      const variance = Object.fromEntries(parameters.map(({ name, variance }) => [name, variance]));
      const width = 16 * factor;
      expect(variance["0.weight"]).toBeCloseTo(2 / 5, 12);
      expect(variance["2.weight"]).toBeCloseTo(2 / width, 12);
      expect(variance["4.weight"]).toBeCloseTo((2 / width) * (16 / width), 12);
      expect(variance["4.bias"]).toBe(0.1);
    }
  });

  it("at the base's width nothing changes", () => {
    for (const optimiser of ["sgd", "adam"] as const) {
      const { net: same, rates } = inMu(net, 1, optimiser);
      expect(same).toEqual(net);
      expect(rates).toEqual({});
    }
  });
});

it("attention takes q·k/d: its logits have the factor 1/√r, equal at the base", () => {
  const { net, rates } = inMu(example("transformer-block"), 4, "adam");
  const attention = buildModel(net).layers[3]!.chains["branch"]![1]!;
  expect(attention.spec).toMatchObject({ kind: "selfAttention", factor: 0.5 });
  expect(rates).toMatchObject({ "3.branch.1.query": 1 / 4, "3.branch.1.out": 1 / 4, "7.weight": 1 / 4 });
  // The patches that the first convolution reads and the table of positions do not grow.
  expect(Object.keys(rates)).not.toContain("0.weight");
  expect(Object.keys(rates)).not.toContain("2.table");
});

it("embeddings and positions are input-like, gains vector-like, one gain for all units fixed", () => {
  const net = parseNet({
    fathom: 1,
    input: { kind: "ids", shape: [6] },
    layers: [
      { kind: "embedding", vocabulary: 9, width: 4 },
      { kind: "positional" },
      { kind: "layerNorm", affine: true },
      { kind: "gain" },
      { kind: "globalAvgPool" },
      { kind: "dense", width: 2 },
    ],
  });
  const rules = Object.fromEntries(inMu(net, 2, "sgd").rules.map((rule) => [rule.name, rule]));
  expect(rules["0.table"]).toMatchObject({ role: "input", rate: 2, variance: 1 });
  expect(rules["1.table"]).toMatchObject({ role: "input", rate: 2, variance: 1 });
  expect(rules["2.gain"]).toMatchObject({ role: "vector", rate: 2 });
  expect(rules["3.gain"]).toMatchObject({ role: "fixed", rate: 1 });
  expect(rules["5.weight"]).toMatchObject({ role: "output", rate: 1 / 2, variance: 1 / 2 });
});

it("convolutions count taps in both fan-ins: only channels grow", () => {
  const { rates } = inMu(example("batchnorm-resnet"), 4, "adam");
  expect(rates["0.weight"]).toBeUndefined();
  expect(rates["3.branch.0.weight"]).toBe(1 / 4);
});

it("the ntk parameterisation and another network are refused", () => {
  const ntk = parseNetText("mlp:depth=2,width=8,in=3,parameterisation=ntk");
  expect(refusal(() => inMu(ntk, 2, "adam"))).toMatchObject({
    code: "unsupported",
    where: "parameterisation",
  });
  const [a, b] = [2, 3].map((depth) => buildModel(parseNetText(`mlp:depth=${depth},width=8,in=3`)));
  expect(refusal(() => muParameterisation(a!, b!, "adam"))).toMatchObject({ code: "bad-shape" });
});
