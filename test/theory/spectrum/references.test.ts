/** @file Spectra of J Jᵀ: the reference tables of criticality.md §8-9, at 1e-8 for moments and edges, 1e-5 for densities. */
import { describe, expect, it } from "vitest";
import { jacobianSpectrum, scalarActivation, uniformSpectrum } from "../../../src/theory/index.ts";
import { densities, moments } from "../../oracles/spectra.ts";
import { expectClose } from "../close.ts";

describe("moments of J Jᵀ", () => {
  for (const { activation, q, depth, weights, values } of moments) {
    it(`${activation}, ${depth} ${weights} layers: the reference`, () => {
      const spectrum = uniformSpectrum({ activation: scalarActivation(activation), q, depth, weights });
      spectrum.moments(values.length).forEach((m, i) => {
        expectClose(m, values[i]!, 1e-8, `m${i + 1}`);
      });
    });
  }

  it("linear Gaussian: the Fuss-Catalan numbers C(k(L+1), k-1)/k to order 20", () => {
    const depth = 3;
    const spectrum = uniformSpectrum({
      activation: scalarActivation("linear"),
      q: 1,
      depth,
      weights: "gaussian",
    });
    spectrum.moments(20).forEach((m, i) => {
      const k = i + 1;
      let fuss = 1 / k;
      for (let j = 1; j < k; j++) fuss *= (k * (depth + 1) - (k - 1) + j) / j;
      expectClose(m / fuss, 1, 1e-12, `m${k}`);
    });
  });
});

describe("density and edge of J Jᵀ", () => {
  for (const { activation, q, depth, weights, edge, rho } of densities) {
    it(`${activation}, q = ${q}, ${depth} ${weights} layers: the reference`, () => {
      const spectrum = uniformSpectrum({ activation: scalarActivation(activation), q, depth, weights });
      expectClose(spectrum.edge!, edge, 1e-9, "edge");
      const found = spectrum.density(rho.map(([lambda]) => lambda));
      rho.forEach(([lambda, reference], i) => {
        expectClose(found[i]! / reference, 1, 1e-5, `rho(${lambda})`);
      });
    });
  }

  it("hardtanh, 10 Haar layers at q = 0.2: an atom of mass .74652681 at σw²^10, and one at 0", () => {
    const activation = scalarActivation("hardtanh");
    const layer = { activation, q: 0.2, sw2: 1 / 0.97465268, weights: "haar" } as const;
    const { atoms, edge } = jacobianSpectrum({ layers: new Array(10).fill(layer) });
    expectClose(atoms[0]!.mass, 1 - 0.97465268, 1e-8);
    expect(atoms[0]!.at).toBe(0);
    expectClose(atoms[1]!.mass, 0.74652681, 1e-8);
    expectClose(atoms[1]!.at, 1.29271022, 1e-7);
    expect(edge).toBe(atoms[1]!.at);
  });
});
