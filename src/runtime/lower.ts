/**
 * @file Lowering: a graph of tensors to an ONNX graph. Nodes are visited operands first, without recursion; each
 * primitive's `onnx` rule writes its nodes, and what no output needs is dropped.
 */
import { inputName, type Tensor } from "../expr/index.ts";
import { FathomError, type NdArray, sameShape, showShape } from "../tensor/index.ts";
import { Builder, type EmitOptions, type Level, liveNodes } from "./builder.ts";
import { encodeModel, type ModelText } from "./encode.ts";
import { arrangeLayouts } from "./layout.ts";
import type { OnnxGraph, OnnxNode, ValueInfo } from "./model.ts";
import { neededNodes } from "./needed.ts";
import { joinedLength, type OutputGroup } from "./packing.ts";

/** An ONNX graph and the names under which it knows its inputs and its groups of outputs. */
export interface LoweredGraph {
  readonly graph: OnnxGraph;
  readonly inputs: ReadonlyMap<Tensor, string>;
  readonly outputs: readonly LoweredOutput[];
}

export interface LoweredOutput {
  readonly name: string;
  readonly group: OutputGroup;
}

export function valueInfo(name: string, { dtype, shape }: Tensor): ValueInfo {
  return { name, dtype, shape };
}

/** Emits a node whose operands are there. */
export type EmitTensor = (node: Tensor) => void;

/** How the nodes of a graph are emitted, operands first: one after the other unless said. */
export type EmitOrder = (
  builder: Builder,
  graph: { readonly nodes: readonly Tensor[]; readonly outputs: readonly Tensor[] },
  emit: EmitTensor,
) => void;

const inOrder: EmitOrder = (_, { nodes }, emit) => nodes.forEach(emit);

/** Emits one node at a time. @throws FathomError unsupported for a primitive without an ONNX form. */
function emitterOf(builder: Builder, nodes: readonly Tensor[], outputs: readonly Tensor[]): EmitTensor {
  const uses = countUses(nodes, outputs);
  return (node) => {
    builder.origin = node.op.name;
    builder.bind(node, emitSum(builder, node, uses) ?? emitNode(builder, node));
  };
}

function emitNode(builder: Builder, node: Tensor): string {
  if (node.op.onnx !== undefined) return node.op.onnx(builder, node);
  throw new FathomError({
    code: "unsupported",
    message: `The primitive ${node.op.name} has no ONNX form.`,
    where: node.op.name,
    hint:
      node.op.host === true
        ? "It runs on the host between sessions: use compile, which cuts the graph there."
        : 'Use device: "interpreter".',
  });
}

function countUses(nodes: readonly Tensor[], outputs: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const count = (tensor: Tensor) => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(count);
  outputs.forEach(count);
  return uses;
}

/** A sum of a product that is used nowhere else, as one operator where there is one. */
function emitSum(builder: Builder, node: Tensor, uses: ReadonlyMap<Tensor, number>): string | undefined {
  if (node.op.name !== "add") return undefined;
  const [a, b] = node.inputs as [Tensor, Tensor];
  for (const [product, addend] of [
    [a, b],
    [b, a],
  ] as const) {
    if (uses.get(product) !== 1 || !sameShape(product.shape, node.shape)) continue;
    const sum = product.op.onnxPlus?.(builder, product, addend);
    if (sum !== undefined) return sum;
  }
  return undefined;
}

/** Emits everything that `results` need beyond the given tensors, in the layouts that are cheapest. */
export function emitResults(
  builder: Builder,
  results: readonly Tensor[],
  given: ReadonlySet<Tensor>,
  order: EmitOrder = inOrder,
): void {
  const arranged = builder.portable ? results : arrangeLayouts(results, given);
  const nodes = neededNodes(arranged, given);
  order(builder, { nodes, outputs: arranged }, emitterOf(builder, nodes, arranged));
  results.forEach((result, i) => {
    if (result !== arranged[i]) builder.bind(result, builder.value(arranged[i]!));
  });
}

/** Lowers the part of a graph between given tensors and outputs. Outputs are computed nodes, not inputs or constants. */
export function lowerGraph(
  inputs: readonly Tensor[],
  groups: readonly OutputGroup[],
  options: EmitOptions = {},
): LoweredGraph {
  const builder = new Builder(options);
  const names = new Map<Tensor, string>();
  for (const tensor of inputs) {
    const name = builder.declare(0, nameOf(tensor));
    names.set(tensor, name);
    builder.bind(tensor, name);
  }
  emitResults(builder, groups.flat(), new Set(inputs));
  const outputs = groups.map((group) => ({ group, name: emitGroup(builder, group) }));
  const nodes = liveNodes(
    builder.nodes[0],
    outputs.map(({ name }) => name),
  );
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const graph: OnnxGraph = {
    name: "fathom",
    nodes,
    initializers: builder.initializers.filter(({ name }) => used.has(name)),
    inputs: [...names].map(([tensor, name]) => valueInfo(name, tensor)),
    outputs: outputs.map(({ name, group }) => groupInfo(name, group)),
  };
  return { graph, inputs: names, outputs };
}

function groupInfo(name: string, group: OutputGroup): ValueInfo {
  const first = group[0]!;
  if (group.length === 1) return valueInfo(name, first);
  return { name, dtype: first.dtype, shape: [joinedLength(group), ...first.shape.slice(1)] };
}

function emitGroup(builder: Builder, group: OutputGroup): string {
  const values = group.map((tensor) => builder.value(tensor));
  builder.origin = "output";
  const joined = values.length === 1 ? values[0]! : builder.node("Concat", values, { axis: { int: 0 } });
  return claimOutput(builder, joined, 0);
}

/**
 * The name under which a graph hands out a value. A value that the graph did not compute itself (an input, a constant, a
 * value from outside) or handed out already is copied: ONNX does not allow it there.
 */
export function claimOutput(builder: Builder, value: string, level: Level): string {
  builder.origin = "output";
  const own = builder.produced(level, value)
    ? value
    : builder.multiNode("Identity", [value], 1, { level })[0]!;
  builder.claim(own);
  return own;
}

function nameOf(tensor: Tensor): string {
  return tensor.op.name === "input" ? inputName(tensor) : `${tensor.op.name}:${tensor.id}`;
}

export interface LowerRequest {
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly portable?: boolean;
  /** Values of inputs, by name: they become initializers of the model and are no longer fed. */
  readonly weights?: Readonly<Record<string, NdArray>>;
  /** What the model says of itself beside the graph. */
  readonly text?: ModelText;
}

/**
 * Lowers a graph to the bytes of one ONNX model (operator set 18) whose inputs and outputs carry the given names.
 * With `portable`, only standard operators are used, so that any ONNX tool reads it.
 * @throws FathomError unsupported when the graph holds host operations.
 * @example const bytes = lower({ inputs: [x, w], outputs: { y: matmul(x, w) }, portable: true });
 */
export function lower(request: LowerRequest): Uint8Array {
  return encodeModel(withWeights(namedGraph(request), request.weights ?? {}), request.text);
}

/** The graph with some inputs as initializers. @throws FathomError for a weight that is no input, or of another shape. */
function withWeights(graph: OnnxGraph, weights: Readonly<Record<string, NdArray>>): OnnxGraph {
  const infos = new Map(graph.inputs.map((info) => [info.name, info]));
  const initializers = Object.entries(weights).map(([name, array]) => {
    const info = infos.get(name);
    if (info !== undefined && info.dtype === array.dtype && sameShape(info.shape as number[], array.shape)) {
      return { name, array };
    }
    const wanted = info === undefined ? "is no input" : `is ${info.dtype} [${info.shape.join(", ")}]`;
    throw new FathomError({
      code: info === undefined ? "bad-input" : "bad-shape",
      message: `The weight "${name}" is ${array.dtype} ${showShape(array.shape)}; in the graph it ${wanted}.`,
      where: name,
      hint: "Give each weight under the name, shape and dtype of its input.",
    });
  });
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !Object.hasOwn(weights, name)),
    initializers: [...initializers, ...graph.initializers],
  };
}

/** As {@link lower}, before encoding. */
export function namedGraph({ inputs, outputs, portable = false }: LowerRequest): OnnxGraph {
  const tensors = [...new Set(Object.values(outputs))];
  const { graph, outputs: lowered } = lowerGraph(
    inputs,
    tensors.map((tensor) => [tensor]),
    { portable },
  );
  return withOutputNames(graph, outputs, new Map(lowered.map(({ name, group }) => [group[0]!, name])));
}

/** The graph with its outputs under the names asked for, or such names with a dash where an input has them already. */
function withOutputNames(
  graph: OnnxGraph,
  outputs: Readonly<Record<string, Tensor>>,
  values: ReadonlyMap<Tensor, string>,
): OnnxGraph {
  const taken = new Set(
    [graph.inputs.map(({ name }) => name), ...graph.nodes.map((node) => node.outputs)].flat(),
  );
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  const infos = Object.entries(outputs).map(([key, tensor]) => {
    let name = key;
    while (taken.has(name)) name = `${name}'`;
    taken.add(name);
    const value = values.get(tensor)!;
    const again = renamed.has(value);
    if (again) copies.push({ ...identity, inputs: [value], outputs: [name] });
    else renamed.set(value, name);
    return valueInfo(name, tensor);
  });
  const rename = (name: string) => renamed.get(name) ?? name;
  const nodes = [...graph.nodes, ...copies].map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return { ...graph, nodes, outputs: infos };
}

const identity = { op: "Identity", domain: "", attributes: {}, origin: "output" } as const;
