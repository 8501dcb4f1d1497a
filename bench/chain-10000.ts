/** @file A 10,000-layer width-16 chain: building the graph, its gradient, and the ONNX bytes. No peer. */
import {
  add,
  input,
  matmul,
  reduceSum,
  Scope,
  type Tensor,
  tanh,
  vjp,
  withScope,
} from "../src/expr/index.ts";
import { lower } from "../src/runtime/index.ts";
import type { Bench } from "./bench.ts";

const [depth, width] = [10_000, 16];

function buildAndLower(): { bytes: number; parts: number[] } {
  return withScope(new Scope(), () => {
    const start = performance.now();
    const x = input("x", [4, width]);
    const weights = Array.from({ length: depth }, (_, i) => input(`w${i}`, [width, width]));
    const biases = Array.from({ length: depth }, (_, i) => input(`b${i}`, [width]));
    const y = weights.reduce((h, w, i) => tanh(add(matmul(h, w), biases[i]!)), x);
    const built = performance.now();
    const parameters = [...weights, ...biases];
    const gradients = vjp([reduceSum(y)], parameters) as Tensor[];
    const differentiated = performance.now();
    const outputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));
    const bytes = lower({ inputs: [x, ...parameters], outputs }).length;
    const lowered = performance.now();
    return { bytes, parts: [built - start, differentiated - built, lowered - differentiated] };
  });
}

export const bench: Bench = {
  title: "10,000-layer width-16 chain: build + vjp + lower",
  bar: "under 10 s, no stack overflow",
  measure: async ({ runs }) => {
    const results = Array.from({ length: Math.min(runs, 5) }, buildAndLower);
    const times = results.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0));
    const [build, vjp, lower] = results[0]!.parts as [number, number, number];
    return {
      times,
      notes: {
        "first: build, ms": build,
        "first: vjp, ms": vjp,
        "first: lower, ms": lower,
        "MB of ONNX": results[0]!.bytes / 1e6,
      },
    };
  },
};
