/**
 * @file An imported graph as something to measure: its data input and output, its weights as they are, and where derivatives
 * flow. Infinite-width theory has nothing to say of it: a file holds weights, not the law they were drawn from.
 */
import { inputName, type Tensor, topologicalOrder } from "../../expr/index.ts";
import type { ImportedModel } from "../../net/index.ts";
import { FathomError, type FloatDType, type NdArray } from "../../tensor/index.ts";
import { entriesOf, type Flow, flowBetween, isFloat } from "./flow.ts";
import { type TensorNames, tensorNames } from "./names.ts";

/** A model of others, ready to be measured. */
export interface ForeignModel {
  /** The data input `[S, ...]`: floats, or token ids. */
  readonly x: Tensor;
  /** S: examples that the graph takes at once. */
  readonly samples: number;
  readonly output: Tensor;
  readonly outputName: string;
  /** The dtype of its floats. */
  readonly dtype: FloatDType;
  readonly names: TensorNames;
  /** From the first float tensors to the output. */
  readonly flow: Flow;
  /** Inputs of the graph for all weights, and their values. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly values: Readonly<Record<string, NdArray>>;
  /** Weights that training would change: no running statistics, no small constants of the exporter. */
  readonly trained: readonly string[];
}

/**
 * Looks an imported model over: one data input, an output of floats that depends on it, weights that are numbers.
 * @param imported From `importOnnx` or `readOnnxFile`, its batch fixed.
 * @param options.output The output that counts; the first one of floats unless said.
 * @throws FathomError unsupported for several data inputs; bad-input for weights that are not finite, an output that does not
 * depend on the input, no input at all; not-found for an unknown output.
 * @example foreignModel(await readOnnxFile("model.onnx", { dims: { batch: 8 } }))
 */
export function foreignModel(
  imported: ImportedModel,
  options: { readonly output?: string } = {},
): ForeignModel {
  const [outputName, output] = chooseOutput(imported, options.output);
  const x = dataInput(imported, output);
  const flow = flowBetween(entriesOf(x, output), output);
  if (flow.order.length === 0) {
    throw new FathomError({
      code: "bad-input",
      message: `The output "${outputName}" does not depend on the input "${inputName(x)}" in a differentiable way.`,
      where: outputName,
      hint: "Nothing can be measured between them; export the part of the model that computes with floats.",
    });
  }
  checkWeights(imported.parameters);
  const parameters = Object.fromEntries(
    Object.keys(imported.parameters).map((name) => [name, imported.tensors.get(name)!]),
  );
  return {
    x,
    samples: x.shape[0]!,
    output,
    outputName,
    dtype: output.dtype as FloatDType,
    names: tensorNames(imported.tensors),
    flow,
    parameters,
    values: imported.parameters,
    trained: Object.keys(parameters).filter((name) => isTrained(name, parameters[name]!)),
  };
}

function chooseOutput(imported: ImportedModel, wanted: string | undefined): readonly [string, Tensor] {
  const outputs = Object.entries(imported.outputs);
  const found = outputs.find(([name, tensor]) => (wanted === undefined ? isFloat(tensor) : name === wanted));
  if (found !== undefined && isFloat(found[1])) return found;
  const names = outputs.map(([name]) => `"${name}"`).join(", ");
  throw new FathomError({
    code: wanted === undefined || found !== undefined ? "bad-input" : "not-found",
    message:
      wanted === undefined
        ? "The model has no output of floats, so it has no Jacobian."
        : found === undefined
          ? `The model has no output "${wanted}".`
          : `The output "${wanted}" holds whole numbers, so it has no Jacobian.`,
    where: wanted ?? "outputs",
    hint: outputs.length === 0 ? "Export the model with an output." : `Its outputs: ${names}.`,
  });
}

function dataInput(imported: ImportedModel, output: Tensor): Tensor {
  const needed = new Set(topologicalOrder([output]));
  const fed = imported.inputs.filter((tensor) => needed.has(tensor));
  const [x, ...others] = fed;
  if (x === undefined) {
    throw new FathomError({
      code: "bad-input",
      message: "The output of the model depends on no input.",
      where: "inputs",
      hint: "The graph is empty, or everything in it was folded into constants: export the model anew.",
    });
  }
  if (others.length > 0) {
    const names = fed.map((tensor) => `"${inputName(tensor)}"`).join(", ");
    throw new FathomError({
      code: "unsupported",
      message: `The model has ${fed.length} inputs: ${names}. Fathom feeds one.`,
      where: inputName(others[0]!),
      hint: "Export it with the others fixed, as by a wrapper whose forward(x) fills in masks and the like.",
    });
  }
  if (x.shape.length > 0 && x.shape[0]! > 0) return x;
  throw new FathomError({
    code: "bad-shape",
    message: `The input "${inputName(x)}" has the shape [${x.shape.join(", ")}]: no axis of examples.`,
    where: inputName(x),
    hint: "Export the model with inputs [batch, ...].",
  });
}

/** @throws FathomError bad-input for a weight that is no number: all behind it would mean nothing. */
function checkWeights(values: Readonly<Record<string, NdArray>>): void {
  for (const [name, { data }] of Object.entries(values)) {
    const bad = (data as Float32Array).findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new FathomError({
      code: "bad-input",
      message: `The weight "${name}" holds ${data[bad]} (entry ${bad}).`,
      where: name,
      hint: "The model diverged before it was exported, or the file is damaged; export it from sound weights.",
    });
  }
}

/** Running statistics are no weights; small arrays under generated names are constants of the exporter. */
function isTrained(name: string, { shape }: Tensor): boolean {
  if (/running_(mean|var)$|num_batches_tracked$/.test(name)) return false;
  return name.includes(".") || shape.filter((size) => size > 1).length >= 2;
}
