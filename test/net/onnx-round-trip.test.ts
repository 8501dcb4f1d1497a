/**
 * @file Expressions that are written as ONNX models (standard operators, float64) and read again have the same values. They
 * are equal to the bit where an operator is read as the primitive it came from; where a primitive was written as several
 * operators (log1p, erf, layerNorm, softplus …) they agree to 1e-12.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  apply,
  constant,
  constantValue,
  evaluate,
  input,
  inputName,
  type Tensor,
  topologicalOrder,
  vjp,
} from "../../src/expr/index.ts";
import { importOnnx } from "../../src/net/index.ts";
import { lower } from "../../src/runtime/index.ts";
import { Key, type NdArray, ndarray, normal, toNumbers } from "../../src/tensor/index.ts";
import {
  arbitraryProgram,
  programFeeds,
  programGraph,
  programInputs,
  type RandomProgram,
} from "../expr/arbitrary.ts";
import { type Case, cases, feedsOfCase, inputsOfCase } from "../expr/cases.ts";
import { expectClose } from "../expr/check.ts";
import { typicalGraphs } from "../runtime/typical-graphs.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** The values of outputs before and after the way through a file. */
function roundTrip(inputs: readonly Tensor[], outputs: Outputs, feeds: Readonly<Record<string, NdArray>>) {
  const read = importOnnx(lower({ inputs, outputs, portable: true }));
  expect(Object.keys(read.outputs).length).toBe(Object.keys(outputs).length);
  const before = evaluate(Object.values(outputs), feeds);
  const after = evaluate(Object.values(read.outputs), { ...read.parameters, ...feeds });
  return { before, after, read };
}

function expectSame(
  inputs: readonly Tensor[],
  outputs: Outputs,
  feeds: Readonly<Record<string, NdArray>>,
  tolerance: number,
) {
  const { before, after } = roundTrip(inputs, outputs, feeds);
  Object.keys(outputs).forEach((name, i) => {
    expect(after[i]!.dtype).toBe(before[i]!.dtype);
    expectClose(after[i]!, before[i]!, tolerance, name);
  });
}

/** A float32 graph in float64. */
function widened(outputs: readonly Tensor[]): Tensor[] {
  const wide = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder(outputs)) wide.set(node, widenedNode(node, wide));
  return outputs.map((output) => wide.get(output)!);
}

function widenedNode(node: Tensor, wide: ReadonlyMap<Tensor, Tensor>): Tensor {
  if (node.dtype === "float32" && node.op.name === "input")
    return input(inputName(node), node.shape, "float64");
  if (node.dtype === "float32" && node.op.name === "constant") {
    return constant(ndarray("float64", node.shape, toNumbers(constantValue(node))));
  }
  const attrs = node.attrs["dtype"] === "float32" ? { ...node.attrs, dtype: "float64" } : node.attrs;
  return apply(
    node.op,
    node.inputs.map((operand) => wide.get(operand)!),
    attrs,
  );
}

function drawn(inputs: readonly Tensor[]): Record<string, NdArray> {
  return Object.fromEntries(
    inputs.map((x) => {
      const name = inputName(x);
      const random = normal(Key.fromSeed(4).split(name), "float64", x.shape, { std: 0.5 });
      if (x.dtype === "float64") return [name, random];
      return [
        name,
        ndarray(
          x.dtype,
          x.shape,
          toNumbers(random).map((v) => Math.floor(Math.abs(v) * 10) % 10),
        ),
      ];
    }),
  );
}

describe("typical graphs come back from a file with the same values", () => {
  const names = Object.keys(typicalGraphs).filter((name) => !name.startsWith("wide"));

  it.each(names)("%s", (name) => {
    const { inputs, outputs } = typicalGraphs[name]!;
    const keys = Object.keys(outputs);
    const wide = widened([...Object.values(outputs), ...inputs]);
    const named = Object.fromEntries(keys.map((key, i) => [key, wide[i]!]));
    const given = wide.slice(keys.length);
    expectSame(given, named, drawn(given), 1e-12);
  });
});

/** Primitives whose ONNX form is one operator of the same meaning. */
const direct = new Set(
  "abs add argmax broadcastTo cast concat cos equal exp flip floor gather less lessEqual log logicalAnd logicalNot logicalOr matmul maximum minimum mul neg pad pow reduceMax reduceMean reduceMin reduceProd reduceSum relu reshape sign sin slice sqrt sub tanh transpose where".split(
    " ",
  ),
);

describe("every primitive comes back from a file", () => {
  const runs = (example: Case) => {
    const inputs = inputsOfCase(example, "float64");
    return topologicalOrder([example.build(...inputs)]).every(({ op }) => op.host !== true);
  };

  it.each(cases.filter(runs))("$name", (example) => {
    const inputs = inputsOfCase(example, "float64");
    const value = example.build(...inputs);
    const tolerance = direct.has(example.primitive) ? 0 : 1e-12;
    expectSame(inputs, { value }, feedsOfCase(example, "float64"), tolerance);
  });
});

describe("random graphs", () => {
  it("and their gradients come back with the same values", () => {
    fc.assert(
      fc.property(arbitraryProgram({ maxSteps: 14 }), (program) => {
        const inputs = programInputs(program, "float64");
        // Values grow over the steps: 1e-11 as for the comparison with ONNX Runtime.
        expectSame(inputs, outputsOf(program, inputs), programFeeds(program, "float64"), 1e-11);
      }),
      { numRuns: 60 },
    );
  });

  it("derivatives may be taken before the file or after it", () => {
    fc.assert(
      fc.property(arbitraryProgram({ maxSteps: 8 }), (program) => {
        const inputs = programInputs(program, "float64");
        const last = programGraph(program, inputs).at(-1)!;
        const feeds = programFeeds(program, "float64");
        const { read } = roundTrip(inputs, { last }, feeds);
        const again = read.outputs["last"]!;
        vjp([last], inputs, [last]).forEach((before, i) => {
          const x = read.inputs.find((tensor) => inputName(tensor) === inputName(inputs[i]!));
          const after = x && vjp([again], [x], [again])[0];
          if (before === undefined || after === undefined) return;
          expectClose(evaluate([after], feeds)[0]!, evaluate([before], feeds)[0]!, 1e-11);
        });
      }),
      { numRuns: 60 },
    );
  });
});

/** All results of a program, and the gradients of the last one. */
function outputsOf(program: RandomProgram, inputs: readonly Tensor[]): Outputs {
  const results = programGraph(program, inputs);
  const gradients = vjp([results.at(-1)!], inputs, [results.at(-1)!]);
  return Object.fromEntries(
    [...results, ...gradients].flatMap((tensor, i) => (tensor ? [[`y${i}`, tensor] as const] : [])),
  );
}
