/** @file Every primitive on WebAssembly, where a page and a machine without the native binding run. */
import { describe, expect, it } from "vitest";
import { compileLoop } from "../../src/runtime/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { cases } from "../expr/cases.ts";
import { compare, firstOrder } from "./compared.ts";
import { bits, digitsFeeds, digitsLoop, rowsOf } from "./networks.ts";

describe.each(["float32", "float64"] as const)(
  "in %s, WebAssembly agrees with the interpreter on",
  (dtype) => {
    it.each(cases)("$name", async (example) => {
      await compare(firstOrder(example, dtype), dtype, "wasm");
    });
  },
);

describe("a loop on WebAssembly", () => {
  const { step, perStep, shared } = digitsLoop();
  const { carry, next, loss } = step;
  const feeds = digitsFeeds({ step, perStep, shared }, 6);

  async function run(device: "wasm" | "cpu", parts: readonly number[]) {
    await using loop = await compileLoop({
      carry,
      next,
      perStep,
      shared,
      collect: { loss },
      options: { device },
    });
    const losses: number[] = [];
    let state: typeof feeds.carry = feeds.carry;
    let start = 0;
    for (const steps of parts) {
      const rows = rowsOf(feeds.perStep, start, start + steps);
      const result = await loop.run({ carry: state, perStep: rows, shared: feeds.shared, steps });
      losses.push(...toNumbers(result.collected["loss"]!));
      state = result.carry;
      start += steps;
    }
    return { bits: bits(state), losses };
  }

  it("gives the same bits for any division of its steps", async () => {
    const whole = await run("wasm", [6]);
    for (const parts of [
      [2, 4],
      [1, 1, 1, 1, 1, 1],
    ])
      expect(await run("wasm", parts)).toEqual(whole);
  });

  it("learns as the native runtime does, to 1e-5 of the losses", async () => {
    const [wasm, native] = [await run("wasm", [6]), await run("cpu", [6])];
    wasm.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(native.losses[i]!, 5);
    });
  });
});
