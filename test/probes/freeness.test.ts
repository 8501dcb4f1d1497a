import { describe, expect, it } from "vitest";
import { freeness, invariance, rotationFixing } from "../../src/probes/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { scalarActivation } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";

const relu = scalarActivation("relu");

describe("the invariance of criticality.md §11", () => {
  for (const activation of ["relu", "tanh"] as const) {
    it(`${activation}, N = 128: U keeps x, is orthogonal, leaves every hidden unit and changes W`, () => {
      const report = invariance({
        activation: scalarActivation(activation),
        width: 128,
        sw2: 2,
        sb2: 0.1,
        key: Key.fromSeed(4),
      });
      const rounding = 1e-14 * 128;
      expect(report.fixed).toBeLessThan(rounding);
      expect(report.orthogonal).toBeLessThan(rounding);
      expect(report.units).toBeLessThan(rounding);
      expect(report.weights).toBeGreaterThan(0.1);
    });
  }

  it("holds for vectors along an axis, either way, and with a first entry of 0", () => {
    for (const x of [
      [1, 0, 0],
      [-1, 0, 0],
      [0, 2, 0],
      [0, 0, -3],
    ]) {
      const U = rotationFixing(Float64Array.from(x), Key.fromSeed(1)).data;
      x.forEach((value, i) => {
        const turned = x.reduce((sum, entry, j) => sum + U[i * 3 + j]! * entry, 0);
        expect(turned).toBeCloseTo(value, 14);
      });
    }
  });

  it("is refused for one unit and for a dead layer", () => {
    expect(refusal(() => rotationFixing(Float64Array.of(1), Key.fromSeed(0))).code).toBe("bad-input");
    expect(refusal(() => rotationFixing(new Float64Array(4), Key.fromSeed(0))).where).toBe("x");
  });
});

describe("mixed moments of 40 relu networks at N = 32, 64, 128 (sw2 = 2, sb2 = 0.1)", () => {
  const report = freeness({ activation: relu, sw2: 2, sb2: 0.1 });
  const of = (word: string) => report.moments.filter((moment) => moment.word === word);
  const scatter = ({ N, se, nets }: (typeof report.moments)[number]) => N * se * Math.sqrt(nets);

  it("vanish: |mean| < 0.25/N at N = 64 and 128", () => {
    for (const { N, mean } of report.moments.filter((moment) => moment.N >= 64))
      expect(Math.abs(mean)).toBeLessThan(0.25 / N);
  });

  it("as 1/N: the slope of ln rms lies in [-1.3, -0.7], within three standard errors of -1", () => {
    const { value, se } = report.slope;
    expect(value).toBeGreaterThan(-1.3);
    expect(value).toBeLessThan(-0.7);
    expect(Math.abs(value + 1)).toBeLessThan(3 * se);
  });

  // Printed for 20 networks and more: N std .35-.40, .10-.13 and .010; 40 samples leave 11 % of scatter, 2.5 of it here.
  it("scatter as printed, N times their standard deviation", () => {
    for (const moment of of("tr(aT)")) {
      expect(scatter(moment)).toBeGreaterThan(0.25);
      expect(scatter(moment)).toBeLessThan(0.5);
    }
    for (const moment of of("tr(aTaT)")) {
      expect(scatter(moment)).toBeGreaterThan(0.07);
      expect(scatter(moment)).toBeLessThan(0.16);
    }
    for (const moment of of("tr(aT²a) - tr(a²)tr(T²)")) expect(scatter(moment)).toBeLessThan(0.02);
  });

  it("tr(aTaT) is about tr a² tr b²/N = 1/(16 N)", () => {
    expect(report.variances).toEqual([0.25, 0.25]);
    for (const { N, mean, se } of of("tr(aTaT)")) expect(Math.abs(mean - 0.0625 / N)).toBeLessThan(4 * se);
  });

  it("stay of order 1 in the control, where the identity stands for the Haar matrix", () => {
    expect(Math.abs(report.control.slope.value)).toBeLessThan(0.2);
    const [last] = report.control.moments.filter(({ word, N }) => word === "tr(aTaT)" && N === 128);
    expect(last!.mean).toBeGreaterThan(0.03);
  });
});

describe("refusals", () => {
  it("name widths and the number of networks", () => {
    expect(refusal(() => freeness({ activation: relu, sw2: 2, sb2: 0, widths: [64] })).where).toBe("widths");
    expect(refusal(() => freeness({ activation: relu, sw2: 2, sb2: 0, widths: [1, 64] })).where).toBe(
      "widths",
    );
    expect(refusal(() => freeness({ activation: relu, sw2: 2, sb2: 0, nets: 1 })).where).toBe("nets");
    expect(refusal(() => freeness({ activation: relu, sw2: 2, sb2: 0, widths: [64, 64] })).where).toBe(
      "widths",
    );
    expect(refusal(() => freeness({ activation: relu, sw2: -2, sb2: 0 })).where).toBe("sw2");
  });

  it("say of networks that overflow that they do", () => {
    const steep = { activation: scalarActivation("exp"), sw2: 400, sb2: 0, widths: [16, 32], nets: 4 };
    expect(refusal(() => freeness(steep))).toMatchObject({ code: "failed", where: "sw2" });
  });
});
