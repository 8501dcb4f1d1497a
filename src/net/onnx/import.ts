/**
 * @file An ONNX model as expressions (engine.md §5): nodes become expressions of the graph's inputs and weights, and what is
 * known while reading (shapes, axes, indices) is computed at once, so that all shapes are static.
 */
import type { GraphProto, NodeProto } from "onnx-buf";
import { input, inputName, inputsOf, type Tensor } from "../../expr/index.ts";
import { FathomError, type FloatDType, type NdArray, sizeOf } from "../../tensor/index.ts";
import { type DecodedModel, decodeModel, nodeName } from "./decode.ts";
import { modelError, quoted } from "./errors.ts";
import type { ReadExternal } from "./external.ts";
import { type ModelFinding, modelFindings } from "./findings.ts";
import { type Dimensions, graphInputs } from "./inputs.ts";
import { foldIntegers } from "./integers.ts";
import { OnnxNode, type Surroundings } from "./node.ts";
import { operators } from "./operators/index.ts";
import { initialiserName, MAX_ELEMENTS, readTensor, type TensorOptions } from "./tensors.ts";
import {
  asTensor,
  isTensor,
  isWeight,
  knownArray,
  type Result,
  settle,
  sizeOfValue,
  type Value,
} from "./value.ts";

/** What a model's file leaves open. */
export interface ImportOptions {
  /** Sizes of open dimensions, by their names (`batch`) or, for those without, by their places (`input[0]`). */
  readonly dims?: Dimensions;
  /** Gives parts of the files in which weights lie beside the model; `readOnnxFile` brings its own. */
  readonly external?: ReadExternal;
  /** The dtype of all floats; that of the file unless said. */
  readonly dtype?: FloatDType;
}

/** A model as expressions. */
export interface ImportedModel {
  /** The inputs that are fed beside the parameters. */
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Every named value that is an expression: inputs, weights, results of nodes. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Values of the weights: inputs of the graph by their names, so that derivatives by them work. */
  readonly parameters: Readonly<Record<string, NdArray>>;
  /** What the export did to the model that a measurement should know of; empty for a clean one. */
  readonly findings: readonly ModelFinding[];
}

/**
 * Reads an ONNX model into expressions. Initialisers of floats become parameters, except single numbers without a dot in
 * their name, which exporters make of constants; other initialisers are constants. Nodes that no output needs are left out.
 * @param bytes The file.
 * @throws FathomError bad-file for a damaged or malformed model; unsupported for an operator that Fathom does not read (node,
 * operator and operator set are named); bad-input for an open dimension that `dims` does not fix; too-large beyond the bounds.
 * @example const { inputs, outputs, parameters } = importOnnx(bytes, { dims: { batch: 8 } });
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): ImportedModel {
  const model = decodeModel(bytes);
  const reading = new Reading(model, options);
  for (const node of model.nodes) reading.add(node);
  return reading.result();
}

/** The state of reading one graph. */
class Reading {
  readonly #model: DecodedModel;
  readonly #graph: GraphProto;
  readonly #opset: number;
  readonly #inputs: readonly Tensor[];
  readonly #values = new Map<string, Value>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #weights = new Map<string, NdArray>();
  readonly #around: Surroundings;
  readonly #remarks = { inferenceBatchNorm: [] as NodeProto[], dropout: [] as NodeProto[] };

  constructor(model: DecodedModel, { dims = {}, external, dtype }: ImportOptions) {
    const tensors: TensorOptions = { external, float: dtype };
    this.#model = model;
    this.#graph = model.graph;
    this.#opset = model.opset;
    this.#around = {
      opset: model.opset,
      tensors,
      tensorOf: (value) => this.#tensorOf(value),
      remark: (kind, node) => this.#remarks[kind].push(node),
    };
    this.#inputs = graphInputs(model.graph, dims, dtype);
    for (const tensor of this.#inputs) this.#define(inputName(tensor), tensor);
    if (model.graph.sparseInitializer.length > 0) {
      throw modelError({ code: "unsupported", message: "The model has sparse initialisers." });
    }
    this.#readInitialisers(model, tensors);
  }

  #readInitialisers({ graph, nodes, producer }: DecodedModel, options: TensorOptions): void {
    const used = new Set([
      ...nodes.flatMap(({ input: names }) => names),
      ...graph.output.map(({ name }) => name),
    ]);
    for (const proto of graph.initializer) {
      if (!used.has(proto.name)) continue;
      const array = readTensor(proto, initialiserName(proto.name), options);
      this.#define(
        proto.name,
        isParameter(proto.name, array, producer) ? { weight: proto.name, array } : array,
      );
    }
  }

  #define(name: string, value: Value): void {
    this.#values.set(name, value);
    if (isTensor(value)) this.#tensors.set(name, value);
  }

  /** A weight becomes an input of the graph where an expression needs it. */
  #tensorOf(value: Value): Tensor {
    if (!isWeight(value)) return asTensor(value);
    const { weight, array } = value;
    const tensor = input(weight, array.shape, array.dtype);
    this.#weights.set(weight, array);
    this.#tensors.set(weight, tensor);
    return tensor;
  }

  add(proto: NodeProto): void {
    const operands = proto.input.map((name) => (name === "" ? undefined : this.#values.get(name)));
    const results = this.#results(proto, operands);
    for (const [i, name] of proto.output.entries()) {
      if (name === "") continue;
      const result = results[i];
      if (result === undefined) {
        throw modelError({
          code: "unsupported",
          message: `${proto.opType}: Fathom does not compute its output ${i}.`,
          where: nodeName(proto),
          hint: "Export the model without it.",
        });
      }
      this.#define(name, result);
    }
  }

  #results(proto: NodeProto, operands: readonly (Value | undefined)[]): readonly Result[] {
    const operator = operators.get(proto.opType);
    if (operator === undefined || (proto.domain !== "" && proto.domain !== "ai.onnx")) {
      throw unknownOperator(proto, this.#opset);
    }
    try {
      const node = new OnnxNode(proto, operands, this.#around);
      const folded = foldIntegers(node);
      const given = folded ?? operator(node);
      const closed = operands.every((value) => value === undefined || knownArray(value) !== undefined);
      const weightless = closed && operands.every((value) => value === undefined || !isWeight(value));
      const size = operands.reduce((sum, value) => sum + (value === undefined ? 0 : sizeOfValue(value)), 0);
      const results = Array.isArray(given) ? (given as readonly Result[]) : [given as Result];
      for (const result of results) checkSize(result, proto);
      return results.map((result) => settle(result, weightless, size));
    } catch (error) {
      throw atNode(error, proto);
    }
  }

  result(): ImportedModel {
    const outputs = this.#graph.output.map(({ name }) => {
      const tensor = this.#tensorOf(this.#values.get(name) ?? undefinedOutput(name));
      return [name, tensor] as const;
    });
    const needed = new Set(inputsOf(outputs.map(([, tensor]) => tensor)).map(inputName));
    const parameters = [...this.#weights].filter(([name]) => needed.has(name));
    return {
      inputs: this.#inputs,
      outputs: Object.fromEntries(outputs),
      tensors: this.#tensors,
      parameters: Object.fromEntries(parameters),
      findings: modelFindings(this.#model, this.#remarks),
    };
  }
}

/** Fathom's own models name their weights; their other initialisers (`_3`) are constants. */
function isParameter(name: string, array: NdArray, producer: string): boolean {
  if (array.dtype !== "float32" && array.dtype !== "float64") return false;
  if (array.data.length === 0) return false;
  if (producer === "fathom") return !/^_\d+$/.test(name);
  return array.shape.length > 0 || name.includes(".");
}

function undefinedOutput(name: string): never {
  throw modelError({ message: `The output ${quoted(name)} is never defined.`, where: name });
}

function unknownOperator(proto: NodeProto, opset: number): FathomError {
  const domain = proto.domain === "" ? "" : ` of the domain ${quoted(proto.domain)}`;
  const subgraph = ["If", "Loop", "Scan"].includes(proto.opType);
  return modelError({
    code: "unsupported",
    message: `Fathom does not read the operator ${quoted(proto.opType)}${domain} (operator set ${opset}).`,
    where: nodeName(proto),
    hint: subgraph
      ? "Export the model without control flow, for example by tracing it."
      : "Export the model with standard operators, or compute this part outside of the model.",
  });
}

/** @throws FathomError too-large for a value that no memory holds. */
function checkSize(result: Result, proto: NodeProto): void {
  if (sizeOf(result.shape) <= MAX_ELEMENTS) return;
  throw modelError({
    code: "too-large",
    message: `${proto.opType}: its result would have the shape [${result.shape.join(", ")}].`,
    where: nodeName(proto),
    hint: "Fix smaller dimensions, or check the model's shapes.",
  });
}

/** Errors of expressions name the node; what only hostile sizes cause (RangeError) is an error of the model. */
function atNode(error: unknown, proto: NodeProto): unknown {
  const where = nodeName(proto);
  if (error instanceof FathomError) {
    const { code, message, hint } = error;
    return error.where === where
      ? error
      : modelError({ code, message, where, ...(hint && { hint }), cause: error });
  }
  if (error instanceof RangeError || error instanceof SyntaxError) {
    return modelError({ message: `${proto.opType}: its sizes are impossible.`, where, cause: error });
  }
  return error;
}
