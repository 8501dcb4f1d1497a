/** @file Threefry against its published known answers, and what keys promise. */
import { describe, expect, it } from "vitest";
import { FathomError, Key, uniform } from "../../src/tensor/index.ts";
import { fillBlocks } from "../../src/tensor/threefry.ts";

function block(counter: [number, number], key: [number, number]): string {
  const out = new Int32Array(2);
  fillBlocks(out, ...key, ...counter);
  return Array.from(out, (word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ");
}

describe("Threefry-2x32-20", () => {
  // tests/kat_vectors of Random123 1.09: counter, key, output.
  it.each([
    { counter: [0, 0], key: [0, 0], output: "6b200159 99ba4efe" },
    { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], output: "1cb996fc bb002be7" },
    { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], output: "c4923a9c 483df7a0" },
  ] as const)("gives the known answer $output", ({ counter, key, output }) => {
    expect(block([...counter], [...key])).toBe(output);
  });

  it("carries the counter from the low word into the high one", () => {
    const out = new Int32Array(4);
    fillBlocks(out, 1, 2, 0xffffffff, 6);
    const next = new Int32Array(2);
    fillBlocks(next, 1, 2, 0, 7);
    expect([...out.subarray(2)]).toEqual([...next]);
  });
});

describe("Key", () => {
  it("is written as 16 hexadecimal digits and read back", () => {
    const key = Key.fromSeed(0x0123_4567_89ab_cdefn);
    expect(key.toString()).toBe("0123456789abcdef");
    expect(Key.parse("0123456789ABCDEF").toString()).toBe("0123456789abcdef");
    expect(Key.parse(key.split("x").toString()).toString()).toBe(key.split("x").toString());
    expect(JSON.stringify({ key })).toBe('{"key":"0123456789abcdef"}');
  });

  it("derives the same sub-stream whatever was split before it", () => {
    const one = Key.fromSeed(3);
    const first = one.split("weights").toString();
    one.split("bias").split(0);
    expect(one.split("weights").toString()).toBe(first);
  });

  it("keeps its derivation: these names give these keys for good", () => {
    // Written down from this implementation: a change would change every seeded result.
    const key = Key.fromSeed(1);
    expect([key.split(""), key.split("a"), key.split("weights").split(3)].map(String)).toEqual([
      "b563bebaede0e9ed",
      "94923ac658439127",
      "8d0ead6cd2f7e996",
    ]);
  });

  it("gives different keys for 60,000 different names, short, long and padded alike", () => {
    const key = Key.fromSeed(11);
    const names = Array.from({ length: 20_000 }, (_, i) => [
      `${i}`,
      `layers.${i}.weight`,
      "\0".repeat(i % 50) + i,
    ]);
    const distinct = new Set(names.flat());
    expect(new Set(Array.from(distinct, (name) => key.split(name).toString())).size).toBe(distinct.size);
    expect(key.split("a").toString()).not.toBe(key.split("a\0").toString());
  });

  it("takes a number as its decimal name", () => {
    const key = Key.fromSeed(5);
    expect(key.split(12).toString()).toBe(key.split("12").toString());
  });

  it("gives sub-streams that are uncorrelated with each other and with their parent", () => {
    const key = Key.fromSeed(8);
    const n = 40_000;
    const streams = [key, key.split("a"), key.split("b"), key.split("a").split("a")].map(
      (k) => uniform(k, "float64", [n], { low: -Math.sqrt(3), high: Math.sqrt(3) }).data,
    );
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j < i; j++) {
        const correlation = streams[i]!.reduce((sum, x, t) => sum + x * streams[j]![t]!, 0) / n;
        // Standard error 1/sqrt(n); five of them: 6 comparisons pass by chance with probability > 1 - 4e-6.
        expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
      }
    }
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -1n, 2n ** 64n])(
    "refuses the seed %s",
    (seed) => {
      expect(() => Key.fromSeed(seed)).toThrow(FathomError);
    },
  );

  it.each(["", "0123", "0123456789abcdeg", "0x0123456789abcdef"])("refuses to read %o as a key", (text) => {
    expect(() => Key.parse(text)).toThrow(/is not a key/);
  });
});
