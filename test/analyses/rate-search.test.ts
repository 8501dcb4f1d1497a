/** @file The search of the best rate: what is tried, and where the minimum is placed. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { bestExponent, type RatePoint, searchRates } from "../../src/analyses/widths/rate-search.ts";
import { powerOf } from "../../src/analyses/widths/slopes.ts";
import { type BestRate, driftOf } from "../../src/analyses/widths/transfer.ts";

const bowl = (centre: number) => (exponent: number) => 2 ** (0.1 * (exponent - centre) ** 2);
const only = ({ losses }: RatePoint) => losses[0]!;

it("the best rate ends up with two neighbours on each side, wherever the search begins", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: -9, max: 9, noNaN: true }),
      fc.integer({ min: -9, max: 9 }),
      async (centre, start) => {
        const points = await searchRates(start, async (exponent) => [bowl(centre)(exponent)]);
        const best = Math.round(bestExponent(points, only)!);
        const tried = points.map(({ exponent }) => exponent);
        for (const near of [-2, -1, 0, 1, 2]) expect(tried).toContain(best + near);
        expect(new Set(tried).size).toBe(tried.length);
        // A parabola in the exponent is placed exactly.
        expect(Math.abs(bestExponent(points, only)! - centre)).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 40 },
  );
});

it("rates at which a run diverges count as worse than all others", async () => {
  const edge = 1;
  const points = await searchRates(6, async (exponent) => [exponent > edge ? null : 10 - exponent, 1]);
  expect(points.map(({ exponent }) => exponent)).toContain(edge + 2);
  expect(bestExponent(points, only)).toBe(edge);
});

it("a network that trains at no rate ends the search without a best one", async () => {
  const points = await searchRates(0, async () => [null]);
  expect(points.length).toBeLessThan(50);
  expect(bestExponent(points, only)).toBeUndefined();
});

it("a drift is the slope of log2 rate against log2 width over all seeds", () => {
  const found = [64, 128, 256].map((width): BestRate => {
    const best = -Math.log2(width);
    return {
      parameterisation: "standard",
      width,
      points: [],
      best,
      bySeed: [best + 0.1, best - 0.1, undefined],
      loss: 1,
    };
  });
  expect(driftOf(found)!.value).toBeCloseTo(-1, 12);
  expect(driftOf(found)!.se).toBeGreaterThan(0);
  expect(driftOf(found.slice(0, 1))).toBeUndefined();
});

it("a power is told from what is finite and above 0", () => {
  const at = (width: number, ...values: (number | null)[]) => ({ at: width, values });
  expect(powerOf([at(1, 3), at(4, 6), at(9, null, 0)])!.value).toBeCloseTo(0.5, 12);
  expect(powerOf([at(1, 3), at(4, null)])).toBeUndefined();
});
