import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOption, gridOption, integerOption, numberOption } from "../../src/cli/options.ts";

describe("values of options", () => {
  it("spreads a:b:n evenly, ends included", () => {
    expect(gridOption("--sw2")("0:4:3")).toEqual([0, 2, 4]);
    expect(gridOption("--sw2")("0.5")).toEqual([0.5]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 2, max: 99 }),
        (a, span, n) => {
          const grid = gridOption("--sw2")(`${a}:${a + span}:${n}`);
          expect(grid).toHaveLength(n);
          expect(grid[0]).toBe(a);
          expect(grid.at(-1)).toBeCloseTo(a + span, 12);
        },
      ),
    );
  });

  it.each([
    "",
    "a",
    "1:2",
    "2:1:3",
    "1:2:0",
    "1:2:2.5",
    "-1:2:3",
    "0:1:1e9",
    "0:1:3:4",
    "0:NaN:3",
    "0:Infinity:3",
  ])("refuses the grid %j by the option's name", (text) => {
    expect(() => gridOption("--sw2")(text)).toThrow("--sw2");
  });

  it.each(["", " ", "NaN", "Infinity", "0x10", "1_000", "1,5", "two", "1e999"])(
    "refuses the number %j",
    (text) => {
      expect(() => numberOption("--mu")(text)).toThrow("--mu");
    },
  );

  it("keeps bounds", () => {
    expect(() => numberOption("--lr", { above: 0 })("0")).toThrow("--lr");
    expect(() => integerOption("--threads", { min: 1 })("1.5")).toThrow("--threads");
    expect(integerOption("--threads", { min: 1 })("4")).toBe(4);
  });
});

it("takes bytes in units of either case, and 1000 of each", () => {
  const bytes = bytesOption("--limit");
  expect(["7", "2kB", "2KB", "2 kb", "20GB"].map((text) => bytes(text))).toEqual([7, 2e3, 2e3, 2e3, 2e10]);
  expect(() => bytes("2 MiB")).toThrow("--limit");
});
