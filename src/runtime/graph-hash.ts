/** @file The structural hash of a graph: equal for equal expressions whatever scope they were built in. */
import { type Tensor, topologicalOrder } from "../expr/index.ts";
import type { NdArray } from "../tensor/index.ts";
import { Hasher } from "./hash.ts";

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

function identityOf(object: object): number {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = nextIdentity++;
    identities.set(object, identity);
  }
  return identity;
}

function isArray(value: object): value is NdArray {
  return "dtype" in value && "shape" in value && "data" in value && ArrayBuffer.isView(value.data);
}

/** Arrays by content, plain values by value; objects with behaviour (rules, functions) by identity. */
function hashAttribute(hasher: Hasher, value: unknown): void {
  if (Array.isArray(value)) {
    hasher.text(`[${value.length}`);
    for (const element of value) hashAttribute(hasher, element);
  } else if (typeof value === "function") hasher.text(`#${identityOf(value)}`);
  else if (typeof value !== "object" || value === null) {
    hasher.text(Object.is(value, -0) ? "-0" : `${typeof value} ${String(value)}`);
  } else if (isArray(value)) hasher.array(value);
  else hasher.text(`#${identityOf(value)}`);
}

/** A tensor under the name that a program knows it by. */
export type Named = readonly (readonly [name: string, tensor: Tensor])[];

/**
 * 32 hexadecimal digits of everything that a program is made from: nodes, constants, the named groups of tensors (inputs,
 * outputs, carried values, …) and further text (options).
 */
export function graphHash(groups: Readonly<Record<string, Named>>, options: string): string {
  const hasher = new Hasher().text(options);
  const tensors = Object.values(groups).flatMap((group) => group.map(([, tensor]) => tensor));
  const index = new Map<Tensor, number>();
  for (const node of topologicalOrder(tensors)) {
    index.set(node, index.size);
    hasher.text(node.op.name).text(node.dtype).word(node.shape.length);
    for (const n of node.shape) hasher.word(n);
    for (const operand of node.inputs) hasher.word(index.get(operand)!);
    for (const name of Object.keys(node.attrs).sort()) {
      hashAttribute(hasher.text(name), node.attrs[name]);
    }
  }
  for (const [group, members] of Object.entries(groups)) {
    hasher.text(group).word(members.length);
    for (const [name, tensor] of members) hasher.text(name).word(index.get(tensor)!);
  }
  return hasher.digest();
}
