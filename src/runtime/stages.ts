/**
 * @file Cuts a graph into stages by host operations (engine.md §2): session 0, host operations 0, session 1, … Each
 * session computes everything that its depth of host operations allows.
 */
import { type Tensor, topologicalOrder } from "../expr/index.ts";

/** One session and the host operations after it, by tensor. */
export interface Stage {
  /** Values the session receives: graph inputs, results of host operations and of earlier sessions. */
  readonly inputs: readonly Tensor[];
  /** Values the session must hand out. Empty when the stage needs no session. */
  readonly outputs: readonly Tensor[];
  /** Host operations to evaluate after the session, operands first. */
  readonly hosts: readonly Tensor[];
}

/** True for nodes that no session computes: they are fed, or written into the model. */
export function isLeaf(node: Tensor): boolean {
  return node.op.name === "input" || node.op.name === "constant";
}

/** How many rounds of host operations must have run before each node can be computed. */
function depths(order: readonly Tensor[]): Map<Tensor, number> {
  const depth = new Map<Tensor, number>();
  for (const node of order) {
    let own = 0;
    for (const operand of node.inputs) {
      // A host operation may follow another one within the same round; a session node waits for the next one.
      const waits = operand.op.host === true && node.op.host !== true ? 1 : 0;
      own = Math.max(own, depth.get(operand)! + waits);
    }
    depth.set(node, own);
  }
  return depth;
}

/** The stages that compute `outputs`, first to last. A graph without host operations is one stage. */
export function planStages(outputs: readonly Tensor[]): Stage[] {
  const order = topologicalOrder(outputs);
  const depth = depths(order);
  const last = Math.max(0, ...order.map((node) => depth.get(node)!));
  const inputs = Array.from({ length: last + 1 }, () => new Set<Tensor>());
  const wanted = Array.from({ length: last + 1 }, () => new Set<Tensor>());
  const hosts = Array.from({ length: last + 1 }, () => [] as Tensor[]);
  const computed = (node: Tensor) => !isLeaf(node) && node.op.host !== true;

  for (const node of order) {
    if (isLeaf(node)) continue;
    const stage = depth.get(node)!;
    if (node.op.host === true) hosts[stage]!.push(node);
    for (const operand of node.inputs) {
      const elsewhere = node.op.host === true || depth.get(operand)! !== stage || operand.op.host === true;
      if (computed(operand) && elsewhere) wanted[depth.get(operand)!]!.add(operand);
      const received = operand.op.name === "input" || (operand.op.name !== "constant" && elsewhere);
      if (computed(node) && received) inputs[stage]!.add(operand);
    }
  }
  for (const output of outputs) if (computed(output)) wanted[depth.get(output)!]!.add(output);
  return wanted.map((set, stage) => ({
    inputs: [...inputs[stage]!],
    outputs: [...set],
    hosts: hosts[stage]!,
  }));
}
