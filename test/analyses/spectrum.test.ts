/** @file The spectrum as a question: JSON of cli.md, networks by their hidden layers, isometry as a network to start from. */
import { describe, expect, it } from "vitest";
import { isometry, type LineFigure, spectrum } from "../../src/analyses/index.ts";
import {
  type ActivationSpec,
  buildModel,
  meanFieldPlaces,
  parseNet,
  parseNetText,
  withInput,
} from "../../src/net/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "../theory/close.ts";

const asked = { seed: 0, command: "fathom spectrum" };

/** Places of numbers that JSON cannot hold. */
function nonFinite(value: unknown, at = "$"): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [at];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) => nonFinite(inner, `${at}.${key}`));
}

describe("the spectrum of an activation at a depth", () => {
  it("has the fields of cli.md at the reference values", () => {
    const uniform = { activation: { kind: "erf" }, depth: 10, q: 0.2, weights: "haar" } as const;
    const { json } = spectrum({ ...asked, uniform });
    expectClose(json["edge"] as number, 4.384543629, 1e-9);
    expectClose(json["variance"] as number, 1.16312611, 1e-8);
    expect(json["atoms"]).toEqual([]);
    const { lambda, rho } = json["density"] as { lambda: number[]; rho: number[] };
    expect(lambda.length).toBe(rho.length);
    expect(lambda.every((value, i) => i === 0 || value > lambda[i - 1]!)).toBe(true);
  });

  it("holds no NaN or Infinity, however far off the critical line", () => {
    for (const sw2 of [0.01, 9]) {
      const uniform = {
        activation: { kind: "tanh" },
        depth: 5000,
        q: 0.5,
        weights: "gaussian",
        sw2,
      } as const;
      const { json, document } = spectrum({ ...asked, uniform });
      expect(nonFinite(json)).toEqual([]);
      expect(nonFinite(document.sections)).toEqual([]);
      expect(document.verdict.tone).toBe("bad");
    }
  });

  it("is drawn by itself where it is narrow, and nothing beside its support", () => {
    const uniform = { activation: { kind: "erf" }, depth: 20, q: 0.001, weights: "haar" } as const;
    const { json, document } = spectrum({ ...asked, uniform });
    const { s, rho } = json["singular"] as { s: number[]; rho: number[] };
    expect(s[0]).toBeGreaterThan(0.97);
    expect(Math.min(...rho)).toBeGreaterThan(1);
    const { x, y } = document.sections[0]!.figures[0] as LineFigure;
    expect([x.domain![0] > 0.97, y.scale]).toEqual([true, undefined]);
  });

  it("is drawn on a linear axis where a logarithmic one would hold no two ticks", () => {
    const scales = [0.001, 0.2].map((q) => {
      const uniform = { activation: { kind: "erf" }, depth: 20, q, weights: "haar" } as const;
      const figures = spectrum({ ...asked, uniform }).document.sections[0]!.figures as LineFigure[];
      return figures.find(({ id }) => id === "spectrum-eigenvalues")!.x.scale ?? "linear";
    });
    expect(scales).toEqual(["linear", "log"]);
  });

  it("says of relu that half of the directions are lost", () => {
    const uniform = { activation: { kind: "relu" }, depth: 10, q: 1, weights: "haar" } as const;
    expect(spectrum({ ...asked, uniform }).document.verdict.sentence).toContain(
      "50.0 % of the directions are lost",
    );
  });
});

describe("the spectrum of a network", () => {
  it("is that of its square hidden layers, each at its own second moment", () => {
    const net = parseNetText("mlp:depth=4,width=32,activation=erf,sw2=1.3,sb2=0.05,out=3,in=20,init=haar");
    const { json } = spectrum({ ...asked, net });
    const K = propagate(meanFieldPlaces(buildModel(net)), { K: 1 }).map((layer) => layer.K);
    const hidden = json["hidden"] as { from: number; to: number; width: number; layers: { q: number }[] };
    expect(hidden).toMatchObject({ from: 1, to: 4, width: 32 });
    expect(hidden.layers.map(({ q }) => q)).toEqual(K.slice(0, 3));
  });

  it("has the mean that J(1, L) of the recursion has", () => {
    const net = parseNetText("mlp:depth=9,width=32,activation=tanh,sw2=1.3,sb2=0.05,in=32");
    const layers = propagate(meanFieldPlaces(buildModel(net)), { K: 1 });
    expectClose(spectrum({ ...asked, net }).json["logMean"] as number, layers[8]!.logJ, 1e-12);
  });

  const cases: readonly (readonly [string, object[], string])[] = [
    [
      "hidden layers of different widths",
      [dense(16), tanh(), dense(16), tanh(), dense(12), tanh(), dense(2)],
      "layers[4]",
    ],
    ["a normalisation", [dense(16), { kind: "layerNorm" }, tanh(), dense(16), tanh(), dense(2)], "layers[1]"],
    ["one hidden layer", [dense(16), tanh(), dense(2)], "layers"],
    [
      "weights that are no random matrix",
      [dense(16), tanh(), { ...dense(16), parameters: { weight: { init: "signs" } } }, tanh(), dense(2)],
      "layers[2]",
    ],
  ];
  for (const [what, layers, where] of cases) {
    it(`refuses ${what}, naming the layer`, () => {
      const net = withInput(parseNet({ fathom: 1, layers }), [8]);
      expect(refusal(() => spectrum({ ...asked, net }))).toMatchObject({ code: "unsupported", where });
    });
  }
});

function dense(width: number) {
  return { kind: "dense", width };
}

function tanh() {
  return { kind: "activation", activation: { kind: "tanh" } };
}

describe("isometry", () => {
  it("gives a network whose first layer has K¹ = q, and whose spectrum is the promised one", () => {
    const { json } = isometry({ ...asked, activation: { kind: "erf" }, depth: 100 });
    expectClose(json["q"] as number, 0.018984499, 1e-8);
    const net = withInput(parseNet(json["net"]), [256]);
    const layers = propagate(meanFieldPlaces(buildModel(net)), { K: 1 });
    for (const layer of layers.slice(0, 100)) expectClose(layer.K / (json["q"] as number), 1, 1e-6);
    const of = spectrum({ ...asked, net }).json;
    // 99 of the 100 factors lie between the first hidden preactivation and the last.
    expectClose(of["variance"] as number, 0.2475, 1e-6);
  });

  it("says when there is none", () => {
    const { json, document } = isometry({ ...asked, activation: { kind: "relu" }, depth: 20 });
    expect(json).toMatchObject({ possible: false, q: null });
    expect(document.verdict.sentence).toContain("No dynamical isometry");
  });

  it("offers fewer layers only where some would do", () => {
    const sentence = (activation: ActivationSpec, depth: number) =>
      isometry({ ...asked, activation, depth }).document.verdict.sentence;
    expect(sentence({ kind: "relu" }, 20)).not.toContain("layers");
    // leakyRelu(0.7): µ2/µ1² − 1 = 0.117 a layer.
    const leaky = { kind: "leakyRelu", alpha: 0.7 } as const;
    expect(sentence(leaky, 20)).toContain("or at most 2 layers");
    expect(sentence(leaky, 2)).toContain("variance 0.234");
  });

  it("says which share of directions hardtanh loses on the way", () => {
    const { json, document } = isometry({ ...asked, activation: { kind: "hardtanh" }, depth: 50 });
    expect(document.verdict.tone).toBe("warn");
    // A quarter lies below the atom, the lost ones among it.
    expect(json["lost"]).toBeGreaterThan(0.05);
    expect(json["lost"]).toBeLessThan(0.249);
    expect(document.verdict.sentence).toContain("8.1 % of the directions shrink below a tenth");
    expect(document.advice[0]!.expected).toContain("8.1 %");
    expect(isometry({ ...asked, activation: { kind: "erf" }, depth: 50 }).json["lost"]).toBe(0);
  });
});
