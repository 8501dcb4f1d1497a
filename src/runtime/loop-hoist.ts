/**
 * @file Host operations that depend on a loop's shared inputs alone (the aggregation of a graph's features, the factor of a fixed
 * kernel) are taken out of its step and computed once a run. A step that keeps none may then run inside one session.
 */
import { input, inputName, substitute, type Tensor, topologicalOrder } from "../expr/index.ts";
import type { Named } from "./graph-hash.ts";
import type { LoopProgram, LoopStep } from "./loop-program.ts";
import type { Program } from "./program.ts";

/** A step, and what it takes as further shared inputs of these names. */
export interface HoistedStep {
  readonly step: LoopStep;
  readonly hoisted: Named;
}

function resultsOf({ carried, collect }: LoopStep): Tensor[] {
  return [...carried.map(({ next }) => next), ...collect.map(([, tensor]) => tensor)];
}

function inputsOfStep({ carried, perStep, shared }: LoopStep): Tensor[] {
  return [...carried.map((value) => value.input), ...perStep, ...shared];
}

/** The last tensors that depend on host operations, but on nothing that changes from step to step. */
function fixedHostResults(step: LoopStep): Tensor[] {
  const results = resultsOf(step);
  const varying = new Set<Tensor>([...step.carried.map((value) => value.input), ...step.perStep]);
  const fixed = new Set<Tensor>();
  const wanted = new Set<Tensor>();
  for (const node of topologicalOrder(results)) {
    if (node.inputs.some((operand) => varying.has(operand))) {
      varying.add(node);
      for (const operand of node.inputs) if (fixed.has(operand)) wanted.add(operand);
    } else if (node.op.host === true || node.inputs.some((operand) => fixed.has(operand))) fixed.add(node);
  }
  for (const result of results) if (fixed.has(result)) wanted.add(result);
  return [...wanted];
}

/** Takes out what need not be repeated. */
export function hoistFixed(step: LoopStep): HoistedStep {
  const wanted = fixedHostResults(step);
  if (wanted.length === 0) return { step, hoisted: [] };
  const taken = new Set(inputsOfStep(step).map(inputName));
  const replacements = new Map<Tensor, Tensor>();
  for (const tensor of wanted) {
    let name = `${tensor.op.name} ${replacements.size}`;
    while (taken.has(name)) name += "'";
    replacements.set(tensor, input(name, tensor.shape, tensor.dtype));
  }
  const results = substitute(resultsOf(step), replacements);
  const { carried, perStep, shared, collect } = step;
  return {
    hoisted: [...replacements].map(([tensor, place]) => [inputName(place), tensor] as const),
    step: {
      carried: carried.map((value, i) => ({ input: value.input, next: results[i]! })),
      perStep,
      shared: [...shared, ...replacements.values()],
      collect: collect.map(([name], i) => [name, results[carried.length + i]!] as const),
    },
  };
}

/** A loop whose further shared inputs are computed by `before`, once a run. */
export function preparedLoop(before: Program, loop: LoopProgram): LoopProgram {
  return {
    nodes: before.nodes + loop.nodes,
    stages: before.stages + loop.stages,
    dispose: async () => {
      await before.dispose();
      await loop.dispose();
    },
    run: async (feeds) =>
      loop.run({ ...feeds, shared: { ...feeds.shared, ...(await before.run(feeds.shared)) } }),
  };
}
