/** @file Programs that repeat a step: inside one ONNX session, or step by step where that is not possible. */
import { inputName, type Tensor, topologicalOrder } from "../expr/index.ts";
import { type NdArray, ndarray, sizeOf, zeros } from "../tensor/index.ts";
import type { SessionOptions } from "./backend.ts";
import type { Disposable } from "./cache.ts";
import { channelBlock } from "./channel-block.ts";
import { encodeModel } from "./encode.ts";
import type { Feeds } from "./feeds.ts";
import type { Named } from "./graph-hash.ts";
import {
  type Carried,
  type LoopRequest,
  type LoweredLoop,
  lowerLoop,
  packArrays,
  unpackArrays,
} from "./loop-graph.ts";
import { countNodes } from "./model.ts";
import { copied, type Program, usefulThreads, worthOptimizing } from "./program.ts";
import { Session } from "./session.ts";

/** What a loop is fed: per-step arrays are stacked along a leading axis of length `steps`. */
export interface LoopFeeds {
  readonly carry: Feeds;
  readonly perStep: Feeds;
  readonly shared: Feeds;
  readonly steps: number;
}

export interface LoopResult {
  /** The carried values after the last step. They may be views of one buffer. */
  readonly carry: Record<string, NdArray>;
  /** The collected outputs of every step, stacked: `[steps, ...shape]`. */
  readonly collected: Record<string, NdArray>;
}

export interface LoopProgram extends Disposable {
  readonly nodes: number;
  readonly stages: number;
  run(feeds: LoopFeeds): Promise<LoopResult>;
}

/** A loop's step, its parts by name. */
export interface LoopStep {
  readonly carried: readonly Carried[];
  readonly perStep: readonly Tensor[];
  readonly shared: readonly Tensor[];
  readonly collect: Named;
}

/** A carried value that the step hands on as it is needs no carrying: it is shared. */
function splitCarried({ carried }: LoopStep): { moving: Carried[]; still: Carried[] } {
  return {
    moving: carried.filter(({ input, next }) => next !== input),
    still: carried.filter(({ input, next }) => next === input),
  };
}

/** The loop as one session with an ONNX `Loop`. */
export async function onnxLoopProgram(
  step: LoopStep,
  portable: boolean,
  options: Omit<SessionOptions, "optimize">,
): Promise<LoopProgram> {
  const { moving, still } = splitCarried(step);
  const collected = step.collect.map(([, tensor]) => tensor);
  const results = [...moving.map(({ next }) => next), ...collected];
  const used = new Set(topologicalOrder(results));
  const request: LoopRequest = {
    carried: moving,
    perStep: step.perStep.filter((tensor) => used.has(tensor)),
    shared: [...step.shared, ...still.map(({ input }) => input)].filter((tensor) => used.has(tensor)),
    collected,
  };
  const lowered = lowerLoop(request, { portable, channelBlock: await channelBlock(options.device) });
  const settings = {
    ...options,
    optimize: worthOptimizing(results),
    threads: usefulThreads(results, options.threads),
  };
  const session =
    results.length === 0 ? undefined : await Session.create(encodeModel(lowered.graph), settings);
  return {
    nodes: countNodes(lowered.graph),
    stages: 1,
    dispose: async () => session?.dispose(),
    run: async (feeds) => {
      const unchanged = still.map(({ input }) => [inputName(input), feeds.carry[inputName(input)]!] as const);
      const { carry, collected } = await runLoop(session, lowered, step.collect, feeds);
      return { carry: { ...carry, ...Object.fromEntries(unchanged) }, collected };
    },
  };
}

async function runLoop(
  session: Session | undefined,
  lowered: LoweredLoop,
  collect: Named,
  feeds: LoopFeeds,
): Promise<LoopResult> {
  if (session === undefined) return { carry: {}, collected: {} };
  const names = [...lowered.carried.map(({ exit }) => exit), ...lowered.collected];
  const values = await session.run(onnxFeeds(lowered, feeds), names);
  const moved = lowered.carried.flatMap(({ group, exit }) =>
    unpackArrays(group, values[exit]!).map((array, i) => [inputName(group[i]!.input), array] as const),
  );
  return {
    carry: Object.fromEntries(moved),
    collected: Object.fromEntries(collect.map(([name], i) => [name, values[lowered.collected[i]!]!])),
  };
}

function onnxFeeds(
  lowered: LoweredLoop,
  { carry, perStep, shared, steps }: LoopFeeds,
): Record<string, NdArray> {
  const fed: Record<string, NdArray> = { [lowered.steps]: ndarray("int64", [], [steps]) };
  for (const { group, entry } of lowered.carried) {
    fed[entry] = packArrays(group.map(({ input }) => carry[inputName(input)]!));
  }
  for (const [tensor, name] of lowered.perStep) fed[name] = perStep[inputName(tensor)]!;
  for (const [tensor, name] of lowered.shared) {
    fed[name] = shared[inputName(tensor)] ?? carry[inputName(tensor)]!;
  }
  return fed;
}

const nextKey = (name: string) => `next ${name}`;
const collectKey = (name: string) => `collect ${name}`;

/** The outputs of one step, under keys that cannot meet: what {@link stepwiseLoopProgram} runs. */
export function stepOutputs({ carried, collect }: LoopStep): Named {
  return [
    ...carried.map(({ input, next }) => [nextKey(inputName(input)), next] as const),
    ...collect.map(([name, tensor]) => [collectKey(name), tensor] as const),
  ];
}

/** The loop by repeated runs of a program of one step: for the interpreter, and for steps with host operations. */
export function stepwiseLoopProgram(step: LoopStep, program: Program): LoopProgram {
  return {
    nodes: program.nodes,
    stages: program.stages,
    dispose: () => program.dispose(),
    run: async ({ carry, perStep, shared, steps }) => {
      let current: Feeds = carry;
      const collected = Object.fromEntries(
        step.collect.map(([name, { dtype, shape }]) => [name, zeros(dtype, [steps, ...shape])]),
      );
      for (let i = 0; i < steps; i++) {
        const rows = Object.fromEntries(
          step.perStep.map((tensor) => [inputName(tensor), rowOf(perStep, tensor, i)]),
        );
        const results = await program.run({ ...shared, ...current, ...rows });
        current = Object.fromEntries(
          step.carried.map(({ input }) => [inputName(input), results[nextKey(inputName(input))]!]),
        );
        for (const [name, { shape }] of step.collect) {
          const target = collected[name]!.data as Float32Array;
          target.set(results[collectKey(name)]!.data as Float32Array, i * sizeOf(shape));
        }
      }
      return { carry: { ...current }, collected };
    },
  };
}

function rowOf(perStep: Feeds, tensor: Tensor, step: number): NdArray {
  const size = sizeOf(tensor.shape);
  const { data } = perStep[inputName(tensor)]!;
  const row = data.subarray(step * size, (step + 1) * size) as Float32Array;
  return ndarray(tensor.dtype, tensor.shape, row);
}

/** No step: the carried values as they were, nothing collected. */
export function emptyResult(step: LoopStep, carry: Feeds): LoopResult {
  return {
    carry: Object.fromEntries(Object.entries(carry).map(([name, array]) => [name, copied(array)])),
    collected: Object.fromEntries(
      step.collect.map(([name, { dtype, shape }]) => [
        name,
        { dtype, shape: [0, ...shape], data: zeros(dtype, [0]).data },
      ]),
    ),
  };
}
