/**
 * @file A graph made ready to run: its sessions with the host operations between them. Programs are self-contained and
 * shared through the cache; executables are the handles that users hold.
 */
import { constantValue, evaluate, inputName, type Tensor, topologicalOrder } from "../expr/index.ts";
import { type NdArray, sizeOf } from "../tensor/index.ts";
import type { SessionOptions } from "./backend.ts";
import type { Disposable } from "./cache.ts";
import { channelBlock } from "./channel-block.ts";
import { encodeModel } from "./encode.ts";
import type { Feeds } from "./feeds.ts";
import type { Named } from "./graph-hash.ts";
import { type LoweredGraph, lowerGraph } from "./lower.ts";
import { countNodes } from "./model.ts";
import { cutGroup, groupOutputs } from "./packing.ts";
import { Session } from "./session.ts";
import { isLeaf, planStages, type Stage } from "./stages.ts";

/** Multiplications of a matrix product from which dividing it takes less time than it costs (bench/README.md). */
const dividedProduct = 500_000;
/** onnxruntime divides elementwise operations from about this many elements. */
const dividedElements = 32_768;

/**
 * The threads that the graph behind some tensors can use: one when all its operations are small, because products are divided
 * from 65,536 multiplications on, long before that pays.
 */
export function usefulThreads(outputs: readonly Tensor[], threads: number): number {
  const divides = topologicalOrder(outputs).some((node) => {
    if (isLeaf(node)) return false;
    const reduced = node.op.name.startsWith("reduce") ? sizeOf(node.inputs[0]!.shape) : 0;
    const products = node.op.multiplications?.(node) ?? 0;
    return Math.max(sizeOf(node.shape), reduced) >= dividedElements || products >= dividedProduct;
  });
  return divides ? threads : 1;
}

/** What runs: named arrays in, named arrays out. */
export interface Program extends Disposable {
  /** ONNX nodes of all sessions; for the interpreter, graph nodes. */
  readonly nodes: number;
  readonly stages: number;
  run(feeds: Feeds): Promise<Record<string, NdArray>>;
}

/** Above this many nodes onnxruntime's optimiser takes seconds and gains nothing (engine-evidence.md §5). */
const optimizeLimit = 1000;

/**
 * Whether onnxruntime should optimise the graph behind some tensors. Asked of the tensors, so that a step gets the same
 * answer, and the same roundings, alone and inside a loop.
 */
export function worthOptimizing(outputs: readonly Tensor[]): boolean {
  return topologicalOrder(outputs).length <= optimizeLimit;
}

/** Runs by the interpreter: no session, exact to the last rounding. For tests and tiny graphs. */
export function interpretedProgram(outputs: Named): Program {
  const tensors = outputs.map(([, tensor]) => tensor);
  return {
    nodes: topologicalOrder(tensors).length,
    stages: 0,
    run: async (feeds) => {
      const values = evaluate(tensors, feeds);
      return Object.fromEntries(outputs.map(([name], i) => [name, copied(values[i]!)]));
    },
    dispose: async () => {},
  };
}

interface PreparedStage extends Stage {
  readonly lowered: LoweredGraph;
  readonly session: Session | undefined;
}

async function prepareStage(stage: Stage, portable: boolean, options: Omit<SessionOptions, "optimize">) {
  const lowered = lowerGraph(stage.inputs, groupOutputs(stage.outputs), {
    portable,
    channelBlock: await channelBlock(options.device),
  });
  const session =
    stage.outputs.length === 0
      ? undefined
      : await Session.create(encodeModel(lowered.graph), {
          ...options,
          threads: usefulThreads(stage.outputs, options.threads),
          optimize: worthOptimizing(stage.outputs),
        });
  return { ...stage, lowered, session };
}

/** Lowers every stage and makes its session. */
export async function onnxProgram(
  outputs: Named,
  portable: boolean,
  options: Omit<SessionOptions, "optimize">,
): Promise<Program> {
  const stages: PreparedStage[] = [];
  const dispose = async () => {
    for (const { session } of stages) await session?.dispose();
  };
  try {
    for (const stage of planStages(outputs.map(([, tensor]) => tensor))) {
      stages.push(await prepareStage(stage, portable, options));
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    nodes: stages.reduce((sum, { lowered }) => sum + countNodes(lowered.graph), 0),
    stages: stages.length,
    run: (feeds) => runStages(stages, outputs, feeds),
    dispose,
  };
}

async function runStages(stages: readonly PreparedStage[], outputs: Named, feeds: Feeds) {
  const values = new Map<Tensor, NdArray>();
  const known = (node: Tensor): NdArray => {
    if (node.op.name === "input") return feeds[inputName(node)]!;
    return node.op.name === "constant" ? constantValue(node) : values.get(node)!;
  };
  for (const stage of stages) {
    if (stage.session !== undefined) {
      const { inputs, outputs: results } = stage.lowered;
      const fed = Object.fromEntries([...inputs].map(([tensor, name]) => [name, known(tensor)]));
      const fetched = await stage.session.run(
        fed,
        results.map(({ name }) => name),
      );
      for (const { name, group } of results) {
        const members = cutGroup(group, fetched[name]!);
        group.forEach((tensor, i) => {
          values.set(tensor, members[i]!);
        });
      }
    }
    for (const host of stage.hosts) values.set(host, host.op.evaluate(host.inputs.map(known), host));
  }
  return collectOutputs(outputs, known);
}

/** Every output gets storage of its own: fed arrays, constants and repeated outputs are copied. */
function collectOutputs(outputs: Named, known: (node: Tensor) => NdArray): Record<string, NdArray> {
  const given = new Set<Tensor>();
  const collected: Record<string, NdArray> = {};
  for (const [name, tensor] of outputs) {
    const value = known(tensor);
    collected[name] = isLeaf(tensor) || given.has(tensor) ? copied(value) : value;
    given.add(tensor);
  }
  return collected;
}

export function copied(array: NdArray): NdArray {
  return { ...array, data: array.data.slice() };
}
