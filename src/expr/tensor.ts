/**
 * @file Symbolic tensors: frozen, hash-consed nodes of a directed acyclic graph (engine.md §1).
 * A node knows its primitive, its operands, its attributes and its static shape and dtype; equal expressions are
 * one node, so common subexpressions merge as they are built.
 */
import type { DType, NdArray, Shape } from "../tensor/index.ts";
import type { Attributes, Primitive } from "./primitive.ts";

/** A symbolic tensor. Compare by identity: within a scope, equal expressions are the same object. */
export interface Tensor {
  /** Unique over all scopes; operands have smaller ids than their consumers. */
  readonly id: number;
  readonly op: Primitive;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attributes;
  readonly shape: Shape;
  readonly dtype: DType;
}

let nextId = 0;
const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** Attributes that are objects with behaviour or bulk data (arrays, rules) are compared by identity. */
function identityOf(object: object): number {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = nextIdentity++;
    identities.set(object, identity);
  }
  return identity;
}

function attributeKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(attributeKey).join(",")}]`;
  if (typeof value === "object" && value !== null) return `#${identityOf(value)}`;
  if (typeof value === "function") return `#${identityOf(value)}`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function attributesKey(attrs: Attributes): string {
  const names = Object.keys(attrs).sort();
  return names.map((name) => `${name}=${attributeKey(attrs[name])}`).join(";");
}

/**
 * The table behind hash-consing: structural key → node. Nodes die with their scope; long-lived programs build each
 * graph in a scope of its own ({@link withScope}).
 */
export class Scope {
  readonly #nodes = new Map<string, Tensor>();

  /** The node with these parts: the existing one, or a new one. */
  intern(op: Primitive, inputs: readonly Tensor[], attrs: Attributes, shape: Shape, dtype: DType): Tensor {
    // Shape and dtype follow from the rest (leaves carry them as attributes), so they need not be in the key.
    const key = `${op.name}(${inputs.map((t) => t.id).join(",")})${attributesKey(attrs)}`;
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = Object.freeze({
        id: nextId++,
        op,
        inputs: Object.freeze([...inputs]),
        attrs: Object.freeze({ ...attrs }),
        shape: Object.freeze([...shape]),
        dtype,
      });
      this.#nodes.set(key, node);
    }
    return node;
  }

  /** How many distinct nodes live in this scope. */
  get size(): number {
    return this.#nodes.size;
  }
}

let currentScope = new Scope();

/**
 * Builds expressions in a scope of their own, so that they can be collected together.
 * @example const loss = withScope(new Scope(), () => reduceMean(square(input("x", [8]))));
 */
export function withScope<T>(scope: Scope, build: () => T): T {
  const outer = currentScope;
  currentScope = scope;
  try {
    return build();
  } finally {
    currentScope = outer;
  }
}

/**
 * Applies a primitive: checks the operands through its `shape` rule and interns the node in the current scope.
 * The functions users call (`add`, `matmul`, …) do their simplifications first and end here.
 */
export function apply(op: Primitive, inputs: readonly Tensor[], attrs: Attributes = {}): Tensor {
  const { shape, dtype } = op.shape(inputs, attrs);
  return currentScope.intern(op, inputs, attrs, shape, dtype);
}

/** Values known while a graph is built or run, by node. */
export type Values = ReadonlyMap<Tensor, NdArray>;
