/** @file On random graphs, the interpreter, ONNX Runtime and its portable form agree. */
import fc from "fast-check";
import { describe, it } from "vitest";
import { evaluate, type Tensor, vjp } from "../../src/expr/index.ts";
import { compile, executableCache } from "../../src/runtime/index.ts";
import {
  arbitraryProgram,
  programFeeds,
  programGraph,
  programInputs,
  type RandomProgram,
} from "../expr/arbitrary.ts";
import { expectClose } from "../expr/check.ts";

/** All results of a program, and the gradients of the last one. */
function outputsOf(program: RandomProgram, inputs: readonly Tensor[]): Record<string, Tensor> {
  const results = programGraph(program, inputs);
  const gradients = vjp([results.at(-1)!], inputs, [results.at(-1)!]);
  const named = [...results, ...gradients].flatMap((tensor, i) =>
    tensor ? [[`y${i}`, tensor] as const] : [],
  );
  return Object.fromEntries(named);
}

async function compare(program: RandomProgram, portable: boolean): Promise<void> {
  const inputs = programInputs(program, "float64");
  const outputs = outputsOf(program, inputs);
  const feeds = programFeeds(program, "float64");
  await using executable = await compile({ inputs, outputs, options: { portable, threads: 1 } });
  const results = await executable.run(feeds);
  evaluate(Object.values(outputs), feeds).forEach((expected, i) => {
    const name = Object.keys(outputs)[i]!;
    // Sums of up to 400 products of growing numbers: 1e-11 is 1e4 roundings of float64, relative to the largest.
    expectClose(results[name]!, expected, 1e-11, name);
  });
}

describe("random graphs", () => {
  it("interpreter = ONNX Runtime, values and gradients", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryProgram({ maxSteps: 16 }), (program) => compare(program, false)),
      { numRuns: 120 },
    );
    await executableCache.clear();
  });

  it("interpreter = ONNX Runtime with standard operators only", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryProgram({ maxSteps: 16 }), (program) => compare(program, true)),
      { numRuns: 40 },
    );
    await executableCache.clear();
  });
});
