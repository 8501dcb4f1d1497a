/**
 * @file ONNX graphs as plain data, between lowering and encoding: nodes, initializers, typed inputs and outputs.
 * `encode.ts` turns them into protobuf messages.
 */
import type { OnnxAttribute } from "../expr/index.ts";
import type { DType, NdArray } from "../tensor/index.ts";

/** An attribute of a node; control flow carries whole graphs. */
export type NodeAttribute = OnnxAttribute | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, NodeAttribute>>;
  /** The primitive that emitted it. */
  readonly origin: string;
}

/** A typed value; a string in the shape is a dimension known only when the model runs. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface Initializer {
  readonly name: string;
  readonly array: NdArray;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** Nodes of a graph and of the graphs inside its nodes. */
export function countNodes(graph: OnnxGraph): number {
  return allNodes(graph).length;
}

/** Every node of a graph, those of loop bodies included. */
export function allNodes(graph: OnnxGraph): OnnxNode[] {
  const found: OnnxNode[] = [];
  const waiting = [graph];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const node of next.nodes) {
      found.push(node);
      for (const attribute of Object.values(node.attributes)) {
        if ("graph" in attribute) waiting.push(attribute.graph);
      }
    }
  }
  return found;
}
