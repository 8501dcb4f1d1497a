import { describe, expect, it } from "vitest";
import { meanFieldPlaces } from "../../src/net/index.ts";
import { measureLayerKernels } from "../../src/probes/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { propagate } from "../../src/theory/index.ts";
import { modelOf } from "./nets.ts";
import { expectClose } from "./tolerance.ts";

const key = Key.fromSeed(3);

function measure(line: string, seeds: number) {
  const model = modelOf(line);
  const inputs = normal(key.split("inputs"), "float32", [4, ...model.inputShape]);
  return measureLayerKernels({ model, inputs, seeds, key });
}

describe("the tangent kernel by layer", () => {
  it("is K^l J(l, L), 1 a layer, for ReLU at its critical point", async () => {
    // criticality.md §5: relu (2, 0) with K¹ = 1 (inputs of second moment ½), L = 8 gives 8; MC at N = 200 7.87(32).
    const kernels = await measure("mlp:depth=7,width=200,activation=relu,sw2=2,in=200,out=200", 12);
    expect(kernels).toHaveLength(8);
    for (const { kernel } of kernels)
      expect(Math.abs(Math.exp(kernel.lnMean) - 2)).toBeLessThan(4 * 2 * kernel.se! + 0.1);
  });

  it("of a residual network is what the branch adds, not the K that its skip brings", async () => {
    const line = "mlp:depth=5,width=100,activation=gelu,sw2=1,sb2=0.05,in=64,out=10,norm=ln-pre,mu=1";
    const theory = propagate(meanFieldPlaces(modelOf(line)), { K: 1 });
    const kernels = await measure(line, 12);
    const total = kernels.reduce((sum, { kernel }) => sum + Math.exp(kernel.lnMean), 0);
    // Θ by recursion; 10 % covers depth/width and twelve draws of four inputs.
    expectClose(total / theory.at(-1)!.theta, 1, 0.1);
    expect(Math.exp(kernels[3]!.kernel.lnMean)).toBeLessThan(0.3 * theory[3]!.K);
  });

  it("does not depend on the parameterisation", async () => {
    const line = "mlp:depth=2,width=32,activation=tanh,sw2=1.5,sb2=0.1,in=16,out=4";
    const standard = modelOf(line);
    const inputs = normal(key.split("inputs"), "float32", [4, 16]);
    const ntk = modelOf(`${line},parameterisation=ntk`);
    const [a, b] = await Promise.all(
      [standard, ntk].map((model) => measureLayerKernels({ model, inputs, seeds: 2, key })),
    );
    a!.forEach(({ kernel }, l) => {
      expectClose(kernel.lnMean, b![l]!.kernel.lnMean, 1e-4);
    });
  });

  it("of a chaotic network of 200 layers is a finite logarithm, where float32 ends at e^88", async () => {
    const [first] = await measure("mlp:depth=200,width=32,activation=tanh,sw2=12,in=16,out=4", 1);
    expect(first!.kernel.lnMean).toBeGreaterThan(89);
    expect(Number.isFinite(first!.kernel.lnMean)).toBe(true);
  });

  it("is dead behind weights of 0", async () => {
    const [first] = await measure("mlp:depth=3,width=16,activation=tanh,sw2=0,in=16,out=4", 2);
    expect(first!.kernel.status).toBe("dead");
  });
});
