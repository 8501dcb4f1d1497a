/** @file The loss surface of an imported model on its data: the graph as it was exported, over the weights that training moves. */

import { input, inputName, type Tensor, topologicalOrder } from "../../expr/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, type NdArray, ndarray, showShape, sizeOf } from "../../tensor/index.ts";
import { type LossKind, losses, mistakes } from "../../train/index.ts";
import { type ForeignModel, isLogits, logitsOf } from "../foreign/index.ts";
import { surfaceOf } from "./compiled.ts";
import { batchesOfRows, checkedRows } from "./rows.ts";
import type { Coordinate, Surface } from "./types.ts";

export interface ForeignSurfaceOptions {
  /** From `foreignModel` or `openForeign`; its values are the point (`model.values`). */
  readonly model: ForeignModel;
  /** `[N, ...]`, as the model's input. */
  readonly inputs: NdArray;
  /** `[N]` classes, or `[N, C]` targets. */
  readonly answers: NdArray;
  /** All rows unless said. */
  readonly rows?: ArrayLike<number>;
  /** crossEntropy for classes, mse for targets, unless said. A softmax at the end of the graph is taken off for the former. */
  readonly loss?: LossKind;
  /** Bytes that intermediate values may take while a Hessian is in use; 512 MB unless said. */
  readonly hold?: number;
  readonly options?: CompileOptions;
}

const ANSWERS = "answers of examples";

/**
 * The surface of an imported model's loss. Running statistics stay as they are in the file.
 * @throws FathomError bad-shape for inputs or answers that do not fit; bad-input for classes out of range, no rows, no weights;
 * unsupported for an output that is not one row of scores an example.
 * @example
 * await using surface = foreignSurface({ model, inputs, answers: labels });
 * const { trace } = await hessianTrace(surface, model.values);
 */
export function foreignSurface(settings: ForeignSurfaceOptions): Surface {
  const { model, hold, options } = settings;
  if (!isLogits(model)) {
    throw new FathomError({
      code: "unsupported",
      where: model.outputName,
      message: `The output "${model.outputName}" has the shape [${model.output.shape.join(", ")}], not one row of scores an example.`,
      hint: "Name the output that holds the scores.",
    });
  }
  const answers = checkedAnswers(model, settings);
  const loss = settings.loss ?? (answers.shape.length === 1 ? "crossEntropy" : "mse");
  const rows = checkedRows(settings.rows, answers.shape[0]!);
  const order = topologicalOrder([model.output]);
  const coordinates = model.trained.map(
    (name): Coordinate => coordinateOf(name, model.parameters[name]!, order),
  );
  if (coordinates.length === 0) {
    throw new FathomError({
      code: "bad-input",
      where: "model",
      message: "No array of the model looks like a weight, so its loss is a single number.",
      hint: "Export the model with its parameters as initialisers, not folded into constants.",
    });
  }
  const trained = new Set(model.trained);
  const others = Object.entries(model.values).filter(([name]) => !trained.has(name));
  return surfaceOf({
    coordinates,
    graph: () => {
      const asked = input(ANSWERS, [model.samples, ...answers.shape.slice(1)], answers.dtype);
      const output = loss === "crossEntropy" ? logitsOf(model) : model.output;
      return {
        parameters: model.trained.map((name) => model.parameters[name]!),
        losses: losses[loss](output, asked),
        ...(answers.shape.length === 1 ? { mistakes: mistakes(output, asked) } : {}),
      };
    },
    batches: batchesOfRows(
      { [inputName(model.x)]: asInputs(model, settings.inputs), [ANSWERS]: answers },
      rows,
      model.samples,
    ),
    fixed: Object.fromEntries(others),
    dtype: model.dtype,
    others: new Set(others.map(([name]) => name)),
    assumptions: [
      `mean ${loss} of ${rows.length} fixed examples, no weight decay`,
      "the graph as it was exported, running statistics as in the file",
      `examples do not act on each other in batches of ${model.samples}`,
    ],
    ...(hold === undefined ? {} : { hold }),
    ...(options ? { options } : {}),
  });
}

/** All inputs in the model's dtype. @throws FathomError bad-shape for rows of another size, bad-input where not finite. */
function asInputs({ x }: ForeignModel, inputs: NdArray): NdArray {
  const [count = 0, ...rest] = inputs.shape;
  const size = sizeOf(x.shape.slice(1));
  if (sizeOf(rest) !== size || inputs.shape.length === 0) {
    throw new FathomError({
      code: "bad-shape",
      where: "inputs",
      message: `Inputs of shape ${showShape(inputs.shape)} do not fit the model's input "${inputName(x)}", ${showShape(x.shape)}.`,
      hint: "Give one row for each example, in the model's input shape.",
    });
  }
  const values = inputs.data as Float64Array;
  const bad = values.findIndex((value) => !Number.isFinite(Number(value)));
  if (bad >= 0) {
    throw new FathomError({
      code: "bad-input",
      where: "inputs",
      message: `Input ${Math.floor(bad / size)} holds ${values[bad]}.`,
      hint: "Remove or mend examples with values that are not finite.",
    });
  }
  return ndarray(
    x.dtype,
    [count, ...x.shape.slice(1)],
    inputs.dtype === x.dtype ? values : Float64Array.from(values, Number),
  );
}

function checkedAnswers(
  { output, dtype }: ForeignModel,
  { answers, inputs }: ForeignSurfaceOptions,
): NdArray {
  const [count, classes] = [inputs.shape[0] ?? 0, output.shape[1]!];
  const fits = answers.shape.length === 1 || (answers.shape.length === 2 && answers.shape[1] === classes);
  if (answers.shape[0] !== count || !fits) {
    throw new FathomError({
      code: "bad-shape",
      where: "answers",
      message: `Answers of shape [${answers.shape.join(", ")}] do not fit ${count} inputs and ${classes} outputs.`,
      hint: "Give one class, or one row of targets, for each input.",
    });
  }
  if (answers.shape.length === 2)
    return ndarray(dtype, answers.shape, Float64Array.from(answers.data as Float64Array));
  const labels = Array.from(answers.data as Int32Array, Number);
  const bad = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (bad < 0) return ndarray("int32", [count], labels);
  throw new FathomError({
    code: "bad-input",
    where: `answers[${bad}]`,
    message: `Label ${labels[bad]} is not a class of a model with ${classes} outputs.`,
    hint: "Give classes counted from 0.",
  });
}

/** A weight with the axis along which its output units lie, by the operation that uses it. */
function coordinateOf(name: string, weight: Tensor, order: readonly Tensor[]): Coordinate {
  const coordinate = { name, shape: weight.shape };
  return weight.shape.length < 2 ? coordinate : { ...coordinate, filterAxis: filterAxis(weight, order) };
}

/** 0, as PyTorch stores weights, but for right factors of products and for transposed weights. */
function filterAxis(weight: Tensor, order: readonly Tensor[]): number {
  const user = order.find(({ inputs }) => inputs.includes(weight));
  const last = weight.shape.length - 1;
  if (user?.op.name === "matmul") {
    const right = user.inputs[1] === weight;
    const turned = user.attrs[right ? "transposeB" : "transposeA"] === true;
    return right === turned ? last - 1 : last;
  }
  if (user?.op.name === "transpose") {
    const perm = user.attrs["perm"] as readonly number[];
    return perm[filterAxis(user, order)]!;
  }
  return user?.op.name === "convInput" ? 1 : 0;
}
