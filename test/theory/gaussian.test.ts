/** @file The quadrature: exact on what is known, right at kinks and as the pair degenerates, and honest when it cannot be. */
import fc from "fast-check";
import { expect as claim, describe, it } from "vitest";
import { gaussLegendre } from "../../src/theory/gauss-legendre.ts";
import { expect, expect2 } from "../../src/theory/index.ts";
import { refusal } from "../refusal.ts";
import { expectClose } from "./close.ts";

describe("Gauss-Legendre rule", () => {
  it("integrates polynomials of degree 2n - 1 exactly", () => {
    const { nodes, weights } = gaussLegendre(16);
    for (let degree = 0; degree < 32; degree++) {
      const sum = nodes.reduce((total, x, i) => total + weights[i]! * x ** degree, 0);
      expectClose(sum, degree % 2 === 0 ? 2 / (degree + 1) : 0, 1e-14);
    }
  });
});

describe("E f(sqrt(K) g)", () => {
  it("has the moments of the normal law at any variance", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e4, noNaN: true }), (K) => {
        expectClose(
          expect(() => 1, K),
          1,
          1e-14,
        );
        expectClose(
          expect((h) => h, K),
          0,
          1e-12,
        );
        expectClose(
          expect((h) => h * h, K),
          K,
          1e-13,
        );
        expectClose(
          expect((h) => h ** 4, K),
          3 * K * K,
          1e-12,
        );
      }),
    );
  });

  it("is right for tanh² where 128-point Gauss-Hermite is off by 1e-4 (criticality.md §2)", () => {
    // mpmath at 30 digits, as criticality.md §2 does for K = 1.
    expectClose(
      expect((h) => Math.tanh(h) ** 2, 10),
      0.7572662769213184,
      1e-15,
    );
    expectClose(
      expect((h) => Math.tanh(h) ** 2, 100),
      0.9205368634305167,
      1e-15,
    );
  });

  it("ends its panels at kinks", () => {
    // E 1{h > 1/2} = erfc(1/2)/2 at K = 1/2.
    const step = (h: number) => (h > 0.5 ? 1 : 0);
    expectClose(expect(step, 0.5, { kinks: [0.5] }), 0.2397500610934768, 1e-14);
  });

  it("is f(0) at K = 0", () => {
    claim(expect((h) => h + 3, 0)).toBe(3);
  });

  it("resolves oscillations by doubling its panels", () => {
    expectClose(
      expect((h) => Math.cos(9 * h), 1),
      Math.exp(-40.5),
      1e-12,
    );
  });

  it("says so when doubling does not settle", () => {
    const hidden = refusal(() => expect((h) => (h > Math.LN2 ? 1 : 0), 1));
    claim(hidden.code).toBe("failed");
    claim(hidden.hint).toContain("kinks");
  });

  it("refuses variances that are none", () => {
    for (const K of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      claim(refusal(() => expect(Math.sin, K)).where).toBe("K");
  });
});

describe("E f(u, v)", () => {
  const pair = fc.record({
    Ka: fc.double({ min: 0.01, max: 20, noNaN: true }),
    Kb: fc.double({ min: 0.01, max: 20, noNaN: true }),
    c: fc.constantFrom(-1, -1 + 1e-12, -0.999, -0.3, 0, 1e-9, 0.5, 0.99, 1 - 1e-6, 1 - 1e-14, 1),
  });

  it("has the moments of the pair at every correlation, ±1 included", () => {
    fc.assert(
      fc.property(pair, ({ Ka, Kb, c }) => {
        const C = c * Math.sqrt(Ka * Kb);
        expectClose(
          expect2((u, v) => u * v, { Ka, Kb, C }),
          C,
          1e-12,
        );
        expectClose(
          expect2((u, v) => u * u * v * v, { Ka, Kb, C }),
          Ka * Kb + 2 * C * C,
          1e-12,
        );
      }),
      { numRuns: 30 },
    );
  });

  it("is the orthant probability for a product of steps (Sheppard 1899)", () => {
    fc.assert(
      fc.property(pair, ({ Ka, Kb, c }) => {
        const C = c * Math.sqrt(Ka * Kb);
        const both = (u: number, v: number) => (u > 0 && v > 0 ? 1 : 0);
        const angle = Math.atan2(Math.sqrt((1 - c) * (1 + c)), c);
        expectClose(expect2(both, { Ka, Kb, C }, { kinks: [0] }), (Math.PI - angle) / (2 * Math.PI), 1e-7);
      }),
      { numRuns: 30 },
    );
  });

  it("is a one-dimensional integral when one variance is 0", () => {
    expectClose(
      expect2((u, v) => Math.cos(u + v), { Ka: 0, Kb: 2, C: 0 }),
      Math.exp(-1),
      1e-12,
    );
    expectClose(
      expect2((u, v) => Math.cos(u + v), { Ka: 2, Kb: 0, C: 0 }),
      Math.exp(-1),
      1e-12,
    );
  });

  it("refuses covariances that no pair has", () => {
    const error = refusal(() => expect2((u, v) => u * v, { Ka: 1, Kb: 1, C: 1.1 }));
    claim(error.where).toBe("C");
    claim(error.message).toContain("no such pair");
  });
});
