/** @file Small ONNX models written by hand, for tests of reading them. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { evaluate } from "../../src/expr/index.ts";
import { type ImportOptions, importOnnx } from "../../src/net/index.ts";
import { type DType, type NdArray, ndarray } from "../../src/tensor/index.ts";

const dataTypes: Record<DType, DataType> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
  uint8: DataType.UINT8,
};

type Attribute = number | string | readonly number[] | NdArray | { readonly float: number } | GraphProto;

/** A node: operator, inputs, outputs, attributes (numbers are integers; `{ float }` is a float). */
export type NodeLine = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
];

export interface HandModel {
  readonly inputs?: Readonly<Record<string, { dtype?: DType; shape: readonly (number | string)[] }>>;
  readonly weights?: Readonly<Record<string, NdArray>>;
  readonly nodes: readonly NodeLine[];
  readonly outputs: readonly string[];
  readonly opset?: number;
  readonly domain?: string;
}

export function tensorProto(name: string, { dtype, shape, data }: NdArray): TensorProto {
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice();
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: dataTypes[dtype], rawData });
}

function attributeProto(name: string, value: Attribute) {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if (Array.isArray(value))
    return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
  const object = value as NdArray | { float: number } | GraphProto;
  if ("float" in object)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: object.float });
  if ("dtype" in object)
    return create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: tensorProto("", object) });
  return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: object });
}

/** @param shape Left out where it is open. */
function info(name: string, shape?: readonly (number | string)[], dtype: DType = "float32"): ValueInfoProto {
  const dim = shape?.map((n) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof n === "number" ? { case: "dimValue", value: BigInt(n) } : { case: "dimParam", value: n },
    }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: dataTypes[dtype],
    ...(dim && { shape: create(TensorShapeProtoSchema, { dim }) }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}

export function graphOf({ inputs = {}, weights = {}, nodes, outputs, domain = "" }: HandModel): GraphProto {
  return create(GraphProtoSchema, {
    name: "hand",
    node: nodes.map(([opType, input, output, attributes = {}]) =>
      create(NodeProtoSchema, {
        name: `${opType}_${output[0]}`,
        opType,
        domain,
        input: [...input],
        output: [...output],
        attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
      }),
    ),
    initializer: Object.entries(weights).map(([name, array]) => tensorProto(name, array)),
    input: Object.entries(inputs).map(([name, { shape, dtype }]) => info(name, shape, dtype)),
    output: outputs.map((name) => info(name)),
  });
}

/** Bytes of a graph as a model. */
export function encodeGraph(graph: GraphProto, opset = 18): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: "test",
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
      graph,
    }),
  );
}

export function handModel(model: HandModel): Uint8Array {
  return encodeGraph(graphOf(model), model.opset);
}

/** The outputs of a hand-written model by the plain interpreter. */
export function run(model: HandModel, feeds: Record<string, NdArray> = {}, options: ImportOptions = {}) {
  const { outputs, parameters } = importOnnx(handModel(model), options);
  const values = evaluate(Object.values(outputs), { ...parameters, ...feeds });
  return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, values[i]!]));
}

export const f32 = (shape: readonly number[], data: ArrayLike<number>) => ndarray("float32", shape, data);
export const i64 = (data: readonly (number | bigint)[]): NdArray<"int64"> => ({
  dtype: "int64",
  shape: [data.length],
  data: BigInt64Array.from(data, BigInt),
});
