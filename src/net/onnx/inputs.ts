/** @file Inputs of ONNX models: their shapes with the named dimensions fixed, because shapes in Fathom are static. */
import type { GraphProto, TensorShapeProto_Dimension, ValueInfoProto } from "onnx-buf";
import { input, type Tensor } from "../../expr/index.ts";
import { FathomError, type FloatDType } from "../../tensor/index.ts";
import { modelError, quoted } from "./errors.ts";
import { dtypeOf } from "./tensors.ts";

export type Dimensions = Readonly<Record<string, number>>;

/**
 * The inputs of a graph as expression inputs; those with an initialiser have a value already and are left out.
 * @throws FathomError bad-input for an open dimension, naming it and the option; for a dimension that no input has.
 */
export function graphInputs(graph: GraphProto, dims: Dimensions, float: FloatDType | undefined): Tensor[] {
  checkDimensions(dims);
  const initialised = new Set(graph.initializer.map(({ name }) => name));
  const infos = graph.input.filter(({ name }) => !initialised.has(name));
  const used = new Set<string>();
  const inputs = infos.map((info) => graphInput(info, dims, used, float));
  const unknown = Object.keys(dims).find((name) => !used.has(name));
  if (unknown === undefined) return inputs;
  const known = openDimensions(infos);
  throw new FathomError({
    code: "bad-input",
    message: `No input has the dimension ${quoted(unknown)}.`,
    where: `dims.${unknown}`,
    hint: known.length === 0 ? "All dimensions are fixed." : `Open dimensions: ${known.join(", ")}.`,
  });
}

function checkDimensions(dims: Dimensions): void {
  for (const [name, size] of Object.entries(dims)) {
    if (Number.isSafeInteger(size) && size >= 1) continue;
    throw new FathomError({
      code: "bad-input",
      message: `The dimension ${quoted(name)} is ${size}.`,
      where: `dims.${name}`,
      hint: "Dimensions are positive integers.",
    });
  }
}

function graphInput(
  info: ValueInfoProto,
  dims: Dimensions,
  used: Set<string>,
  float: FloatDType | undefined,
): Tensor {
  const where = `the input ${quoted(info.name)}`;
  const type = info.type?.value;
  if (type?.case !== "tensorType") {
    throw modelError({ code: "unsupported", message: `${where} is no tensor.`, where });
  }
  const { shape, elemType } = type.value;
  if (shape === undefined) {
    throw modelError({
      code: "unsupported",
      message: `${where} has no shape.`,
      where,
      hint: "Export the model with the shapes of its inputs.",
    });
  }
  const sizes = shape.dim.map((dim, axis) => sizeOfDimension(dim, { name: info.name, axis, dims, used }));
  return input(info.name, sizes, dtypeOf(elemType, where, float));
}

/** The names under which the option `dims` knows a dimension: its own, or that of its place. */
function namesOf({ value }: TensorShapeProto_Dimension, name: string, axis: number): string[] {
  const place = `${name}[${axis}]`;
  return value.case === "dimParam" && value.value !== "" ? [value.value, place] : [place];
}

interface Place {
  readonly name: string;
  readonly axis: number;
  readonly dims: Dimensions;
  readonly used: Set<string>;
}

function sizeOfDimension(dim: TensorShapeProto_Dimension, { name, axis, dims, used }: Place): number {
  if (dim.value.case === "dimValue" && dim.value.value > 0n) return Number(dim.value.value);
  const names = namesOf(dim, name, axis);
  const given = names.find((candidate) => Object.hasOwn(dims, candidate));
  if (given !== undefined) {
    used.add(given);
    return dims[given]!;
  }
  throw new FathomError({
    code: "bad-input",
    message: `The dimension ${quoted(names[0]!)} of the input ${quoted(name)} (axis ${axis}) is open.`,
    where: `dims.${names[0]}`,
    hint: `Shapes are static: fix it with dims, as in { dims: { ${JSON.stringify(names[0])}: 8 } }.`,
  });
}

function openDimensions(infos: readonly ValueInfoProto[]): string[] {
  const names = infos.flatMap(({ name, type }) => {
    const dim = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
    return dim.flatMap((one, axis) => (one.value.case === "dimValue" ? [] : [namesOf(one, name, axis)[0]!]));
  });
  return [...new Set(names)];
}
