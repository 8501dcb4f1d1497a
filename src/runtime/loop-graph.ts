/**
 * @file Lowering of a step that is repeated: one ONNX model with a `Loop` whose body is the step (engine.md §3).
 * Small carried values enter and leave packed, one flat tensor per dtype, because every output of a session is handed out
 * at a fixed cost; large ones, for which a further copy costs more than that, go by themselves. Inside the loop all are
 * separate. Values fed per step are gathered by the iteration number; shared ones are seen from outside, and what depends
 * on nothing else is computed once, before the loop.
 */
import { inputName, type Tensor } from "../expr/index.ts";
import { filled, type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import { Builder, byteSize, type EmitOptions, liveNodes } from "./builder.ts";
import { emitWithChoices } from "./choices.ts";
import { claimOutput, emitResults, valueInfo } from "./lower.ts";
import { allNodes, type OnnxGraph, type ValueInfo } from "./model.ts";

/** A value carried from step to step: `input` in the step's expressions, `next` after the step. */
export interface Carried {
  readonly input: Tensor;
  readonly next: Tensor;
}

export interface LoopRequest {
  readonly carried: readonly Carried[];
  readonly perStep: readonly Tensor[];
  readonly shared: readonly Tensor[];
  readonly collected: readonly Tensor[];
}

/** The model and the names of its inputs and outputs, in the order of the request. */
export interface LoweredLoop {
  readonly graph: OnnxGraph;
  readonly steps: string;
  readonly carried: readonly LoweredCarry[];
  readonly perStep: ReadonlyMap<Tensor, string>;
  readonly shared: ReadonlyMap<Tensor, string>;
  readonly collected: readonly string[];
}

/** Carried values that travel together, as one flat tensor unless there is only one. */
export type CarryGroup = readonly Carried[];

/** A group and the names of its input and output. */
export interface LoweredCarry {
  readonly group: CarryGroup;
  readonly entry: string;
  readonly exit: string;
}

/** Above this size a value travels by itself. */
const smallBytes = 32_768;

/** Small carried values by dtype, large ones singly. */
export function groupCarried(carried: readonly Carried[]): CarryGroup[] {
  const groups = new Map<unknown, Carried[]>();
  for (const value of carried) {
    const key = byteSize(value.input) <= smallBytes ? value.input.dtype : value;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

function groupInfo(name: string, group: CarryGroup): ValueInfo {
  const { input } = group[0]!;
  if (group.length === 1) return valueInfo(name, input);
  const size = group.reduce((sum, { input }) => sum + sizeOf(input.shape), 0);
  return { name, dtype: input.dtype, shape: [size] };
}

/** The initial carried values from a group's input. */
function unpack(builder: Builder, entry: string, group: CarryGroup): string[] {
  if (group.length === 1) return [entry];
  const sizes = builder.integers(group.map(({ input }) => sizeOf(input.shape)));
  const parts = builder.multiNode("Split", [entry, sizes], group.length, {
    attributes: { axis: { int: 0 } },
  });
  return parts.map((part, i) => builder.node("Reshape", [part, builder.integers(group[i]!.input.shape)]));
}

function pack(builder: Builder, values: readonly string[]): string {
  if (values.length === 1) return claimOutput(builder, values[0]!, 0);
  const flat = values.map((value) => builder.node("Reshape", [value, builder.integers([-1])]));
  return claimOutput(builder, builder.node("Concat", flat, { axis: { int: 0 } }), 0);
}

/** The per-step arrays are stacked along a leading axis; the body sees the row of its iteration. */
function bindPerStep(builder: Builder, perStep: readonly Tensor[], iteration: string): Map<Tensor, string> {
  return new Map(
    perStep.map((tensor) => {
      const name = builder.declare(0, inputName(tensor));
      builder.bind(tensor, builder.node("Gather", [name, iteration], { axis: { int: 0 } }));
      return [tensor, name];
    }),
  );
}

function bindShared(builder: Builder, shared: readonly Tensor[]): Map<Tensor, string> {
  return new Map(
    shared.map((tensor) => {
      const name = builder.declare(0, inputName(tensor));
      builder.bind(tensor, name);
      return [tensor, name];
    }),
  );
}

/** The body: condition and carried values in and out, then the collected outputs. */
function buildBody(
  builder: Builder,
  request: LoopRequest,
  order: readonly Carried[],
  iteration: string,
): OnnxGraph {
  const condition = builder.declare(1);
  const carriedIn = order.map(({ input }) => {
    const name = builder.declare(1);
    builder.bind(input, name);
    return valueInfo(name, input);
  });
  const results = [...order.map(({ next }) => next), ...request.collected];
  const given = new Set([...order.map(({ input }) => input), ...request.perStep, ...request.shared]);
  emitResults(builder, results, given, emitWithChoices);
  const proceed = claimOutput(builder, condition, 1);
  const outputs = results.map((tensor) => valueInfo(claimOutput(builder, builder.value(tensor), 1), tensor));
  const nodes = liveNodes(builder.nodes[1], [proceed, ...outputs.map(({ name }) => name)]);
  return {
    name: "step",
    nodes,
    initializers: [],
    inputs: [
      { name: iteration, dtype: "int64", shape: [] },
      { name: condition, dtype: "bool", shape: [] },
      ...carriedIn,
    ],
    outputs: [{ name: proceed, dtype: "bool", shape: [] }, ...outputs],
  };
}

const always: NdArray = filled("bool", [], 1);

/** Lowers a repeated step. The number of steps is fed when the model runs. */
export function lowerLoop(request: LoopRequest, options: EmitOptions = {}): LoweredLoop {
  const builder = new Builder(options);
  const groups = groupCarried(request.carried);
  const order = groups.flat();
  const steps = builder.declare(0, "steps");
  const entries = groups.map((group) =>
    builder.declare(0, group.length === 1 ? inputName(group[0]!.input) : `carry.${group[0]!.input.dtype}`),
  );
  const shared = bindShared(builder, request.shared);
  const iteration = builder.declare(1);
  const perStep = bindPerStep(builder, request.perStep, iteration);
  builder.origin = "loop";
  const initial = groups.flatMap((group, i) => unpack(builder, entries[i]!, group));
  const body = buildBody(builder, request, order, iteration);
  builder.origin = "loop";
  const finals = builder.multiNode(
    "Loop",
    [steps, builder.constant(always), ...initial],
    order.length + request.collected.length,
    { attributes: { body: { graph: body } } },
  );
  let first = 0;
  const carried = groups.map((group, i): LoweredCarry => {
    const values = finals.slice(first, first + group.length);
    first += group.length;
    return { group, entry: entries[i]!, exit: pack(builder, values) };
  });
  const names = { steps, carried, perStep, shared, collected: finals.slice(order.length) };
  return { ...names, graph: outerGraph(builder, body, names, request.collected) };
}

/** The graph around the loop, with its typed inputs and outputs. */
function outerGraph(
  builder: Builder,
  body: OnnxGraph,
  { steps, carried, perStep, shared, collected }: Omit<LoweredLoop, "graph">,
  collectedTensors: readonly Tensor[],
): OnnxGraph {
  const exits = [...carried.map(({ exit }) => exit), ...collected];
  const nodes = liveNodes(builder.nodes[0], exits);
  const used = new Set([...nodes, ...allNodes(body)].flatMap((node) => node.inputs));
  const stacked = (name: string, { dtype, shape }: Tensor) => ({ name, dtype, shape: ["steps", ...shape] });
  return {
    name: "fathom",
    nodes,
    initializers: builder.initializers.filter(({ name }) => used.has(name)),
    inputs: [
      { name: steps, dtype: "int64", shape: [] },
      ...carried.map(({ entry, group }) => groupInfo(entry, group)),
      ...[...perStep].map(([tensor, name]) => stacked(name, tensor)),
      ...[...shared].map(([tensor, name]) => valueInfo(name, tensor)),
    ],
    outputs: [
      ...carried.map(({ exit, group }) => groupInfo(exit, group)),
      ...collected.map((name, i) => stacked(name, collectedTensors[i]!)),
    ],
  };
}

/** The carried values of a group from its output: views of a packed one. */
export function unpackArrays(group: CarryGroup, exit: NdArray): NdArray[] {
  if (group.length === 1) return [exit];
  let start = 0;
  return group.map(({ input }) => {
    const end = start + sizeOf(input.shape);
    const data = exit.data.subarray(start, end) as Float32Array;
    start = end;
    return ndarray(input.dtype, input.shape, data);
  });
}

/** The input of a group: one flat array; the storage that the members share already, when they are views of a packed result. */
export function packArrays(arrays: readonly NdArray[]): NdArray {
  if (arrays.length === 1) return arrays[0]!;
  const { dtype } = arrays[0]!;
  const total = arrays.reduce((sum, { data }) => sum + data.length, 0);
  const first = arrays[0]!.data as Float32Array<ArrayBuffer>;
  let at = first.byteOffset;
  const contiguous = arrays.every(({ data }) => {
    const follows = data.buffer === first.buffer && data.byteOffset === at;
    at += data.byteLength;
    return follows;
  });
  const Storage = first.constructor as typeof Float32Array;
  if (contiguous) return ndarray(dtype, [total], new Storage(first.buffer, first.byteOffset, total));
  const packed = new Storage(total);
  let start = 0;
  for (const { data } of arrays) {
    packed.set(data as Float32Array, start);
    start += data.length;
  }
  return ndarray(dtype, [total], packed);
}
