/** @file Bytes to a checked ONNX model: one graph, a known operator set, names that are defined once and before they are used. */
import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto } from "onnx-buf";
import { modelError, quoted } from "./errors.ts";
import { scanModel } from "./wire.ts";

/** Protobuf messages end at 2 GiB. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;
/** Before operator set 7, operands were broadcast by attributes (2017). */
const oldestOpset = 7;

/** A model that was looked over. */
export interface DecodedModel {
  readonly producer: string;
  /** Version of the standard operator set. */
  readonly opset: number;
  readonly graph: GraphProto;
  /** The nodes that the outputs need, operands before consumers. */
  readonly nodes: readonly NodeProto[];
}

/**
 * Decodes a model.
 * @throws FathomError bad-file for what is no ONNX model, has no graph, a cycle, or names that are undefined or defined twice;
 * too-large beyond the bounds of wire.ts; unsupported for operator sets before 7.
 */
export function decodeModel(bytes: Uint8Array): DecodedModel {
  if (bytes.length > MAX_MODEL_BYTES) throw tooLarge(bytes.length, "onnx");
  scanModel(bytes);
  const model = decode(bytes);
  const graph = model.graph;
  if (graph === undefined || (graph.node.length === 0 && graph.output.length === 0)) {
    const message =
      bytes.length === 0 ? "The file is empty." : "The file holds no graph, so it is no ONNX model.";
    throw modelError({ message });
  }
  return {
    producer: model.producerName,
    opset: opsetOf(model),
    graph,
    nodes: liveNodes(graph, orderedNodes(graph)),
  };
}

export function tooLarge(bytes: number, where: string): Error {
  return modelError({
    code: "too-large",
    message: `The model has ${bytes} bytes; an ONNX file ends at 2 GB.`,
    where,
    hint: "Export large weights as external data.",
  });
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw modelError({ message: "The file is no ONNX model: its messages are damaged.", cause });
  }
}

function opsetOf(model: ModelProto): number {
  const standard = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  const version = Number(standard?.version ?? 0n);
  if (version >= oldestOpset) return version;
  if (version === 0)
    throw modelError({ message: "The model names no operator set, so it is no ONNX model." });
  throw modelError({
    code: "unsupported",
    message: `The model uses operator set ${version}; Fathom reads ${oldestOpset} and later.`,
    hint: "Convert it with onnx.version_converter, or export it anew.",
  });
}

/** What messages call a node. */
export function nodeName({ name, opType, output }: NodeProto): string {
  return `node ${quoted(name === "" ? (output[0] ?? "") : name)} (${opType})`;
}

/** The values that a graph has before any node ran. @throws FathomError bad-file for a name that is used twice. */
function givenNames(graph: GraphProto): Set<string> {
  const inputs = graph.input.map(({ name }) => name);
  const initialisers = graph.initializer.map(({ name }) => name);
  for (const [names, what] of [
    [inputs, "inputs"],
    [initialisers, "initialisers"],
  ] as const) {
    const seen = new Set<string>();
    for (const name of names) {
      if (name === "" || seen.has(name)) {
        const problem = name === "" ? "has no name" : `has the name ${quoted(name)} of another`;
        throw modelError({ message: `One of the model's ${what} ${problem}.`, where: name || what });
      }
      seen.add(name);
    }
  }
  return new Set([...inputs, ...initialisers]);
}

function producers(graph: GraphProto, given: ReadonlySet<string>): Map<string, NodeProto> {
  const made = new Map<string, NodeProto>();
  for (const node of graph.node) {
    for (const name of node.output) {
      if (name === "") continue;
      if (given.has(name) || made.has(name)) {
        const message = `The value ${quoted(name)} is defined twice.`;
        throw modelError({ message, where: nodeName(node) });
      }
      made.set(name, node);
    }
  }
  return made;
}

/** Nodes with operands before consumers; files in another order are put in it. @throws FathomError bad-file for a cycle. */
function orderedNodes(graph: GraphProto): NodeProto[] {
  const given = givenNames(graph);
  const made = producers(graph, given);
  const waiting = new Map<NodeProto, number>();
  const consumers = new Map<NodeProto, NodeProto[]>();
  for (const node of graph.node) {
    const operands = new Set(node.input.flatMap((name) => producerOf(name, node, given, made)));
    waiting.set(node, operands.size);
    for (const operand of operands) {
      const known = consumers.get(operand);
      if (known === undefined) consumers.set(operand, [node]);
      else known.push(node);
    }
  }
  const ordered = graph.node.filter((node) => waiting.get(node) === 0);
  // The list grows while it is walked: a node joins when the last of its operands did.
  for (const node of ordered) {
    for (const consumer of consumers.get(node) ?? []) {
      const left = waiting.get(consumer)! - 1;
      waiting.set(consumer, left);
      if (left === 0) ordered.push(consumer);
    }
  }
  if (ordered.length === graph.node.length) return ordered;
  const stuck = graph.node.find((node) => waiting.get(node)! > 0)!;
  throw modelError({
    message: "The graph has a cycle: a node needs its own result.",
    where: nodeName(stuck),
  });
}

function producerOf(
  name: string,
  consumer: NodeProto,
  given: ReadonlySet<string>,
  made: ReadonlyMap<string, NodeProto>,
): NodeProto[] {
  const producer = made.get(name);
  if (producer !== undefined) return [producer];
  if (name === "" || given.has(name)) return [];
  throw modelError({
    message: `The value ${quoted(name)} is used but never defined.`,
    where: nodeName(consumer),
  });
}

/** The nodes that outputs need. */
function liveNodes(graph: GraphProto, ordered: readonly NodeProto[]): NodeProto[] {
  const needed = new Set(graph.output.map(({ name }) => name));
  const live: NodeProto[] = [];
  for (const node of ordered.toReversed()) {
    if (!node.output.some((name) => name !== "" && needed.has(name))) continue;
    for (const name of node.input) needed.add(name);
    live.push(node);
  }
  return live.reverse();
}
