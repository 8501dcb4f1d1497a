/** @file Phase diagrams of layer types, of networks with their own point, of networks that are no row, and sampled cells. */
import { describe, expect, it } from "vitest";
import { measuredPhase, type Outcome, phase, phaseOfNet } from "../../src/analyses/index.ts";
import { parseActivation, parseNet, parseNetText } from "../../src/net/index.ts";
import type { Norm } from "../../src/theory/index.ts";
import { nonFinite } from "./non-finite.ts";

const asked = { seed: 0, command: "" };
const axis = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
const of = (kind: string, norm: Norm = "none", mu = 0) => ({ activation: parseActivation(kind), norm, mu });
const findings = ({ document }: Outcome) => document.sections[0]!.findings.map(({ text }) => text).join("\n");
const heat = ({ document }: Outcome) => {
  const [figure] = document.sections[0]!.figures;
  if (figure?.kind !== "heat") throw new Error("no heat map");
  return figure;
};

describe("the diagram of a layer type", () => {
  it("has the contours of ξ on both sides of the critical line, ξ = 1/|ln χ_J| on them", () => {
    const grid = { sw2: axis(0.5, 3, 51), sb2: axis(0, 0.5, 26) };
    const outcome = phase({ ...asked, ...of("tanh"), ...grid });
    const contours = outcome.json["contours"] as {
      xi: number;
      phase: string;
      points: { sw2: number; sb2: number }[];
    }[];
    expect(new Set(contours.map(({ xi, phase }) => `${xi} ${phase}`)).size).toBe(8);
    for (const { xi, phase: side, points } of contours) {
      const middle = points[points.length >> 1]!;
      const at = phase({ ...asked, ...of("tanh"), sw2: [middle.sw2], sb2: [middle.sb2] }).json["grid"] as {
        chiJ: number[][];
      };
      const rate = Math.log(at.chiJ[0]![0]!);
      expect(Math.sign(rate)).toBe(side === "ordered" ? -1 : 1);
      // Linear interpolation in a grid of step .05, .02: off by a few percent of 1/ξ, and 1e-3 beside the critical line.
      expect(Math.abs(Math.abs(rate) - 1 / xi)).toBeLessThan(0.05 / xi + 1e-3);
    }
    expect(heat(outcome).lines!.filter(({ style }) => style === "contour")).toHaveLength(contours.length);
  });

  it("says where its line ends, or that every cell is alike", () => {
    const grid = { sw2: axis(0.5, 3, 6), sb2: axis(0, 1, 3) };
    const say = (kind: string, norm: Norm = "none", mu = 0) =>
      findings(phase({ ...asked, ...of(kind, norm, mu), ...grid }));
    expect(say("tanh")).toMatch(/ends at the critical point \(σw² = 1, σb² = 0\), where K\* = 0/);
    expect(say("gelu")).toMatch(/ends at the critical point \(σw² = 1\.9831.*repels/);
    expect(say("relu")).toMatch(/σw² = 2 at every σb²/);
    expect(say("erf", "ln-pre", 0.9)).toMatch(/the ray σb² = 0\.105 σw²/);
    expect(say("erf", "ln-pre", 1)).toMatch(/Every initialisation is critical.*l\^1\.23 at most/);
    expect(say("erf", "none", 1)).toMatch(/no critical line.*mu = 1/);
    expect(say("relu", "batchnorm")).toMatch(/flat: behind BatchNorm χ_J = 1\.4669 whatever/);
    expect(say("silu")).not.toContain("No part");
    const far = phase({ ...asked, ...of("tanh"), sw2: [0.1, 0.5], sb2: [0, 1] });
    expect(findings(far)).toContain("No part of it is in this window.");
  });

  it("behind BatchNorm is one number, without line, contour or critical point", () => {
    const { json, document } = phase({
      ...asked,
      ...of("gelu", "batchnorm"),
      sw2: axis(0.1, 4, 5),
      sb2: axis(0, 2, 4),
    });
    for (const row of (json["grid"] as { chiJ: number[][] }).chiJ)
      for (const chiJ of row) expect(chiJ).toBeCloseTo(1.318844971, 8);
    expect(json).toMatchObject({ criticalLine: [], contours: [], criticalPoint: null });
    expect(document.sections[0]!.notes!.join(" ")).toContain("large batch");
  });
});

describe("the diagram of a network", () => {
  it("has the network's own point and its law", async () => {
    const outcome = await phaseOfNet({
      ...asked,
      net: parseNetText("mlp:depth=30,activation=tanh,sw2=2.5,sb2=0.05"),
      grid: {},
    });
    expect(outcome.document.verdict.sentence).toMatch(
      /^This network is chaotic \(χ_J = 1\.134, ξ = 7\.98 layers\)/,
    );
    expect(outcome.json["own"]).toMatchObject({ sw2: 2.5, sb2: 0.05, phase: "chaotic" });
    expect(heat(outcome).marks).toContainEqual({ x: 2.5, y: 0.05, label: "this network", role: "before" });
    expect(findings(outcome)).toContain("J grows as e^(l/ξ)");
  });

  it("takes convolutions on a ring for the layer that they are", async () => {
    const conv = { kind: "conv", channels: 4, kernel: 3, padding: "circular", sw2: 1.5 };
    const block = { kind: "repeat", times: 4, layers: [{ kind: "activation", activation: "erf" }, conv] };
    const net = parseNet({ fathom: 1, input: { kind: "signal", shape: [2, 8] }, layers: [conv, block] });
    const { json } = await phaseOfNet({ ...asked, net, grid: { sw2: [1, 2], sb2: [0, 0.2] } });
    expect(json).toMatchObject({ kind: "fixed point", activation: "erf", own: { sw2: 1.5 } });
  });

  it("whose layers differ is its growth a layer at its own depth, and says so", async () => {
    const layer = (activation: string) => [
      { kind: "activation", activation },
      { kind: "dense", width: 16, sw2: 2 },
    ];
    const layers = [
      { kind: "dense", width: 16, sw2: 2 },
      ...["relu", "linear", "relu", "linear"].flatMap(layer),
    ];
    const net = parseNet({ fathom: 1, input: { kind: "vector", shape: [16] }, layers });
    const grid = { sw2: axis(1, 3, 5), sb2: [0, 0.5] };
    const outcome = await phaseOfNet({ ...asked, net, grid });
    expect(outcome.json).toMatchObject({ kind: "finite depth", hidden: 4, own: { sw2: 2, sb2: 0 } });
    // Among four hidden layers lie two relu (σw²/2) and one linear layer (σw²): growth σw² / 2^(2/3).
    for (const row of (outcome.json["grid"] as { chiJ: number[][] }).chiJ)
      for (const [i, value] of row.entries()) expect(value).toBeCloseTo(grid.sw2[i]! / 2 ** (2 / 3), 10);
    expect(outcome.document.sections[0]!.notes![0]).toMatch(/^No fixed point/);
    expect(heat(outcome).zLabel).toBe("growth of J a layer");
  });

  it("that theory does not follow is refused with the reason", async () => {
    const layers = [
      { kind: "toTokens" },
      { kind: "selfAttention", heads: 1 },
      { kind: "dense", width: 4 },
      { kind: "activation", activation: "relu" },
      { kind: "dense", width: 4 },
    ];
    const net = parseNet({ fathom: 1, input: { kind: "image", shape: [4, 2, 2] }, layers });
    await expect(phaseOfNet({ ...asked, net, grid: {} })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("selfAttention"),
      hint: expect.stringContaining("--measure"),
    });
  });

  it("stops when asked to", async () => {
    const net = parseNetText("mlp:depth=4,activation=tanh");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(phaseOfNet({ ...asked, net, grid: {}, measure: { seeds: 1 }, signal })).rejects.toThrow(
      "enough",
    );
  });
});

describe("sampled cells (criticality.md §13, test scale)", () => {
  it.each([
    ["relu", [1.2, 2, 2.8], [0.2]],
    ["erf", [0.5, 1.4, 3], [0.1]],
    ["gelu", [1, 1.9, 3], [0.3]],
  ] as const)(
    "of %s have theory's χ_J within 5 %% or four standard errors at width 200, depth 20",
    async (kind, sw2, sb2) => {
      const outcome = await measuredPhase({
        ...asked,
        ...of(kind),
        sw2,
        sb2,
        measure: { depth: 20, width: 200, seeds: 6 },
      });
      const { cells } = outcome.json["measured"] as {
        cells: { theory: number; value: number; se: number }[];
      };
      expect(cells).toHaveLength(3);
      for (const { theory, value, se } of cells)
        expect(Math.abs(value - theory)).toBeLessThan(Math.max(0.05 * theory, 4 * se));
      // Not those of a neighbouring cell.
      expect(Math.abs(cells[0]!.value - cells[1]!.theory)).toBeGreaterThan(0.2 * cells[1]!.theory);
      expect(heat(outcome).samples).toHaveLength(3);
      expect(findings(outcome)).toMatch(/Sampled 3 cells of 6 networks of 20 hidden layers and width 200/);
      expect(nonFinite(outcome.json)).toEqual([]);
    },
  );
});
