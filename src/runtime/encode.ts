/** @file Plain ONNX graphs to protobuf bytes (onnx-buf's messages): operator set 18, and version 1 of onnxruntime's own domains where used. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { type DType, FathomError, type NdArray } from "../tensor/index.ts";
import { allNodes, type NodeAttribute, type OnnxGraph, type ValueInfo } from "./model.ts";

/** The operator set of every model, for running and for export (engine.md §2). */
export const opset = 18;
const irVersion = 8n;
/** Protobuf messages end at 2 GiB; a margin is left for nodes and names. */
const maximumBytes = 2 ** 31 - 2 ** 24;

export const dataTypes: Readonly<Record<DType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  bool: DataType.BOOL,
  uint8: DataType.UINT8,
};

const utf8 = new TextEncoder();

function tensorProto(name: string, { dtype, shape, data }: NdArray): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[dtype],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function attributeProto(name: string, attribute: NodeAttribute): AttributeProto {
  const fields = attributeFields(attribute);
  return create(AttributeProtoSchema, { name, ...fields });
}

function attributeFields(attribute: NodeAttribute) {
  if ("int" in attribute) return { type: AttributeType.INT, i: BigInt(attribute.int) };
  if ("ints" in attribute) return { type: AttributeType.INTS, ints: attribute.ints.map(BigInt) };
  if ("float" in attribute) return { type: AttributeType.FLOAT, f: attribute.float };
  if ("floats" in attribute) return { type: AttributeType.FLOATS, floats: [...attribute.floats] };
  if ("string" in attribute) return { type: AttributeType.STRING, s: utf8.encode(attribute.string) };
  if ("tensor" in attribute) return { type: AttributeType.TENSOR, t: tensorProto("", attribute.tensor) };
  return { type: AttributeType.GRAPH, g: graphProto(attribute.graph) };
}

function valueInfoProto({ name, dtype, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof size === "number"
          ? { case: "dimValue", value: BigInt(size) }
          : { case: "dimParam", value: size },
    }),
  );
  const tensor = create(TypeProto_TensorSchema, {
    elemType: dataTypes[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }),
  });
}

function graphProto(graph: OnnxGraph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map((node, i) =>
      create(NodeProtoSchema, {
        name: `${node.origin}#${i}`,
        opType: node.op,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, attribute]) =>
          attributeProto(name, attribute),
        ),
      }),
    ),
    initializer: graph.initializers.map(({ name, array }) => tensorProto(name, array)),
    input: graph.inputs.map(valueInfoProto),
    output: graph.outputs.map(valueInfoProto),
  });
}

/** Text that a model carries beside its graph. */
export interface ModelText {
  /** The version of Fathom that wrote it. */
  readonly version?: string;
  /** Entries that any ONNX tool shows. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Encodes a graph as an ONNX ModelProto.
 * @throws FathomError too-large when its constants do not fit one protobuf message (2 GB).
 */
export function encodeModel(graph: OnnxGraph, { version = "", metadata = {} }: ModelText = {}): Uint8Array {
  const bytes = graph.initializers.reduce((total, { array }) => total + array.data.byteLength, 0);
  if (bytes > maximumBytes) {
    throw new FathomError({
      code: "too-large",
      message: `The graph holds ${bytes} bytes of constants; an ONNX model ends at 2 GB.`,
      hint: "Make the large constants inputs and feed them.",
    });
  }
  const domains = new Set(allNodes(graph).map(({ domain }) => domain));
  const opsetImport = [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })];
  for (const domain of domains) {
    if (domain !== "") opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: 1n }));
  }
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport,
    producerName: "fathom",
    producerVersion: version,
    metadataProps: Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: graphProto(graph),
  });
  return toBinary(ModelProtoSchema, model);
}
