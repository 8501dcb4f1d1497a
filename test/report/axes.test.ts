import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logTicks, niceTicks, resolveAxis } from "../../src/report/axes.ts";
import { placeLabels } from "../../src/report/place.ts";

describe("axes", () => {
  it("puts ticks on round numbers inside the range", () => {
    expect(niceTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(niceTicks([1, 31], 6, true)).toEqual([5, 10, 15, 20, 25, 30]);
    expect(logTicks([1e-4, 10], 8)).toEqual([1e-4, 1e-3, 0.01, 0.1, 1, 10]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (lo, span) => {
          const ticks = niceTicks([lo, lo + span], 6);
          expect(ticks.length).toBeGreaterThan(0);
          expect(ticks.length).toBeLessThan(16);
          for (const tick of ticks) expect(tick).toBeGreaterThanOrEqual(lo - span * 1e-6);
        },
      ),
    );
  });

  it("tells the ticks of a narrow logarithmic axis apart", () => {
    const axis = { label: "λ", scale: "log" } as const;
    const { ticks, tickFormat } = resolveAxis({ axis, values: [0.958, 1.019], pixels: 700, perTick: 62 });
    expect(ticks.length).toBeGreaterThan(5);
    expect(new Set(ticks.map(tickFormat)).size).toBe(ticks.length);
  });

  it("never lets one huge interval flatten the data", () => {
    const { domain } = resolveAxis({
      axis: { label: "y" },
      values: [0, 1],
      soft: [-1e9, 1e9],
      pixels: 300,
      perTick: 40,
    });
    expect(domain[0]).toBeGreaterThan(-2);
    expect(domain[1]).toBeLessThan(3);
  });

  it("shows a constant in the middle of its axis", () => {
    const { domain } = resolveAxis({ axis: { label: "y" }, values: [5, 5], pixels: 300, perTick: 40 });
    expect((domain[0] + domain[1]) / 2).toBeCloseTo(5, 9);
    expect(domain[0]).toBeLessThan(5);
  });
});

describe("labels of marked points", () => {
  it("stand apart where points are near each other", () => {
    const anchors = [
      { x: 100, y: 100, length: 80 },
      { x: 108, y: 104, length: 80 },
      { x: 290, y: 8, length: 80 },
    ];
    const places = placeLabels(anchors, { width: 300, height: 200, fontSize: 12 });
    expect(places[0]).not.toEqual(places[1]);
    expect(places[2]!.textAnchor).toBe("end");
  });
});
