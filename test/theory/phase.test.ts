/** @file Phase diagrams and contours. */
import { describe, expect, it } from "vitest";
import { contour, criticalLine, phaseDiagram, phaseOf, scalarActivation } from "../../src/theory/index.ts";
import { phaseSpots } from "../oracles/criticality.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

const spaced = (from: number, to: number, n: number) =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / (n - 1));

describe("phase diagram", () => {
  it("holds the reference spots, row by sb2 and column by sw2", () => {
    const sw2 = [1, 2, 3, 4];
    const sb2 = [0, 0.2, 1];
    for (const kind of ["erf", "relu", "gelu"]) {
      const diagram = phaseDiagram({ activation: scalarActivation(kind), sw2, sb2 });
      for (const spot of phaseSpots.filter(({ activation }) => activation === kind)) {
        const [i, j] = [sb2.indexOf(spot.sb2), sw2.indexOf(spot.sw2)];
        expectClose(diagram.chiJ[i]![j]!, spot.chiJ, 6e-9);
        expectClose(diagram.K[i]![j]!, spot.K, 6e-8);
        expect(diagram.phase[i]![j]).toBe(spot.chiJ > 1 ? "chaotic" : "ordered");
      }
    }
  });

  it("has the contour chi_J = 1 on the line by formula", () => {
    const axes = { sw2: spaced(0.1, 4, 79), sb2: spaced(0, 2, 41) };
    const activation = scalarActivation("tanh");
    const diagram = phaseDiagram({ activation, ...axes });
    const line = diagram.criticalLine;
    expect(line).toEqual(criticalLine({ activation }, { sw2: [0.1, 4], sb2: [0, 2] }));
    const contours = contour({ x: axes.sw2, y: axes.sb2, z: diagram.chiJ, level: 1 });
    expect(contours.length).toBe(1);
    for (const [x, y] of contours[0]!.filter(([, sb2]) => sb2 > 0.2)) {
      const nearest = Math.min(...line.map((p) => Math.hypot(p.sw2 - x, p.sb2 - y)));
      expect(nearest).toBeLessThan(0.02);
    }
  });

  it("with LayerNorm on preactivations and mu = 1 is critical everywhere", () => {
    const diagram = phaseDiagram({
      activation: scalarActivation("relu"),
      norm: "ln-pre",
      mu: 1,
      sw2: [0.5, 4],
      sb2: [0, 1],
    });
    expect(diagram.phase.flat().every((phase) => phase === "critical")).toBe(true);
    expect(diagram.criticalLine).toEqual([]);
  });

  it("names phases by the logarithm of chi_J", () => {
    expect([0.9, 1 - 1e-4, 1, 1.1].map(phaseOf)).toEqual(["ordered", "critical", "critical", "chaotic"]);
  });

  it("refuses axes that are empty, do not ascend, or hold no variances", () => {
    const activation = scalarActivation("relu");
    expect(refusal(() => phaseDiagram({ activation, sw2: [], sb2: [0] })).where).toBe("sw2");
    expect(refusal(() => phaseDiagram({ activation, sw2: [2, 1], sb2: [0] })).message).toContain("ascend");
    expect(refusal(() => phaseDiagram({ activation, sw2: [1], sb2: [0, Number.NaN] })).where).toBe("sb2[1]");
  });
});

describe("contour", () => {
  it("closes around a peak at the right radius", () => {
    const axis = spaced(-2, 2, 81);
    const z = axis.map((y) => axis.map((x) => Math.hypot(x, y)));
    const lines = contour({ x: axis, y: axis, z, level: 1.3 });
    expect(lines.length).toBe(1);
    expect(lines[0]![0]).toEqual(lines[0]!.at(-1));
    for (const [x, y] of lines[0]!) expectClose(Math.hypot(x, y), 1.3, 1e-3);
  });

  it("separates the corners of a saddle", () => {
    const lines = contour({
      x: [0, 1],
      y: [0, 1],
      z: [
        [1, 0],
        [0, 1],
      ],
      level: 0.6,
    });
    expect(lines.length).toBe(2);
  });

  it("leaves out cells without a number", () => {
    expect(
      contour({
        x: [0, 1],
        y: [0, 1],
        z: [
          [0, Number.NaN],
          [0, 1],
        ],
        level: 0.5,
      }),
    ).toEqual([]);
  });

  it("refuses grids that do not meet their axes", () => {
    expect(refusal(() => contour({ x: [0, 1], y: [0], z: [[1]], level: 0 })).code).toBe("bad-shape");
  });
});
