/** @file Depth costs memory, never the call stack; large graphs run without the optimiser and give the same numbers. */
import { expect, it } from "vitest";
import {
  add,
  evaluate,
  input,
  matmul,
  mul,
  reduceSum,
  Scope,
  square,
  type Tensor,
  tanh,
  vjp,
  withScope,
} from "../../src/expr/index.ts";
import { compile, lower } from "../../src/runtime/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { expectClose } from "../expr/check.ts";

it("a chain of 10,000 layers is built, differentiated and lowered", () => {
  const bytes = withScope(new Scope(), () => {
    const x = input("x", [4, 16]);
    const weights = Array.from({ length: 10_000 }, (_, i) => input(`w${i}`, [16, 16]));
    const y = weights.reduce((h, w) => tanh(matmul(h, w)), x);
    const gradients = vjp([reduceSum(y)], weights) as Tensor[];
    const outputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));
    return lower({ inputs: [x, ...weights], outputs });
  });
  // Six nodes a layer: product, tanh, three for its derivative, and two products backwards.
  expect(bytes.length).toBeGreaterThan(10_000 * 6 * 10);
});

it("a graph too large for the optimiser agrees with the interpreter to 1e-12", async () => {
  const x = input("x", [4, 8], "float64");
  const weights = Array.from({ length: 150 }, (_, i) => input(`w${i}`, [8, 8], "float64"));
  const h = weights.reduce((state, w) => add(state, mul(tanh(matmul(state, w)), 0.1)), x);
  const outputs = Object.fromEntries(vjp([reduceSum(square(h))], weights).map((g, i) => [`g${i}`, g!]));
  const key = Key.fromSeed(9);
  const feeds = Object.fromEntries(
    [x, ...weights].map(({ attrs, shape }) => {
      const name = String(attrs["name"]);
      return [name, normal(key.split(name), "float64", shape, { std: 0.3 })] as const;
    }),
  );
  await using executable = await compile({ inputs: [x, ...weights], outputs });
  const results = await executable.run(feeds);
  evaluate(Object.values(outputs), feeds).forEach((expected, i) => {
    expectClose(results[`g${i}`]!, expected, 1e-12, `g${i}`);
  });
});
