/**
 * @file Where a weight is used in a network: products h·W and convolutions h∗W. There the Jacobian is Σ_p δ_p ⊗ h_p over
 * positions p, with h the input of the layer and δ the cotangent of its result, and kernels need δ and h only (kernels.md §10).
 * It looks at the graph, so that layers of the language, shared weights and imported models are found alike.
 */
import {
  concat,
  mul,
  pad,
  reshape,
  scalarConstant,
  slice,
  type Tensor,
  transpose,
} from "../../expr/index.ts";
import { type Shape, sizeOf } from "../../tensor/index.ts";

/** One use of a weight: δ of `result` and the inputs `rows` `[G, P, a]` make its part of the Jacobian. */
interface Use {
  readonly result: Tensor;
  readonly rows: Tensor;
  /** δ `[G, P, u]` from the cotangent of `result`. */
  readonly deltas: (cotangent: Tensor) => Tensor;
}

/** All uses of a weight together; uses of a shared one stand as further positions. */
export interface StructuredWeight {
  /** Results of the products, whose cotangents are asked for. */
  readonly results: readonly Tensor[];
  /** `[G, P, a]`: what the weight is multiplied by. */
  readonly rows: Tensor;
  /** `[G, P, u]` of the cotangents of `results`. */
  readonly deltas: (cotangents: readonly Tensor[]) => Tensor;
  readonly groups: number;
  readonly positions: number;
  readonly inputs: number;
  readonly units: number;
}

/** The nodes that use each node. */
type Consumers = ReadonlyMap<Tensor, readonly Tensor[]>;

/** Consumers of all nodes of a graph. @example consumersOf(topologicalOrder([output])) */
export function consumersOf(order: readonly Tensor[]): Consumers {
  const consumers = new Map<Tensor, Tensor[]>();
  for (const node of order) {
    for (const operand of new Set(node.inputs)) {
      const list = consumers.get(operand);
      if (list === undefined) consumers.set(operand, [node]);
      else list.push(node);
    }
  }
  return consumers;
}

/**
 * How a weight is used, where every use is a product of matrices or a convolution; `undefined` where one is not (biases,
 * gains, embeddings), and its Jacobian has to be made.
 */
export function structuredWeight(parameter: Tensor, consumers: Consumers): StructuredWeight | undefined {
  const uses: Use[] = [];
  const pending: { node: Tensor; scale: number }[] = [{ node: parameter, scale: 1 }];
  for (const { node, scale } of pending) {
    for (const consumer of consumers.get(node) ?? []) {
      const step = rescaled(consumer, node);
      if (step !== undefined) {
        pending.push({ node: consumer, scale: scale * step });
        continue;
      }
      const use = useAt(consumer, node, scale);
      if (use === undefined) return undefined;
      uses.push(use);
    }
  }
  return uses.length === 0 ? undefined : together(uses);
}

function together(uses: readonly Use[]): StructuredWeight | undefined {
  const rows = concatPositions(uses.map((use) => use.rows));
  const [groups, positions, inputs] = rows.shape as [number, number, number];
  const [first] = uses as [Use];
  const units = first.deltas(first.result).shape[2]!;
  return {
    results: uses.map(({ result }) => result),
    rows,
    deltas: (cotangents) => concatPositions(uses.map((use, i) => use.deltas(cotangents[i]!))),
    groups,
    positions,
    inputs,
    units,
  };
}

function concatPositions(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0]! : concat(parts, { axis: 1 });
}

/** The factor of a node that hands the weight on as it is, or transposed: kernels do not see which. */
function rescaled(consumer: Tensor, weight: Tensor): number | undefined {
  if (consumer.op.name === "transpose" && weight.shape.length === 2) return 1;
  if (consumer.op.name !== "mul") return undefined;
  const other = consumer.inputs.find((operand) => operand !== weight);
  return other === undefined ? undefined : scalarConstant(other);
}

function useAt(node: Tensor, weight: Tensor, scale: number): Use | undefined {
  const [left, right] = node.inputs;
  if (right !== weight || left === weight || left === undefined) return undefined;
  if (node.op.name === "matmul" && weight.shape.length === 2 && node.attrs["transposeA"] !== true) {
    return product(node, mulBy(left, scale));
  }
  return node.op.name === "conv" ? convolution(node, mulBy(left, scale)) : undefined;
}

function mulBy(x: Tensor, scale: number): Tensor {
  return scale === 1 ? x : mul(x, scale);
}

function product(result: Tensor, h: Tensor): Use {
  const rows = (x: Tensor) => reshape(x, [1, sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return { result, rows: rows(h), deltas: rows };
}

interface ConvAttributes {
  readonly groups: number;
  readonly kernel: Shape;
  readonly output: Shape;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

function convolution(result: Tensor, h: Tensor): Use {
  const attributes = result.attrs as unknown as ConvAttributes;
  return {
    result,
    rows: patches(h, attributes),
    deltas: (cotangent) => byGroup(cotangent, attributes.groups),
  };
}

/** `[N, G·c, ...s]` → `[G, N·Πs, c]`. */
function byGroup(x: Tensor, groups: number): Tensor {
  const [batch, channels, ...size] = x.shape as [number, number, ...number[]];
  const split = reshape(x, [batch, groups, channels / groups, sizeOf(size)]);
  return reshape(transpose(split, [1, 0, 3, 2]), [groups, batch * sizeOf(size), channels / groups]);
}

/** What every window of a convolution looks at: `[N, G·c, ...s]` → `[G, N·Π out, Πk·c]`, one shifted slice an offset. */
function patches(x: Tensor, { groups, kernel, output, strides, dilations, padding }: ConvAttributes): Tensor {
  const padded = padding.every(([lo, hi]) => lo + hi === 0)
    ? x
    : pad(x, { low: [0, 0, ...padding.map(([lo]) => lo)], high: [0, 0, ...padding.map(([, hi]) => hi)] });
  const offsets = sizeOf(kernel);
  const parts = Array.from({ length: offsets }, (_, flat) => {
    const at = kernel.map((_, axis) => {
      const inner = sizeOf(kernel.slice(axis + 1));
      return (Math.floor(flat / inner) % kernel[axis]!) * dilations[axis]!;
    });
    const starts = [0, 0, ...at];
    const ends = at.map((start, axis) => start + (output[axis]! - 1) * strides[axis]! + 1);
    const steps = [1, 1, ...strides];
    return byGroup(slice(padded, { starts, ends: [...x.shape.slice(0, 2), ...ends], steps }), groups);
  });
  return parts.length === 1 ? parts[0]! : concat(parts, { axis: 2 });
}
