/** @file One node of an ONNX graph as its operator sees it: operands, attributes, and errors that name it. */
import { type AttributeProto, AttributeProto_AttributeType as Kind, type NodeProto } from "onnx-buf";
import type { Tensor } from "../../expr/index.ts";
import { type DType, type FathomError, type NdArray, showShape } from "../../tensor/index.ts";
import { nodeName } from "./decode.ts";
import { modelError, quoted } from "./errors.ts";
import type { Remarks } from "./findings.ts";
import { dtypeOf, readTensor, type TensorOptions } from "./tensors.ts";
import { knownArray, type Value } from "./value.ts";

/** What a node needs of the model around it. */
export interface Surroundings {
  readonly opset: number;
  readonly tensors: TensorOptions;
  /** The value as an expression; weights become inputs. */
  tensorOf(value: Value): Tensor;
  /** Notes that a node did something that a measurement should know of. */
  remark(kind: keyof Remarks, node: NodeProto): void;
}

const decoder = new TextDecoder();

/** A node with its operands. */
export class OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly opset: number;
  readonly operands: readonly (Value | undefined)[];
  readonly #proto: NodeProto;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #around: Surroundings;

  constructor(proto: NodeProto, operands: readonly (Value | undefined)[], around: Surroundings) {
    this.op = proto.opType;
    this.name = nodeName(proto);
    this.opset = around.opset;
    this.operands = operands;
    this.#proto = proto;
    this.#attributes = new Map(proto.attribute.map((attribute) => [attribute.name, attribute]));
    this.#around = around;
  }

  /** An error at this node. */
  error(message: string, hint?: string): FathomError {
    const mend = hint ?? "The model may be damaged; check it with onnx.checker.";
    return modelError({ message: `${this.op}: ${message}`, where: this.name, hint: mend });
  }

  /** An error about something that the operator may do and Fathom does not. */
  unsupported(message: string, hint?: string): FathomError {
    const mend = hint ?? "Export the model with other options, or replace the node.";
    return modelError({
      code: "unsupported",
      message: `${this.op}: ${message}`,
      where: this.name,
      hint: mend,
    });
  }

  /** Notes something that a measurement should know of (findings.ts). */
  remark(kind: keyof Remarks): void {
    this.#around.remark(kind, this.#proto);
  }

  /** True when the operand is given. */
  has(i: number): boolean {
    return this.operands[i] !== undefined;
  }

  /** True when the model uses an output. */
  wants(i: number): boolean {
    return (this.#proto.output[i] ?? "") !== "";
  }

  get outputs(): number {
    return this.#proto.output.length;
  }

  value(i: number): Value {
    const value = this.operands[i];
    if (value === undefined) throw this.error(`operand ${i} is missing.`);
    return value;
  }

  /** An operand as an expression. */
  tensor(i: number): Tensor {
    return this.#around.tensorOf(this.value(i));
  }

  /** All operands as expressions. */
  tensors(): Tensor[] {
    return this.operands.map((_, i) => this.tensor(i));
  }

  shape(i: number): readonly number[] {
    const value = this.value(i);
    return "weight" in value ? value.array.shape : value.shape;
  }

  /** An operand whose value is known while the model is read. */
  known(i: number): NdArray | undefined {
    return knownArray(this.value(i));
  }

  /** An operand that must be known. @throws FathomError unsupported when it depends on the input's numbers. */
  fixed(i: number, what: string): NdArray {
    const array = this.known(i);
    if (array !== undefined) return array;
    throw this.unsupported(
      `its ${what} depend on numbers that are only known when the model runs.`,
      "Shapes are static in Fathom: export the model with fixed sizes.",
    );
  }

  /** Integers of an operand that must be known: axes, sizes, starts. Beyond ±2^53 they are cut to it. */
  integers(i: number, what: string): number[] {
    const { data, shape, dtype } = this.fixed(i, what);
    if (dtype === "float32" || dtype === "float64" || shape.length > 1 || data.length > 4096) {
      throw this.error(`its ${what} are ${dtype} ${showShape(shape)}, not a list of integers.`);
    }
    return Array.from(data as ArrayLike<number | bigint>, safeInteger);
  }

  /** The single number of an operand, when it is known and one. */
  number(i: number): number | undefined {
    const array = this.has(i) ? this.known(i) : undefined;
    return array?.data.length === 1 ? Number(array.data[0]) : undefined;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  #attribute(name: string, kind: Kind): AttributeProto | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute === undefined || attribute.type === kind) return attribute;
    if (attribute.type === Kind.UNDEFINED) return attribute;
    throw this.error(`its attribute ${quoted(name)} is of type ${Kind[attribute.type] ?? attribute.type}.`);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#attribute(name, Kind.INT);
    return attribute === undefined ? otherwise : safeInteger(attribute.i);
  }

  ints(name: string): number[] | undefined {
    return this.#attribute(name, Kind.INTS)?.ints.map(safeInteger);
  }

  float(name: string, otherwise: number): number {
    return this.#attribute(name, Kind.FLOAT)?.f ?? otherwise;
  }

  floats(name: string): number[] | undefined {
    return this.#attribute(name, Kind.FLOATS)?.floats;
  }

  text(name: string, otherwise: string): string {
    const attribute = this.#attribute(name, Kind.STRING);
    return attribute === undefined ? otherwise : decoder.decode(attribute.s);
  }

  array(name: string): NdArray | undefined {
    const proto = this.#attribute(name, Kind.TENSOR)?.t;
    return proto && readTensor(proto, `${this.name}, ${name}`, this.#around.tensors);
  }

  /** The dtype of an ONNX element type in this model. */
  dtype(type: number): DType {
    return dtypeOf(type, this.name, this.#around.tensors.float);
  }

  /** The dtype of this model's floats that are float32 in the file. */
  get float32(): DType {
    return this.#around.tensors.float ?? "float32";
  }

  /**
   * Axes that older operator sets have as an attribute and newer ones as an operand; undefined when left out.
   * @param since The first operator set with the operand.
   */
  axes(operand: number, since: number): number[] | undefined {
    if (this.opset < since) return this.ints("axes");
    return this.has(operand) ? this.integers(operand, "axes") : this.ints("axes");
  }

  /** An axis counted from the front. @throws FathomError when there is none. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (positive >= 0 && positive < rank) return positive;
    throw this.error(`there is no axis ${axis} in rank ${rank}.`);
  }
}

const largest = BigInt(Number.MAX_SAFE_INTEGER);

function safeInteger(value: number | bigint): number {
  if (typeof value === "number") return value;
  return Number(value > largest ? largest : value < -largest ? -largest : value);
}
