/** @file The full gradient of a 1000-layer, width-40 residual network, h + 0.05 tanh(W h + b), batch 64. */
import { add, input, matmul, mul, reduceMean, square, type Tensor, tanh, vjp } from "../src/expr/index.ts";
import { compile } from "../src/runtime/index.ts";
import { Key, normal, zeros } from "../src/tensor/index.ts";
import { type Bench, timed } from "./bench.ts";

const [depth, width, batch] = [1000, 40, 64];

export const bench: Bench = {
  title: "1000-layer width-40 residual network, batch 64: full gradient",
  bar: "at most 0.6 times PyTorch eager",
  measure: async ({ threads, runs }) => {
    const start = performance.now();
    const x = input("x", [batch, width]);
    const weights = Array.from({ length: depth }, (_, i) => input(`w${i}`, [width, width]));
    const biases = Array.from({ length: depth }, (_, i) => input(`b${i}`, [width]));
    const h = weights.reduce(
      (h, w, i) => add(h, mul(tanh(add(matmul(h, w, { transposeB: true }), biases[i]!)), 0.05)),
      x,
    );
    const parameters = [...weights, ...biases];
    const gradients = vjp([reduceMean(square(h))], parameters) as Tensor[];
    const outputs = Object.fromEntries(gradients.map((g, i) => [`g${i}`, g]));
    await using executable = await compile({ inputs: [x, ...parameters], outputs, options: { threads } });
    const compiled = performance.now() - start;
    const key = Key.fromSeed(1);
    const feeds = {
      x: normal(key.split("x"), "float32", [batch, width]),
      ...Object.fromEntries(
        parameters.map(({ attrs, shape }) => {
          const name = String(attrs["name"]);
          const std = 1 / Math.sqrt(width);
          return [
            name,
            shape.length === 2 ? normal(key.split(name), "float32", shape, { std }) : zeros("float32", shape),
          ] as const;
        }),
      ),
    };
    const times = await timed(() => executable.run(feeds), runs);
    return { times, notes: { "build and compile, ms": compiled, nodes: executable.info.nodes } };
  },
};
