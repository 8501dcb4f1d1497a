/** @file What a model is fed, before it is read: names, dtypes and dimensions of its inputs, the open ones by name. */
import { FathomError } from "../../tensor/index.ts";
import { decodeModel } from "./decode.ts";
import { dtypeOf } from "./tensors.ts";

/** One axis of an input. */
export interface OnnxDimension {
  /** Undefined for an open dimension. */
  readonly size: number | undefined;
  /** The name under which `dims` fixes it: its own (`batch`), or that of its place (`x[0]`). */
  readonly name: string;
}

/** An input of a model that is fed. */
export interface OnnxInput {
  readonly name: string;
  readonly dtype: string;
  /** Undefined where the file gives none. */
  readonly dims: readonly OnnxDimension[] | undefined;
}

/**
 * The inputs of a model that have no initialiser.
 * @throws FathomError as `importOnnx` for damaged files.
 * @example onnxInputs(bytes)[0].dims.filter(({ size }) => size === undefined) // [{ name: "batch", size: undefined }]
 */
export function onnxInputs(bytes: Uint8Array): OnnxInput[] {
  const { graph } = decodeModel(bytes);
  const initialised = new Set(graph.initializer.map(({ name }) => name));
  return graph.input
    .filter(({ name }) => !initialised.has(name))
    .map(({ name, type }) => {
      if (type?.value.case !== "tensorType") throw noTensor(name);
      const { shape, elemType } = type.value.value;
      const dims = shape?.dim.map(({ value }, axis) => ({
        name: value.case === "dimParam" && value.value !== "" ? value.value : `${name}[${axis}]`,
        size: value.case === "dimValue" && value.value > 0n ? Number(value.value) : undefined,
      }));
      return { name, dtype: dtypeOf(elemType, `the input "${name}"`), dims };
    });
}

function noTensor(name: string): FathomError {
  return new FathomError({
    code: "unsupported",
    message: `The input "${name}" is no tensor.`,
    where: name,
    hint: "Export the model with tensors as inputs.",
  });
}
