/** @file Depth costs memory, not stack: a chain of 10,000 layers (engine.md §4). */
import { expect, it } from "vitest";
import {
  add,
  evaluate,
  input,
  jvp,
  matmul,
  mul,
  reduceMean,
  Scope,
  square,
  substitute,
  type Tensor,
  tanh,
  topologicalOrder,
  vjp,
  vmap,
  withScope,
} from "../../src/expr/index.ts";
import { ndarray, toNumbers } from "../../src/tensor/index.ts";
import { direction } from "./check.ts";

it("a chain of 10,000 layers of width 16 builds, differentiates, batches and runs", () => {
  withScope(new Scope(), () => {
    const layers = 10_000;
    const x = input("x", [1, 16], "float64");
    const w = input("w", [16, 16], "float64");
    const weights: Tensor[] = [];
    let h = x;
    for (let i = 0; i < layers; i++) {
      const b = input(`b${i}`, [16], "float64");
      weights.push(b);
      h = tanh(add(matmul(h, w), b));
    }
    const loss = reduceMean(square(h));
    const gradients = vjp([loss], [...weights, w]);
    expect(gradients.every((g) => g !== undefined)).toBe(true);
    expect(topologicalOrder(gradients as Tensor[]).length).toBeLessThan(13 * layers);
    const [tangent] = jvp([h], [x], [mul(x, 2)]);
    const [batched] = vmap([loss], { over: [x], size: 3 });
    const [moved] = substitute([loss], new Map([[x, tanh(x)]]));
    const feeds = {
      w: ndarray(
        "float64",
        [16, 16],
        direction("w", w).data.map((v) => v / 4),
      ),
      ...Object.fromEntries(weights.map((b, i) => [`b${i}`, direction(`b${i % 7}`, b)])),
    };
    const one = { ...feeds, x: direction("x", x) };
    const values = evaluate([gradients.at(-1)!, tangent!, moved!], one);
    expect(values.flatMap(toNumbers).every(Number.isFinite)).toBe(true);
    const three = ndarray("float64", [3, 1, 16], new Float64Array(48));
    expect(toNumbers(evaluate([batched!], { ...feeds, x: three })[0]!).every(Number.isFinite)).toBe(true);
  });
});
