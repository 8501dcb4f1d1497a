import { describe, expect, it } from "vitest";
import { evaluate, input, matmul, mul } from "../../src/expr/index.ts";
import { compile } from "../../src/runtime/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";

describe("a float64 product next to a factor that float32 cannot hold", () => {
  for (const device of ["cpu", "wasm"] as const) {
    it(`keeps its digits on ${device}`, async () => {
      const a = input("a", [3, 4], "float64");
      const b = input("b", [4, 3], "float64");
      const y = mul(matmul(a, b), 1 / 3);
      const feeds = {
        a: normal(Key.fromSeed(1), "float64", [3, 4]),
        b: normal(Key.fromSeed(2), "float64", [4, 3]),
      };
      await using executable = await compile({ inputs: [a, b], outputs: { y }, options: { device } });
      const computed = (await executable.run(feeds))["y"]!.data as Float64Array;
      const exact = evaluate([y], feeds)[0]!.data as Float64Array;
      computed.forEach((value, i) => {
        expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-15 * Math.max(1, Math.abs(exact[i]!)) * 4);
      });
    });
  }
});
