/**
 * @file Choices in the body of a loop: all that are made by one condition become one ONNX `If`, and what only one of their
 * sides needs is computed inside it, in the steps that take that side.
 */
import type { Tensor } from "../expr/index.ts";
import { sameShape } from "../tensor/index.ts";
import { type Builder, liveNodes } from "./builder.ts";
import { claimOutput, type EmitOrder, type EmitTensor, valueInfo } from "./lower.ts";
import type { OnnxGraph } from "./model.ts";

/** Choices by one condition, none of which depends on another of them. */
interface Fork {
  readonly condition: Tensor;
  readonly choices: Tensor[];
  /** What only the choices' second operands need, then what only their third ones do; in the graph's order. */
  readonly sides: readonly [Tensor[], Tensor[]];
}

/** One side of a fork. */
interface Place {
  readonly fork: Fork;
  readonly side: 0 | 1;
}

function isChoice(node: Tensor): boolean {
  return node.op.name === "choose" && node.inputs[0]!.shape.length === 0;
}

/** The choices of a graph by condition and by how many lie behind them, so that those of one fork are independent. */
function forksOf(nodes: readonly Tensor[]): Map<Tensor, Fork> {
  const depths = new Map<Tensor, number>();
  const forks = new Map<string, Fork>();
  const forkOf = new Map<Tensor, Fork>();
  for (const node of nodes) {
    const behind = node.inputs.reduce((most, operand) => Math.max(most, depths.get(operand) ?? 0), 0);
    depths.set(node, behind + Number(isChoice(node)));
    if (!isChoice(node)) continue;
    const condition = node.inputs[0]!;
    const key = `${condition.id} ${behind}`;
    const fork = forks.get(key) ?? { condition, choices: [], sides: [[], []] };
    forks.set(key, fork);
    fork.choices.push(node);
    forkOf.set(node, fork);
  }
  return forkOf;
}

/** Gives each side of the forks the nodes that nothing else needs. @returns Those nodes. */
function assignSides(
  { nodes, outputs }: Parameters<EmitOrder>[1],
  forkOf: ReadonlyMap<Tensor, Fork>,
): Set<Tensor> {
  const uses = new Map<Tensor, Set<Place | undefined>>();
  const places = new Map<Fork, readonly [Place, Place]>();
  const placeIn = (fork: Fork, side: 0 | 1): Place => {
    const both = places.get(fork) ?? [
      { fork, side: 0 },
      { fork, side: 1 },
    ];
    places.set(fork, both);
    return both[side];
  };
  const use = (node: Tensor, place: Place | undefined) => {
    const known = uses.get(node);
    if (known === undefined) uses.set(node, new Set([place]));
    else known.add(place);
  };
  for (const output of outputs) use(output, undefined);
  const inside = new Set<Tensor>();
  for (const node of [...nodes].reverse()) {
    const fork = forkOf.get(node);
    const [place, ...others] = uses.get(node) ?? [];
    if (fork !== undefined) {
      use(fork.condition, undefined);
      use(node.inputs[1]!, placeIn(fork, 0));
      use(node.inputs[2]!, placeIn(fork, 1));
      continue;
    }
    const own = others.length === 0 ? place : undefined;
    for (const operand of node.inputs) use(operand, own);
    if (own === undefined) continue;
    own.fork.sides[own.side].push(node);
    inside.add(node);
  }
  for (const fork of new Set(forkOf.values())) for (const side of fork.sides) side.reverse();
  return inside;
}

/**
 * Emits the nodes of a loop's body, those of one side of a choice inside an `If`. Nodes wait until their operands are there:
 * what follows a choice may stand before another one that is made with it.
 */
export const emitWithChoices: EmitOrder = (builder, graph, emit) => {
  const forkOf = forksOf(graph.nodes);
  if (forkOf.size === 0) {
    graph.nodes.forEach(emit);
    return;
  }
  const inside = assignSides(graph, forkOf);
  const isThere = (tensor: Tensor) => builder.has(tensor);
  const emitted = (node: Tensor): boolean => {
    if (isThere(node)) return true;
    const fork = forkOf.get(node);
    if (
      !(fork === undefined ? node.inputs : operandsOf(fork)).every(
        (operand) => inside.has(operand) || isThere(operand),
      )
    ) {
      return false;
    }
    if (fork === undefined) emit(node);
    else emitFork(builder, fork, emit);
    return true;
  };
  let waiting = graph.nodes.filter((node) => !inside.has(node));
  while (waiting.length > 0) waiting = waiting.filter((node) => !emitted(node));
};

/** All that the choices of a fork and the nodes inside it take. */
function operandsOf({ choices, sides }: Fork): Tensor[] {
  return [...choices, ...sides[0], ...sides[1]].flatMap(({ inputs }) => inputs);
}

function emitFork(builder: Builder, fork: Fork, emit: EmitTensor): void {
  const [then, otherwise] = ([0, 1] as const).map((side) => emitSide(builder, fork, side, emit));
  builder.origin = "choose";
  const attributes = { then_branch: { graph: then! }, else_branch: { graph: otherwise! } };
  const condition = builder.value(fork.condition);
  const results = builder.multiNode("If", [condition], fork.choices.length, { attributes, level: 1 });
  for (const [i, choice] of fork.choices.entries()) builder.bind(choice, results[i]!);
}

function emitSide(builder: Builder, { choices, sides }: Fork, side: 0 | 1, emit: EmitTensor): OnnxGraph {
  const { nodes, result: outputs } = builder.inBranch(() => {
    for (const node of sides[side]) emit(node);
    return choices.map((choice) => {
      const operand = choice.inputs[1 + side]!;
      const value = builder.value(operand);
      const whole = sameShape(operand.shape, choice.shape)
        ? value
        : builder.node("Expand", [value, builder.integers(choice.shape)]);
      return valueInfo(claimOutput(builder, whole, 1), choice);
    });
  });
  const live = liveNodes(
    nodes,
    outputs.map(({ name }) => name),
  );
  return { name: side === 0 ? "then" : "otherwise", nodes: live, initializers: [], inputs: [], outputs };
}
