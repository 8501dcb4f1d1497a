import { describe, expect, it } from "vitest";
import { plainText, richText, slug } from "../../src/report/escape.ts";
import {
  formatInterval,
  formatNumber,
  formatRow,
  formatSeconds,
  formatTick,
  formatWithError,
} from "../../src/report/format.ts";

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [1.36312, "1.363"],
    [-0.5, "−0.5"],
    [10000, "10,000"],
    [1234.5678, "1235"],
    [0.000012346, "1.235×10⁻⁵"],
    [1e12, "1×10¹²"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("%s is written %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("gives as many digits as the standard error supports", () => {
    expect(formatWithError(0.23456, 0.00123)).toBe("0.2346 ± 0.0012");
    expect(formatWithError(123.456, 12)).toBe("123 ± 12");
    expect(formatWithError(1, 0)).toBe("1");
  });

  it("says why a value is missing", () => {
    expect(formatRow({ name: "ξ", value: null, status: "infinite", kind: "theory" })).toBe("infinite");
    expect(formatRow({ name: "s", value: 0.3, ci: [0.28, null], kind: "measured" })).toBe("0.3 [0.28, ∞]");
    expect(formatInterval([null, 2])).toBe("[−∞, 2]");
  });

  it("speaks of durations and ticks as people do", () => {
    expect([0.25, 2.345, 83.2, 3725].map(formatSeconds)).toEqual([
      "250 ms",
      "2.3 s",
      "1 min 23 s",
      "1 h 2 min",
    ]);
    expect([
      formatTick(0.25, 0.05),
      formatTick(1e-5, 0),
      formatTick(0.005, 0),
      formatTick(20000, 10000),
    ]).toEqual(["0.25", "10⁻⁵", "0.005", "20,000"]);
  });
});

describe("text of others", () => {
  it("loses control characters, lone surrogates and marks of direction", () => {
    expect(plainText("a\u001b[2J\u202eb\ud800\nc")).toBe("a[2Jb\ufffd c");
  });

  it("gets subscripts only where a symbol has one, after escaping", () => {
    expect(richText("χ_J < 1, λ_max; l^-1; width^−0.2; snake_case; <b>; `fathom <x>`")).toBe(
      "χ<sub>J</sub> &lt; 1, λ<sub>max</sub>; l<sup>−1</sup>; width<sup>−0.2</sup>; snake_case; &lt;b&gt;; <code>fathom &lt;x&gt;</code>",
    );
  });

  it("gives names fit for an id", () => {
    expect(slug('"><script>')).toBe("script");
    expect(slug("χ")).toBe("item");
  });
});
