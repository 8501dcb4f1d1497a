import { describe, expect, it } from "vitest";
import {
  derivativeMoment,
  fisherEdges,
  fisherLaw,
  fisherMoments,
  scalarActivation,
  secondMoment,
} from "../../../src/theory/index.ts";
import { erfFisher, erfHalf } from "../../oracles/fisher.ts";
import { refusal } from "../../refusal.ts";

const erf = scalarActivation("erf");
const relu = scalarActivation("relu");
const half = { activation: erf, q: erfHalf.q, depth: erfHalf.depth };
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe("moments of the dual Fisher", () => {
  for (const { q, depth, m1, relativeStd, digits } of erfFisher) {
    it(`erf, q = ${q}, L = ${depth}: mean and relative spread as printed`, () => {
      const last = fisherMoments({ activation: erf, q, depth }).at(-1)!;
      expect(Math.abs(last.m1 - m1)).toBeLessThan(1e-9);
      expect(Math.abs(last.relativeStd - relativeStd)).toBeLessThan(digits);
    });
  }

  it("erf, q = 0.5, L = 6: m1 = 2, m2 = 6.087804806", () => {
    const last = fisherMoments(half).at(-1)!;
    expect(Math.abs(last.m1 - erfHalf.m1)).toBeLessThan(1e-12);
    expect(Math.abs(last.m2 - erfHalf.m2)).toBeLessThan(5e-10);
  });

  it("at χ_J = 1 the mean is L times the second moment of a layer's input", () => {
    const moments = fisherMoments({ activation: erf, q: 0.3, depth: 40 });
    for (const { depth, m1 } of moments) expect(m1).toBeCloseTo(depth * secondMoment(erf, 0.3), 10);
  });
});

describe("the largest eigenvalue", () => {
  it("at L = 2 is the top of the explicit law qhat + qhat sw2 φ'²: 1.5 for relu, 4/π at h = 0 for erf", () => {
    expect(fisherEdges({ activation: relu, q: 1, depth: 2 })[1]).toBeCloseTo(1.5, 8);
    const qhat = secondMoment(erf, 0.5);
    const top = qhat + (qhat * 4) / Math.PI / derivativeMoment(erf, 0.5);
    expect(fisherEdges({ activation: erf, q: 0.5, depth: 2 })[1]).toBeCloseTo(top, 7);
  });

  it("of a linear network is L: every eigenvalue is", () => {
    fisherEdges({ activation: scalarActivation("linear"), q: 1, depth: 5 }).forEach((edge, l) => {
      expect(edge).toBeCloseTo(l + 1, 7);
    });
  });

  it("of erf, q = 0.5, L = 6 lies among the sampled 5.71 … 5.95", () => {
    const edge = fisherEdges(half).at(-1)!;
    expect(edge).toBeGreaterThan(erfHalf.sampledLargest[0]);
    expect(edge).toBeLessThan(erfHalf.sampledLargest[1]);
  });

  it("grows linearly with depth where q is small, so that the stable learning rate falls as 1/L", () => {
    const edges = fisherEdges({ activation: erf, q: 0.001, depth: 20 });
    const perLayer = edges.map((edge, l) => edge / (l + 1));
    expect(perLayer.at(-1)! / perLayer[0]!).toBeLessThan(1.02);
    expect(perLayer.at(-1)!).toBeGreaterThan(perLayer[0]!);
  });
});

describe("the law by subordination", () => {
  it("at L = 2 is half at qhat, half at 3 qhat for relu", () => {
    const { quantiles } = fisherLaw({ activation: relu, q: 1, depth: 2 });
    expect(quantiles.slice(0, 150).every((value) => Math.abs(value - 0.5) < 1e-12)).toBe(true);
    expect(quantiles.slice(150).every((value) => Math.abs(value - 1.5) < 1e-12)).toBe(true);
  });

  it("has the exact mean, the second moment to 1 %, and its last quantile just below the exact edge", () => {
    const { quantiles, density } = fisherLaw(half);
    expect(mean(quantiles)).toBeCloseTo(erfHalf.m1, 10);
    expect(Math.abs(mean(quantiles.map((value) => value ** 2)) / erfHalf.m2 - 1)).toBeLessThan(0.01);
    const edge = fisherEdges(half).at(-1)!;
    expect(quantiles.at(-1)! / edge).toBeGreaterThan(0.95);
    expect(quantiles.at(-1)! / edge).toBeLessThan(1);
    const mass = density
      .slice(1)
      .reduce((sum, { x, rho }, i) => sum + ((rho + density[i]!.rho) / 2) * (x - density[i]!.x), 0);
    expect(Math.abs(mass - 1)).toBeLessThan(0.02);
  });

  it("keeps the spread of a narrow law: erf, q = 0.001, L = 20", () => {
    const network = { activation: erf, q: 0.001, depth: 20 };
    const { quantiles } = fisherLaw(network);
    const m1 = mean(quantiles);
    const std = Math.sqrt(mean(quantiles.map((value) => (value / m1 - 1) ** 2)));
    expect(Math.abs(std / fisherMoments(network).at(-1)!.relativeStd - 1)).toBeLessThan(0.02);
  });

  it("stays a law where most units are saturated and slopes fall to the smallest numbers: erf, q = 50", () => {
    const network = { activation: erf, q: 50, depth: 10 };
    const { quantiles } = fisherLaw(network);
    expect(quantiles.every((value, i) => i === 0 || value >= quantiles[i - 1]!)).toBe(true);
    expect(mean(quantiles) / fisherMoments(network).at(-1)!.m1).toBeCloseTo(1, 12);
    expect(quantiles.at(-1)).toBeLessThan(fisherEdges(network).at(-1)!);
  });

  it("of Gaussian weights is wider by m1² of every layer that is passed", () => {
    const network = { ...half, depth: 3, weights: "gaussian" } as const;
    const { m2 } = fisherMoments(network).at(-1)!;
    expect(m2 - fisherMoments({ ...half, depth: 3 }).at(-1)!.m2).toBeCloseTo((1 / 3) ** 2 + (2 / 3) ** 2, 10);
    expect(Math.abs(mean(fisherLaw(network).quantiles.map((value) => value ** 2)) / m2 - 1)).toBeLessThan(
      0.05,
    );
  });
});

describe("layers of different second moments", () => {
  const q = [0.8, 0.5, 0.3];
  const network = { activation: erf, q, depth: 4, sw2: 1.2, inputMoment: 0.7 };

  it("give the moments of the recursion layer by layer", () => {
    let m1 = 0.7;
    for (const value of q) m1 = secondMoment(erf, value) + 1.2 * derivativeMoment(erf, value) * m1;
    expect(fisherMoments(network).at(-1)!.m1).toBeCloseTo(m1, 12);
  });

  it("give a law with these moments that ends just below the edge", () => {
    const { quantiles } = fisherLaw(network);
    const { m1, m2 } = fisherMoments(network).at(-1)!;
    expect(mean(quantiles)).toBeCloseTo(m1, 10);
    expect(Math.abs(mean(quantiles.map((value) => value ** 2)) / m2 - 1)).toBeLessThan(0.01);
    const ratio = quantiles.at(-1)! / fisherEdges(network).at(-1)!;
    expect(ratio).toBeGreaterThan(0.95);
    expect(ratio).toBeLessThan(1);
  });

  it("must be as many as there are layers to pass", () => {
    expect(refusal(() => fisherMoments({ ...network, depth: 5 })).where).toBe("q.length");
  });
});

describe("refusals", () => {
  it("name q, the depth and an activation without slope", () => {
    expect(refusal(() => fisherMoments({ ...half, q: 0 })).where).toBe("q");
    expect(refusal(() => fisherMoments({ ...half, q: Number.NaN })).where).toBe("q");
    expect(refusal(() => fisherEdges({ ...half, depth: 0 })).where).toBe("depth");
    expect(refusal(() => fisherMoments({ ...half, sw2: -1 })).where).toBe("sw2");
    expect(refusal(() => fisherMoments({ ...half, activation: scalarActivation("sign") })).code).toBe(
      "unsupported",
    );
  });

  it("name what leaves nothing to multiply, where edges and laws would not be numbers", () => {
    const flat = { activation: scalarActivation("sign"), q: 1, depth: 3, sw2: 1 };
    for (const spectrum of [fisherEdges, fisherLaw, fisherMoments]) {
      expect(refusal(() => spectrum(flat)).code).toBe("unsupported");
      expect(refusal(() => spectrum({ ...half, sw2: 0 })).where).toBe("sw2");
      expect(refusal(() => spectrum({ ...half, inputMoment: 0 })).where).toBe("inputMoment");
    }
  });
});
