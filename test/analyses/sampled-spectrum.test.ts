import { describe, expect, it } from "vitest";
import { type LineFigure, sampledSpectrum } from "../../src/analyses/index.ts";
import { parseNet, parseNetText } from "../../src/net/index.ts";
import { FathomError } from "../../src/tensor/index.ts";
import { nonFinite } from "./non-finite.ts";

const asked = { seed: 0, command: "fathom spectrum" };
const erf = { activation: { kind: "erf" }, depth: 6, q: 0.2, weights: "haar" } as const;
const refusal = (work: Promise<unknown>): Promise<FathomError> =>
  work.then(
    () => Promise.reject(new Error("nothing was refused")),
    (error: unknown) => (error instanceof FathomError ? error : Promise.reject(error)),
  );

interface Shown {
  readonly measured: { readonly ks: number | null; readonly logMean: number; readonly samples: unknown[] };
  readonly freeness: {
    readonly slope: number;
    readonly moments: unknown[];
    readonly control: { slope: number };
  };
  readonly fisher: { readonly m1: number; readonly lambdaMax: number[]; readonly lrMax: number };
}

describe("fathom spectrum --measure --freeness --fisher", async () => {
  const { json, document } = await sampledSpectrum({
    ...asked,
    uniform: erf,
    measure: { width: 64, seeds: 2 },
    freeness: { nets: 20 },
    fisher: true,
  });
  const { measured, freeness, fisher } = json as unknown as Shown;

  it("gives the fields of all three, none of them NaN or infinite", () => {
    expect(nonFinite(json)).toEqual([]);
    expect(nonFinite(document)).toEqual([]);
    expect(measured.ks).toBeLessThan(0.15);
    expect(measured.samples).toHaveLength(2);
    expect(freeness.moments).toHaveLength(9);
    expect(freeness.slope).toBeLessThan(-0.6);
    expect(Math.abs(freeness.control.slope)).toBeLessThan(0.2);
    expect(fisher.lambdaMax).toHaveLength(6);
    expect(fisher.lrMax).toBeCloseTo(2 / fisher.lambdaMax[5]!, 12);
  });

  it("shows each in a section of its own, with figures", () => {
    expect(document.sections.map(({ id }) => id)).toEqual(["spectrum", "freeness", "fisher"]);
    const ids = document.sections.flatMap(({ figures }) => figures.map(({ id }) => id));
    expect(ids).toEqual([
      "spectrum-singular",
      "spectrum-eigenvalues",
      "spectrum-distribution",
      "freeness-moments",
      "fisher-depth",
      "fisher-density",
    ]);
  });
});

describe("networks that are given", () => {
  it("are measured alone where theory has no spectrum, and say why", async () => {
    const net = parseNetText("mlp:depth=4,width=24,activation=tanh,norm=ln-pre,in=24");
    const { json, document } = await sampledSpectrum({ ...asked, net, measure: { seeds: 2 } });
    expect((json as unknown as Shown).measured.ks).toBeNull();
    expect(Number.isFinite((json as unknown as Shown).measured.logMean)).toBe(true);
    expect(document.sections[0]!.findings[0]!.text).toContain("layerNorm");
    expect(nonFinite(json)).toEqual([]);
  });

  it("have no empty bins on a logarithmic axis of density", async () => {
    const net = parseNetText("mlp:depth=12,width=32,activation=tanh,sw2=2.5,sb2=0.05,in=32");
    const { document } = await sampledSpectrum({ ...asked, net, measure: { seeds: 1 } });
    const figure = document.sections[0]!.figures.find(({ id }) => id === "spectrum-singular") as LineFigure;
    expect(figure.y.scale).toBe("log");
    const { points } = figure.series.find(({ form }) => form === "step")!;
    expect(points.every(({ y }) => y! > 0)).toBe(true);
    const mass = points.slice(1).reduce((sum, { x }, i) => sum + points[i]!.y! * (x - points[i]!.x), 0);
    // What rounding cannot tell from 0 is in no bin.
    expect(mass).toBeGreaterThan(0.7);
    expect(mass).toBeLessThan(1 + 1e-12);
  });

  it("have the Fisher of their own second moments, layer by layer", async () => {
    const net = parseNetText("mlp:depth=5,width=48,activation=tanh,sw2=1.6,sb2=0.05,init=haar,in=48");
    const { json } = await sampledSpectrum({ ...asked, net, fisher: true, measure: { seeds: 3 } });
    const { lambdaMax, measured } = (
      json as unknown as {
        fisher: {
          lambdaMax: number[];
          measured: { width: number; depths: { lambdaMax: { value: number } }[] };
        };
      }
    ).fisher;
    expect(measured.width).toBe(48);
    expect(Math.abs(measured.depths.at(-1)!.lambdaMax.value / lambdaMax[4]! - 1)).toBeLessThan(0.25);
  });
});

it("histograms stay inside of their axes", async () => {
  // One small network: its highest step is 1.4 times theory's maximum.
  const { document } = await sampledSpectrum({ ...asked, uniform: erf, measure: { width: 24, seeds: 1 } });
  const drawn = document.sections[0]!.figures.find(({ id }) => id === "spectrum-eigenvalues") as LineFigure;
  const heights = drawn.series.flatMap(({ points }) => points.map(({ y }) => y ?? 0));
  expect(drawn.y.domain![1]).toBeGreaterThan(Math.max(...heights));
});

describe("refusals", () => {
  it("say where no network holds q, and what the Fisher and freeness are not known for", async () => {
    const far = await refusal(sampledSpectrum({ ...asked, uniform: { ...erf, sw2: 5 }, measure: {} }));
    expect(far).toMatchObject({ code: "unsupported", where: "q" });
    const net = parseNetText("mlp:depth=4,width=24,activation=tanh,norm=ln-pre,in=24");
    for (const part of [{ fisher: true }, { freeness: {} }])
      expect((await refusal(sampledSpectrum({ ...asked, net, measure: { seeds: 1 }, ...part }))).code).toBe(
        "unsupported",
      );
    const deep = { ...erf, depth: 300 };
    expect((await refusal(sampledSpectrum({ ...asked, uniform: deep, fisher: true }))).code).toBe(
      "too-large",
    );
  });

  it("name the first layer that is not like the others", async () => {
    const layers: object[] = [dense(24), tanh(), dense(24), tanh(), dense(24), tanh(), dense(4)];
    const where = async (at: number, layer: object) => {
      const net = parseNet({
        fathom: 1,
        input: { kind: "vector", shape: [24] },
        layers: layers.with(at, layer),
      });
      return refusal(sampledSpectrum({ ...asked, net, freeness: {} }));
    };
    expect(await where(3, { kind: "activation", activation: { kind: "relu" } })).toMatchObject({
      where: "layers[3]",
      message: expect.stringContaining("is relu, layers[1] (activation) tanh"),
    });
    expect(await where(4, { ...dense(24), sw2: 2 })).toMatchObject({
      where: "layers[4]",
      message: expect.stringContaining("has σw² = 2"),
    });
    expect((await where(4, dense(20))).where).toBe("layers[4]");
    expect((await where(3, { kind: "layerNorm" })).where).toBe("layers[3]");
  });

  it("stop when the user does", async () => {
    const stop = new AbortController();
    stop.abort(new FathomError({ code: "cancelled", message: "stopped" }));
    const work = sampledSpectrum({ ...asked, uniform: erf, measure: { width: 16 }, signal: stop.signal });
    expect((await refusal(work)).code).toBe("cancelled");
  });
});

describe("findings on the Fisher", async () => {
  const texts = async (q: number, sw2?: number, depth = 12) => {
    const uniform = { activation: { kind: "tanh" }, depth, q, weights: "haar", ...(sw2 && { sw2 }) } as const;
    const { document, json } = await sampledSpectrum({ ...asked, uniform, fisher: true });
    const findings = document.sections.flatMap(({ findings }) => findings.map(({ text }) => text));
    return { all: findings.join("\n"), rate: (json as unknown as Shown).fisher.lrMax };
  };

  it("give the learning rate, and to which weights it belongs", async () => {
    const { all, rate } = await texts(0.2);
    expect(all).toContain(`Fisher: learning rates up to ${Number(rate.toPrecision(3))} are stable`);
    expect(all).toContain("for ω = √N W");
  });

  it("tell growth in proportion to depth from growth that is faster, slower, or none", async () => {
    expect((await texts(0.005)).all).toContain("largest eigenvalue grows in proportion to depth");
    expect((await texts(0.5)).all).toMatch(/grows as L\^1\.\d here, faster than L: a smaller q would/);
    expect((await texts(0.5, 1)).all).toMatch(/grows as L\^0\.\d+ here, slower than L/);
    expect((await texts(0.5, 0.5)).all).toContain("largest eigenvalue hardly changes with depth");
  });

  it("say that it falls where the signal fades", async () => {
    const net = parseNetText("mlp:depth=12,width=24,activation=tanh,init=haar");
    const { document } = await sampledSpectrum({ ...asked, net, fisher: true });
    const [, fisher] = document.sections;
    expect(fisher!.findings.map(({ text }) => text).join("\n")).toMatch(
      /eigenvalue falls as L\^−0\.\d+ here/,
    );
  });
});

function dense(width: number) {
  return { kind: "dense", width };
}

function tanh() {
  return { kind: "activation", activation: { kind: "tanh" } };
}
