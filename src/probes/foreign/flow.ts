/**
 * @file How derivatives flow through a graph from some tensors to another, and where all of it passes through one tensor.
 * Only floats carry derivatives: masks, indices and shapes are no paths.
 */
import { type Tensor, topologicalOrder } from "../../expr/index.ts";

/** The tensors on paths of derivatives from sources to a sink. */
export interface Flow {
  /** Operands before consumers; the sink is last. Empty where no path leads to the sink. */
  readonly order: readonly Tensor[];
  /** The operands of a tensor that lie on a path, each once. */
  operandsOf(tensor: Tensor): readonly Tensor[];
  /** The tensors that every path passes through, in order; the sink is the last, a single source the first. */
  readonly cuts: readonly Tensor[];
}

/** Their derivative is zero everywhere it exists. */
const stops = new Set(["stopGradient", "floor", "sign"]);

/** Whether a tensor carries derivatives. */
export function isFloat({ dtype }: Tensor): boolean {
  return dtype === "float32" || dtype === "float64";
}

/**
 * The flow from sources to a sink.
 * @param sources Float tensors.
 * @example flowBetween([x], y).cuts.includes(x) // true when y depends on x
 */
export function flowBetween(sources: readonly Tensor[], sink: Tensor): Flow {
  const reached = new Set<Tensor>(sources);
  const all = topologicalOrder([sink]);
  for (const node of all) {
    if (!isFloat(node) || stops.has(node.op.name)) continue;
    if (node.inputs.some((operand) => reached.has(operand))) reached.add(node);
  }
  const needed = new Set<Tensor>(reached.has(sink) ? [sink] : []);
  const isSource = new Set(sources);
  for (const node of all.toReversed()) {
    if (!needed.has(node) || isSource.has(node)) continue;
    for (const operand of node.inputs) if (reached.has(operand)) needed.add(operand);
  }
  const order = all.filter((node) => needed.has(node));
  const operandsOf = (tensor: Tensor) =>
    isSource.has(tensor) ? [] : [...new Set(tensor.inputs.filter((operand) => needed.has(operand)))];
  return { order, operandsOf, cuts: cutsOf(order, operandsOf, isSource) };
}

/** A tensor is on all paths when no edge leads from before it to behind it; a root before all sources counts as one. */
function cutsOf(
  order: readonly Tensor[],
  operandsOf: Flow["operandsOf"],
  sources: ReadonlySet<Tensor>,
): Tensor[] {
  const place = new Map(order.map((node, i) => [node, i]));
  const farthest = order.map((_, i) => i);
  for (const [i, node] of order.entries()) {
    for (const operand of operandsOf(node)) farthest[place.get(operand)!] = i;
  }
  let reach = order.reduce((last, node, i) => (sources.has(node) ? i : last), 0);
  return order.filter((_, i) => {
    const alone = reach <= i;
    reach = Math.max(reach, farthest[i]!);
    return alone;
  });
}

/**
 * Where derivatives by an input begin: at the input itself, or, for token ids, at the embeddings that are looked up with
 * them (else at the first floats that are made of them).
 */
export function entriesOf(x: Tensor, output: Tensor): Tensor[] {
  if (isFloat(x)) return [x];
  const dependent = new Set<Tensor>([x]);
  const first: Tensor[] = [];
  for (const node of topologicalOrder([output])) {
    const operands = node.inputs.filter((operand) => dependent.has(operand));
    if (operands.length === 0) continue;
    dependent.add(node);
    if (isFloat(node) && !operands.some(isFloat)) first.push(node);
  }
  const embeddings = first.filter(({ op, inputs }) => op.name === "gather" && isFloat(inputs[0]!));
  return embeddings.length > 0 ? embeddings : first;
}
