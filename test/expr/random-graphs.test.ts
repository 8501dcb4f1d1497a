/** @file Laws that hold for every graph, on random programs of movement operations, products and reductions. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, input, jvp, orZeros, type Tensor, vjp, vmap } from "../../src/expr/index.ts";
import { type NdArray, ndarray, toNumbers } from "../../src/tensor/index.ts";
import {
  arbitraryProgram,
  programFeeds,
  programGraph,
  programInputs,
  programValues,
  type RandomProgram,
} from "./arbitrary.ts";
import { direction, expectClose, inner } from "./check.ts";

const runs = { numRuns: 150 };

function graph(program: RandomProgram): { inputs: Tensor[]; results: Tensor[] } {
  const inputs = programInputs(program, "float64");
  return { inputs, results: programGraph(program, inputs) };
}

describe("random programs", () => {
  it("simplified graphs compute what their steps compute one by one", () => {
    fc.assert(
      fc.property(arbitraryProgram({ maxSteps: 20 }), (program) => {
        const { results } = graph(program);
        const feeds = programFeeds(program, "float64");
        const stepwise = programValues(program, Object.values(feeds));
        evaluate(results, feeds).forEach((result, i) => {
          expectClose(result, stepwise[i]!, 1e-11, `${i}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  it("vjp is the transpose of jvp to 1e-10", () => {
    fc.assert(
      fc.property(arbitraryProgram(), (program) => {
        const { inputs, results } = graph(program);
        const y = results.at(-1)!;
        const ct = input("ct", y.shape, "float64");
        const tangents = inputs.map((x, i) => input(`t${i}`, x.shape, "float64"));
        const backward = vjp([y], inputs, [ct]).map((g, i) => orZeros(g, inputs[i]!));
        const forward = orZeros(jvp([y], inputs, tangents)[0], y);
        const arrays = inputs.map((x, i) => direction(`t${i}`, x));
        const feeds = {
          ...programFeeds(program, "float64"),
          ct: direction("ct", y),
          ...Object.fromEntries(arrays.map((array, i) => [`t${i}`, array])),
        };
        const [dy, ...gs] = evaluate([forward, ...backward], feeds) as [NdArray, ...NdArray[]];
        const left = inner(feeds.ct, dy);
        const right = gs.reduce((sum, g, i) => sum + inner(g, arrays[i]!), 0);
        const scale = Math.max(1, ...toNumbers(dy).map(Math.abs), Math.abs(left));
        expect(Math.abs(left - right)).toBeLessThanOrEqual(1e-10 * scale);
      }),
      runs,
    );
  });

  it("vmap is a loop over examples, for values and for gradients", () => {
    fc.assert(
      fc.property(arbitraryProgram(), fc.nat(), (program, bits) => {
        const { inputs, results } = graph(program);
        const y = results.at(-1)!;
        const gradients = vjp([y], inputs, [y]).map((g, i) => orZeros(g, inputs[i]!));
        const chosen = inputs.map((_, i) => i === bits % inputs.length || (bits >> i) % 2 === 1);
        const size = 2;
        const draws = [programFeeds(program, "float64", "first"), programFeeds(program, "float64", "second")];
        const feeds = Object.fromEntries(
          inputs.map((x, i) => {
            const own = draws.map((values) => values[`a${i}`]!);
            return [
              `a${i}`,
              chosen[i] ? ndarray("float64", [size, ...x.shape], own.flatMap(toNumbers)) : own[0]!,
            ];
          }),
        );
        const outputs = [y, ...gradients];
        const mapped = evaluate(vmap(outputs, { over: inputs.filter((_, i) => chosen[i]), size }), feeds);
        const looped = draws.map((values) => {
          const one = inputs.map((_, i) => [`a${i}`, (chosen[i] ? values : draws[0]!)[`a${i}`]!] as const);
          return evaluate(outputs, Object.fromEntries(one));
        });
        mapped.forEach((result, i) => {
          const expected = looped.flatMap((values) => toNumbers(values[i]!));
          expectClose(result, ndarray("float64", [size, ...outputs[i]!.shape], expected), 1e-10, `${i}`);
        });
      }),
      runs,
    );
  });
});
