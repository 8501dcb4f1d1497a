import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printJson, toJson } from "../../src/cli/json.ts";

describe("the JSON of results", () => {
  it("holds no NaN and no Infinity, and says why a number is missing", () => {
    expect(toJson({ xi: Infinity })).toEqual({ xi: null, status: "infinite" });
    expect(toJson({ a: Number.NaN, b: -Infinity })).toEqual({
      a: null,
      aStatus: "undefined",
      b: null,
      bStatus: "infinite",
    });
    expect(toJson({ xi: Infinity, status: "slow" })).toEqual({
      xi: null,
      xiStatus: "infinite",
      status: "slow",
    });
    expect(toJson(new Float32Array([1, Number.NaN]))).toEqual([1, null]);
  });

  it("keeps foreign keys as data", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}');
    const clean = toJson(hostile) as object;
    expect(Object.keys(clean)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
  });

  it("prints what JSON.parse reads back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = toJson(value);
        expect(JSON.parse(printJson(json))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });

  it("keeps a row of numbers on one line", () => {
    expect(
      printJson({
        grid: [
          [1, 2],
          [3, null],
        ],
      }),
    ).toBe('{\n  "grid": [\n    [1, 2],\n    [3, null]\n  ]\n}');
  });
});
