/** @file Storing matrices turned around changes no value, and is done where it saves time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  evaluate,
  input,
  jvp,
  mul,
  type Tensor,
  tanh,
  topologicalOrder,
  vjp,
  vmap,
} from "../../src/expr/index.ts";
import { arrangeLayouts } from "../../src/runtime/layout.ts";
import { findClusters } from "../../src/runtime/layout-clusters.ts";
import { rewriteTurned } from "../../src/runtime/layout-rewrite.ts";
import { arbitraryProgram, programFeeds, programGraph, programInputs } from "../expr/arbitrary.ts";
import { expectClose } from "../expr/check.ts";
import { mlp } from "./networks.ts";

function operations(outputs: readonly Tensor[], name: string): Tensor[] {
  return topologicalOrder(outputs).filter(({ op }) => op.name === name);
}

describe("turned matrices", () => {
  it("give the same values whichever clusters are turned, on random graphs and their gradients", () => {
    fc.assert(
      fc.property(arbitraryProgram({ maxSteps: 16 }), fc.nat(), (program, bits) => {
        const inputs = programInputs(program, "float64");
        const results = programGraph(program, inputs);
        const gradients = vjp([results.at(-1)!], inputs, [results.at(-1)!]).filter((g) => g !== undefined);
        const outputs = [...results, ...gradients];
        const order = topologicalOrder(outputs);
        const clusterOf = findClusters(order, outputs, 1);
        const clusters = [...new Set(clusterOf.values())];
        const turned = new Set(clusters.filter((_, i) => (bits >> (i % 30)) % 2 === 0));
        const rewritten = rewriteTurned(order, outputs, (tensor) => turned.has(clusterOf.get(tensor)!));
        const feeds = programFeeds(program, "float64");
        const expected = evaluate(outputs, feeds);
        evaluate(rewritten, feeds).forEach((value, i) => {
          expectClose(value, expected[i]!, 1e-10, `${i}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("let the weights of a wide network be the factor that is not copied", () => {
    const net = mlp([784, 512, 512, 10]);
    const x = input("x", [128, 784]);
    const [y] = arrangeLayouts([net.apply(x)], new Set());
    const [first, second] = operations([y!], "matmul");
    expect(first!.shape).toEqual([512, 128]);
    expect(second!.shape).toEqual([512, 128]);
    expect(second!.attrs).toEqual({ transposeA: false, transposeB: false });
    expect(operations([y!], "transpose")).toEqual([]);
  });

  it("push a few probes through a wide network without any transposition but the last", () => {
    const x = input("x", [1, 500]);
    const v = input("v", [1, 500]);
    const weights = Array.from({ length: 4 }, (_, i) => input(`w${i}`, [500, 500]));
    const net = mlp([500, 500, 500, 500, 500], tanh);
    const [tangent] = jvp([net.apply(x)], [x], [v]);
    const [tangents] = vmap([tangent!], { over: [v], size: 64 });
    const [arranged] = arrangeLayouts([mul(tangents!, 2)], new Set(weights));
    const wide = operations([arranged!], "matmul").filter(({ shape }) => shape.includes(64));
    expect(wide.map(({ shape }) => shape)).toEqual(new Array(4).fill([500, 64]));
    expect(operations([arranged!], "transpose").length).toBe(1);
  });

  it("stay as they are where there is nothing to gain", () => {
    const narrow = mlp([40, 40, 40]);
    const outputs = [narrow.apply(input("x", [200, 40]))];
    expect(arrangeLayouts(outputs, new Set())).toBe(outputs);
  });
});
