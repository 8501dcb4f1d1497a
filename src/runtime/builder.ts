/**
 * @file The emitter that `onnx` rules write to: collects nodes and constants, merges equal ones, and places each node in
 * the outermost graph that knows all its operands, so that what does not change inside a loop is computed once, before it.
 */
import type { Emitter, OnnxAttribute, Tensor } from "../expr/index.ts";
import { bytesOf, type DType, FathomError, type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import { Hasher } from "./hash.ts";
import { allNodes, type Initializer, type NodeAttribute, type OnnxGraph, type OnnxNode } from "./model.ts";

/** The main graph, and the body of a loop inside it. */
export type Level = 0 | 1;

function arrayKey(array: NdArray): string {
  return new Hasher().array(array).digest();
}

function attributeKey(name: string, attribute: NodeAttribute): string {
  if ("graph" in attribute) throw new Error("Nodes with graphs are not merged");
  const value =
    "tensor" in attribute ? arrayKey(attribute.tensor) : JSON.stringify(Object.values(attribute)[0]);
  return `${name}:${Object.keys(attribute)[0]}=${value}`;
}

/** What a model may use: standard operators only, or those of a device. */
export interface EmitOptions {
  readonly portable?: boolean;
  readonly channelBlock?: number | undefined;
}

/** The nodes of one side of a choice, under collection; their operands may come from all around it. */
interface Branch {
  readonly nodes: OnnxNode[];
  readonly merged: Map<string, readonly string[]>;
  readonly produced: Set<string>;
}

/** Collects one model: a main graph and, for loops, one body, in which choices have graphs of their own. */
export class Builder implements Emitter {
  readonly portable: boolean;
  readonly channelBlock: number | undefined;
  readonly nodes: readonly [OnnxNode[], OnnxNode[]] = [[], []];
  readonly initializers: Initializer[] = [];
  readonly #values = new Map<Tensor, string>();
  readonly #levels = new Map<string, Level>();
  readonly #merged = new Map<string, readonly string[]>();
  readonly #stored = new Map<NdArray, string>();
  readonly #produced = [new Set<string>(), new Set<string>()] as const;
  #branch: Branch | undefined;
  #next = 0;
  /** The primitive whose rule is writing: nodes carry its name, so that failures can be traced to it. */
  origin = "graph";

  constructor({ portable = false, channelBlock }: EmitOptions = {}) {
    this.portable = portable;
    this.channelBlock = portable ? undefined : channelBlock;
  }

  /** A name that no value has yet; `wanted` if it is free. */
  name(wanted?: string): string {
    let name = wanted ?? `_${this.#next++}`;
    while (this.#levels.has(name)) name = wanted === undefined ? `_${this.#next++}` : `${name}'`;
    return name;
  }

  /** Declares a value that the graph at `level` receives from outside. */
  declare(level: Level, wanted?: string): string {
    const name = this.name(wanted);
    this.#levels.set(name, level);
    return name;
  }

  /** Records which ONNX value holds a tensor. */
  bind(tensor: Tensor, name: string): void {
    this.#values.set(tensor, name);
  }

  has(tensor: Tensor): boolean {
    return this.#values.has(tensor);
  }

  value(tensor: Tensor): string {
    const name = this.#values.get(tensor);
    if (name === undefined) {
      throw new FathomError({
        code: "bad-input",
        message: `The graph uses a ${tensor.op.name} node that was not lowered before its consumer.`,
        where: tensor.op.name,
      });
    }
    return name;
  }

  /** True when a node of the graph at `level` computes this value and no output has taken it yet. */
  produced(level: Level, name: string): boolean {
    return this.#producedAt(level).has(name);
  }

  /** Takes a produced value as an output of its graph: a second output needs a copy. */
  claim(name: string): void {
    this.#producedAt(this.level(name)).delete(name);
  }

  #producedAt(level: Level): Set<string> {
    return (level === 1 ? this.#branch?.produced : undefined) ?? this.#produced[level];
  }

  /**
   * Collects what `write` emits into the body as one side of a choice: nothing outside may use those nodes.
   * @returns Its nodes, and what `write` returned.
   */
  inBranch<T>(write: () => T): { readonly nodes: readonly OnnxNode[]; readonly result: T } {
    const branch: Branch = { nodes: [], merged: new Map(), produced: new Set() };
    this.#branch = branch;
    try {
      return { result: write(), nodes: branch.nodes };
    } finally {
      this.#branch = undefined;
    }
  }

  /** The graph that computes or receives a value. */
  level(name: string): Level {
    return this.#levels.get(name) ?? 0;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): string {
    return this.#mergedNode(op, inputs, 1, attributes, domain)[0]!;
  }

  nodeOutputs(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): readonly string[] {
    return this.#mergedNode(op, inputs, count, attributes, "");
  }

  #mergedNode(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, OnnxAttribute>>,
    domain: string,
  ): readonly string[] {
    const texts = Object.entries(attributes).map(([name, attribute]) => attributeKey(name, attribute));
    const key = `${domain}.${op}/${count}(${inputs.join(",")})${texts.join(";")}`;
    const known = this.#branch?.merged.get(key) ?? this.#merged.get(key);
    if (known !== undefined) return known;
    const outputs = this.multiNode(op, inputs, count, { attributes, domain });
    const inside = this.#branch !== undefined && this.level(outputs[0]!) === 1;
    (inside ? this.#branch!.merged : this.#merged).set(key, outputs);
    return outputs;
  }

  /** A node with several outputs, or one that must not be merged; `level` forces the graph it stands in. */
  multiNode(
    op: string,
    inputs: readonly string[],
    outputs: number,
    options: { attributes?: Readonly<Record<string, NodeAttribute>>; domain?: string; level?: Level } = {},
  ): string[] {
    const inner = inputs.some((input) => this.level(input) === 1);
    const level = options.level ?? (inner ? 1 : 0);
    const names = Array.from({ length: outputs }, () => this.declare(level));
    const { attributes = {}, domain = "" } = options;
    for (const name of names) this.#producedAt(level).add(name);
    const nodes = (level === 1 ? this.#branch?.nodes : undefined) ?? this.nodes[level];
    nodes.push({ op, domain, inputs, outputs: names, attributes, origin: this.origin });
    return names;
  }

  constant(array: NdArray): string {
    const stored = this.#stored.get(array);
    if (stored !== undefined) return stored;
    const key = `constant ${arrayKey(array)}`;
    let name = this.#merged.get(key)?.[0];
    if (name === undefined) {
      name = this.declare(0);
      this.initializers.push({ name, array });
      this.#merged.set(key, [name]);
    }
    this.#stored.set(array, name);
    return name;
  }

  /** An initializer of int64 numbers: shapes, axes, indices. */
  integers(values: readonly number[]): string {
    return this.constant(ndarray("int64", [values.length], values));
  }
}

/** Nodes that the wanted values need, in their order: dead ones are dropped. */
export function liveNodes(nodes: readonly OnnxNode[], wanted: Iterable<string>): OnnxNode[] {
  const needed = new Set(wanted);
  const kept: OnnxNode[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    for (const attribute of Object.values(node.attributes)) {
      if ("graph" in attribute) for (const name of outerValues(attribute.graph)) needed.add(name);
    }
    kept.push(node);
  }
  return kept.reverse();
}

/** Names that a nested graph may take from outside: all operands and outputs of its nodes, and of graphs inside those. */
function outerValues(graph: OnnxGraph): string[] {
  return [...allNodes(graph).flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)];
}

/** Bytes of a tensor. */
export function byteSize({ shape, dtype }: { shape: readonly number[]; dtype: DType }): number {
  return sizeOf(shape) * bytesOf[dtype];
}
