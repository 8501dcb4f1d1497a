/**
 * @file The blocks of a network that only its graph describes: taps stand where every path from input to output passes
 * through one tensor, and a layer with weights lies between each two. That is behind the sum of a residual block, or behind
 * the affine map of a plain layer; normalisations, activations and reshapes belong to the block that follows.
 */
import { inputName, type Tensor } from "../../expr/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { Flow } from "./flow.ts";
import { affineName, residualName, type TensorNames } from "./names.ts";

/** Where a block ends. */
export interface BlockEnd {
  /** `layers.3`: from the names of the weights in it, else from the exporter's scope. */
  readonly name: string;
  readonly kind: "residual" | "affine" | "start";
  readonly tensor: Tensor;
  /** The weights whose size sets that of the block's output: those that multiply last, in each residual branch. */
  readonly last: readonly string[];
  /** The linear maps by other weights inside the block, in order. */
  readonly inner: readonly InnerMap[];
}

/** A linear map inside a block: what it gives, and by which weights. */
export interface InnerMap {
  readonly tensor: Tensor;
  readonly weights: readonly string[];
}

const affineOps = new Set(["matmul", "conv", "convInput"]);

/** The tensors between two neighbouring cuts. */
interface Region {
  readonly end: Tensor;
  /** In order, the end included. */
  readonly nodes: readonly Tensor[];
}

/**
 * The ends of the blocks, in order. Exporters share equal weights (LayerNorms as they begin) between modules, so a block is
 * named by the weights that it uses first.
 * @param flow From the first float tensors to the output.
 * @param names Names of the tensors in the file.
 * @param start A first tap in front of all blocks: where token ids become floats.
 */
export function blockEnds(flow: Flow, names: TensorNames, start?: Tensor): BlockEnd[] {
  const regions = regionsOf(flow);
  const ends: Omit<BlockEnd, "inner">[] = start === undefined ? [] : [startOf(start, names)];
  const seen = new Set<string>();
  let weights: string[] = [];
  for (let i = 0; i < regions.length; i++) {
    const { nodes, end } = regions[i]!;
    if (end === start) for (const name of weightsOf(nodes, flow)) seen.add(name);
    weights.push(...weightsOf(nodes, flow));
    const first = nodes.findIndex((node) => isWeighted(node, flow));
    if (first < 0) continue;
    const kind = isSum(end, flow) ? "residual" : "affine";
    const keeps = kind === "residual" ? isTrivial : isNormalising;
    const behind = extended(i, regions, { keeps, flow, names });
    const after = regions.slice(i + 1, behind + 1).flatMap((region) => region.nodes);
    weights.push(...weightsOf(after, flow));
    const own = weightsOf([...nodes.slice(first), ...biasOf(regions[i + 1], flow)], flow);
    const tensor = regions[behind]!.end;
    const fresh = (all: readonly string[]) => all.filter((name) => !seen.has(name));
    const name =
      kind === "residual"
        ? residualName(fresh(weights), tensor, names)
        : affineName(fresh(own).length > 0 ? fresh(own) : own, tensor, names);
    const before = ends.at(-1);
    const merged = kind === "residual" && before?.kind === kind && before.name === name;
    if (merged) ends.pop();
    const sizing = lastWeights([...nodes, ...after], flow);
    const last = [...new Set([...(merged ? before.last : []), ...sizing])];
    ends.push({ name, kind, tensor, last });
    for (const one of weights) seen.add(one);
    weights = [];
    i = behind;
  }
  return withInner(withDistinctNames(ends), flow);
}

/** The same with the linear maps between each end and the one before it. */
function withInner(ends: readonly Omit<BlockEnd, "inner">[], flow: Flow): BlockEnd[] {
  const places = new Map(flow.order.map((node, i) => [node, i]));
  return ends.map((end, i) => {
    const from = i === 0 ? 0 : places.get(ends[i - 1]!.tensor)! + 1;
    const inner = flow.order.slice(from, places.get(end.tensor)! + 1).flatMap((tensor) => {
      if (!isWeighted(tensor, flow)) return [];
      const weights = trainedOf(tensor, flow).filter((name) => !end.last.includes(name));
      return weights.length === 0 ? [] : [{ tensor, weights }];
    });
    return { ...end, inner };
  });
}

function startOf(tensor: Tensor, names: TensorNames): Omit<BlockEnd, "inner"> {
  return { name: names.nameOf(tensor) ?? "embedding", kind: "start", tensor, last: [] };
}

function regionsOf({ order, cuts }: Flow): Region[] {
  const isCut = new Set(cuts);
  const regions: Region[] = [];
  let nodes: Tensor[] = [];
  for (const node of order) {
    nodes.push(node);
    if (!isCut.has(node)) continue;
    regions.push({ end: node, nodes });
    nodes = [];
  }
  return regions;
}

/** A linear map by weights: the other operand carries no derivative of the data. */
function isWeighted(node: Tensor, flow: Flow): boolean {
  return affineOps.has(node.op.name) && flow.operandsOf(node).length === 1 && !isRepeated(node);
}

/** The weights that multiply last: of a linear map, or the scale of a normalisation behind it. */
function lastWeights(nodes: readonly Tensor[], flow: Flow): string[] {
  const carries = (tensor: Tensor | undefined, node: Tensor) => flow.operandsOf(node).includes(tensor!);
  // A normalisation multiplies by its scale, or divides the scale by the deviation first.
  const scales = (node: Tensor) =>
    (node.op.name === "mul" && flow.operandsOf(node).length === 1) ||
    (node.op.name === "div" && !carries(node.inputs[0], node));
  const multiplies = (node: Tensor) => isWeighted(node, flow) || scales(node);
  const node = nodes.findLast((one) => multiplies(one) && trainedOf(one, flow).length > 0);
  return node === undefined ? [] : trainedOf(node, flow);
}

/** The weights that enter one node, but for running statistics. */
function trainedOf(node: Tensor, flow: Flow): string[] {
  return weightsOf([node], flow).filter((name) => !/running_(mean|var)$/.test(name));
}

/** x xᵀ: both operands are the same tensor. */
function isRepeated({ inputs }: Tensor): boolean {
  return inputs[0] === inputs[1];
}

function isSum(node: Tensor, flow: Flow): boolean {
  return node.op.name === "add" && flow.operandsOf(node).length === 2;
}

/** The last of the following cuts that only adds a bias, scales or reshapes; the last with a name where there is one. */
function extended(
  from: number,
  regions: readonly Region[],
  { keeps, flow, names }: { readonly keeps: Keeps; readonly flow: Flow; readonly names: TensorNames },
): number {
  let last = from;
  let named = from;
  while (last + 1 < regions.length && keeps(regions[last + 1]!, flow)) {
    last++;
    if (names.nameOf(regions[last]!.end) !== undefined) named = last;
  }
  return named === from && names.nameOf(regions[from]!.end) === undefined ? last : named;
}

/** Whether what a region does may be counted to the block before it. */
type Keeps = (region: Region, flow: Flow) => boolean;

const normalisingOps = new Set(
  "add sub mul div square pow sqrt exp log reduceMean reduceSum reshape transpose broadcastTo cast layerNorm".split(
    " ",
  ),
);
const nonlinearOps = new Set(["square", "pow", "sqrt", "exp", "log"]);

/** Shifts, scales and normalisations: what else is not linear comes with a mean over units or examples. */
function isNormalising(region: Region, flow: Flow): boolean {
  if (isTrivial(region, flow)) return true;
  const ops = region.nodes.map(({ op }) => op.name);
  const entered = flow.operandsOf(region.nodes[0]!)[0];
  return (
    ops.every((name) => normalisingOps.has(name)) &&
    (ops.some((name) => name.startsWith("reduce")) ||
      !(
        ops.some((name) => nonlinearOps.has(name)) ||
        region.nodes.some((node) => flow.operandsOf(node).length > 1)
      )) &&
    entered !== undefined &&
    sizeOf(entered.shape) === sizeOf(region.end.shape)
  );
}

/** The region of a bias behind an affine map. */
function biasOf(region: Region | undefined, flow: Flow): readonly Tensor[] {
  return region?.end.op.name === "add" && isTrivial(region, flow) ? region.nodes : [];
}

const moves = new Set(["reshape", "transpose", "cast"]);

function isTrivial({ nodes, end }: Region, flow: Flow): boolean {
  if (nodes.length !== 1) return false;
  const { op, inputs } = end;
  if (moves.has(op.name)) return true;
  if (flow.operandsOf(end).length !== 1 || inputs.length !== 2) return false;
  if (op.name === "add" || op.name === "sub") return true;
  const other = inputs.find((operand) => !flow.operandsOf(end).includes(operand));
  return (op.name === "mul" || op.name === "div") && other !== undefined && sizeOf(other.shape) === 1;
}

/** Names of the weights that enter some nodes, each once. */
function weightsOf(nodes: readonly Tensor[], flow: Flow): string[] {
  const found = new Set<string>();
  for (const node of nodes) {
    const carried = new Set(flow.operandsOf(node));
    const outside = new Set(node.inputs.filter((operand) => !carried.has(operand)));
    // A set visits what is added while it is walked: weights are often transposed before they are used.
    for (const operand of outside) {
      if (operand.op.name === "input") found.add(inputName(operand));
      else if (outside.size < mostOutside) for (const inner of operand.inputs) outside.add(inner);
    }
  }
  return [...found];
}

/** Weights stand a few nodes behind where they are used; a mask made of the input may have a long history. */
const mostOutside = 64;

function withDistinctNames<E extends { readonly name: string }>(ends: readonly E[]): E[] {
  const seen = new Map<string, number>();
  return ends.map((end) => {
    const times = (seen.get(end.name) ?? 0) + 1;
    seen.set(end.name, times);
    return times === 1 ? end : { ...end, name: `${end.name} (${times})` };
  });
}
