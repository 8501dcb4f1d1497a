/**
 * @file A network with its weights as an ONNX model (engine.md §5): inference mode, standard operators of set 18 only, weights under
 * their names, the network's description beside the graph. onnxruntime, Netron and PyTorch's tools read it.
 */
import { input, Scope, withScope } from "../expr/index.ts";
import {
  applyModel,
  buildModel,
  type Model,
  type Net,
  parameterInputs,
  printNet,
  takesIds,
} from "../net/index.ts";
import { lower } from "../runtime/index.ts";
import { FathomError, type FloatDType, type NdArray } from "../tensor/index.ts";
import { version } from "../version.ts";
import { withoutSparse } from "./portable.ts";

/** The form of an exported model. */
export interface ExportOnnxOptions {
  /** Examples that the model takes at once: shapes are static. 1 unless said. */
  readonly batch?: number;
  /** Names of the model's input and output: `input` and `output` unless said. */
  readonly names?: { readonly input?: string; readonly output?: string };
}

/** The key of the model's metadata under which the network's JSON stands. */
const netMetadataKey = "fathom.net";

/**
 * Writes a network with its weights as an ONNX model: input `[batch, ...input]`, output `[batch, ...output]`, initialisers
 * named as the parameters (`0.weight`).
 * @param model A model, or a network whose input is not open.
 * @param parameters Weights and buffers by name, as from `initialise`, `train` or `readRun`; float32 or float64, all alike.
 * @returns The bytes of the file.
 * @throws FathomError bad-input for missing or unknown weights and for options out of range, bad-shape for weights of another
 * shape, unsupported for layers that only run on the host, too-large above 2 GB.
 * @example await writeFile("model.onnx", exportOnnx(model, parameters, { batch: 8 }));
 */
export function exportOnnx(
  model: Model | Net,
  parameters: Readonly<Record<string, NdArray>>,
  options: ExportOnnxOptions = {},
): Uint8Array {
  const { batch = 1 } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw badOption("batch", `batch is ${batch}.`, "It is a positive integer.");
  }
  const built = "parameters" in model ? model : buildModel(model);
  const dtype = dtypeOf(built, parameters);
  const names = namesOf(built, options.names ?? {});
  return withScope(new Scope(), () => {
    const weights = parameterInputs(built, dtype);
    const x = input(names.input, [batch, ...built.inputShape], takesIds(built) ? "int32" : dtype);
    const { output } = applyModel(built, weights, x);
    return lower({
      inputs: [x, ...Object.values(weights)],
      outputs: { [names.output]: withoutSparse(output) },
      portable: true,
      weights: Object.fromEntries(Object.keys(weights).map((name) => [name, parameters[name]!])),
      text: { version, metadata: { [netMetadataKey]: printNet(built.net) } },
    });
  });
}

function badOption(where: string, message: string, hint: string): FathomError {
  return new FathomError({ code: "bad-input", message, where, hint });
}

/** The common dtype of the weights. @throws FathomError for missing or unknown weights and mixed dtypes. */
function dtypeOf(model: Model, parameters: Readonly<Record<string, NdArray>>): FloatDType {
  const known = new Set(model.parameters.map(({ name }) => name));
  const missing = [...known].find((name) => !Object.hasOwn(parameters, name));
  const unknown = Object.keys(parameters).find((name) => !known.has(name));
  if (missing !== undefined || unknown !== undefined) {
    const problem =
      missing === undefined ? `There is no parameter ${unknown}` : `The weights lack ${missing}`;
    throw badOption(
      missing ?? unknown!,
      `${problem}.`,
      "Give the weights of this network, buffers included.",
    );
  }
  const dtypes = new Set(Object.values(parameters).map(({ dtype }) => dtype));
  const [dtype = "float32", ...others] = dtypes;
  if (others.length === 0 && (dtype === "float32" || dtype === "float64")) return dtype;
  throw badOption(
    "parameters",
    `The weights are ${[...dtypes].join(" and ")}.`,
    "All are float32, or all are float64.",
  );
}

/** @throws FathomError where names of the input, the output and the weights meet. */
function namesOf(model: Model, names: { readonly input?: string; readonly output?: string }) {
  const all = { input: "input", output: "output", ...names };
  const taken = new Set(model.parameters.map(({ name }) => name));
  const given = [all.input, all.output];
  if (
    new Set(given).size === 2 &&
    given.every((name) => name !== "" && !name.startsWith("_") && !taken.has(name))
  ) {
    return all;
  }
  throw badOption(
    "names",
    `"${all.input}" and "${all.output}" are no names for input and output.`,
    "Give two names that differ from each other and from those of the weights, without a leading _.",
  );
}
