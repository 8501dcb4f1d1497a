/** @file 64 Jacobian-vector products of a depth-50, width-500 tanh network at one input, as the APJN probes take them. */
import { input, jvp, matmul, reduceMean, square, type Tensor, tanh, vmap } from "../src/expr/index.ts";
import { compile } from "../src/runtime/index.ts";
import { Key, normal, rademacher } from "../src/tensor/index.ts";
import { type Bench, minimum, timed } from "./bench.ts";

const [depth, width, probes] = [50, 500, 64];
const flops = 2 * depth * width * width * probes;

export const bench: Bench = {
  title: "Depth 50, width 500, tanh: 64 jvp probes at one input",
  bar: "at most 0.5 times torch.func",
  measure: async ({ threads, runs }) => {
    const x = input("x", [1, width]);
    const weights = Array.from({ length: depth }, (_, i) => input(`w${i}`, [width, width]));
    const y = weights.reduce((h, w) => tanh(matmul(h, w, { transposeB: true })), x);
    const probe = input("v", [1, width]);
    const [tangents] = vmap([jvp([y], [x], [probe])[0] as Tensor], { over: [probe], size: probes });
    const inputs = [x, input("v", [probes, 1, width]), ...weights];
    await using executable = await compile({
      inputs,
      outputs: { norm: reduceMean(square(tangents!)) },
      options: { threads },
    });
    const key = Key.fromSeed(1);
    const feeds = {
      x: normal(key.split("x"), "float32", [1, width]),
      v: rademacher(key.split("v"), "float32", [probes, 1, width]),
      ...Object.fromEntries(
        weights.map(({ attrs, shape }) => {
          const name = String(attrs["name"]);
          return [name, normal(key.split(name), "float32", shape, { std: 1 / Math.sqrt(width) })] as const;
        }),
      ),
    };
    const times = await timed(() => executable.run(feeds), runs);
    return {
      times,
      notes: { "GFLOP/s at best": flops / minimum(times) / 1e6, nodes: executable.info.nodes },
    };
  },
};
