/**
 * @file Lowering of a step that is repeated: one ONNX model with a `Loop` whose body is the step (engine.md §3).
 * Carried values enter and leave packed, one flat tensor per dtype, because every output of a session is copied at a fixed
 * cost; inside the loop they are separate. Values fed per step are gathered by the iteration number; shared ones are
 * seen from outside, and what depends on nothing else is computed once, before the loop.
 */
import { inputName, type Tensor } from "../expr/index.ts";
import { type DType, filled, type NdArray, ndarray, sizeOf } from "../tensor/index.ts";
import { Builder, liveNodes } from "./builder.ts";
import { claimOutput, emitResults, valueInfo } from "./lower.ts";
import type { OnnxGraph, ValueInfo } from "./model.ts";

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
  readonly packedIn: ReadonlyMap<DType, string>;
  readonly packedOut: ReadonlyMap<DType, string>;
  readonly perStep: ReadonlyMap<Tensor, string>;
  readonly shared: ReadonlyMap<Tensor, string>;
  readonly collected: readonly string[];
}

/** Carried values by dtype, in order: the layout of the packed tensors. */
export function packingOf(carried: readonly Carried[]): Map<DType, Carried[]> {
  const groups = new Map<DType, Carried[]>();
  for (const value of carried) {
    const group = groups.get(value.input.dtype) ?? [];
    group.push(value);
    groups.set(value.input.dtype, group);
  }
  return groups;
}

function packedSize(group: readonly Carried[]): number {
  return group.reduce((sum, { input }) => sum + sizeOf(input.shape), 0);
}

function packedInfos(groups: ReadonlyMap<DType, Carried[]>, names: ReadonlyMap<DType, string>): ValueInfo[] {
  return [...groups].map(([dtype, group]) => ({
    name: names.get(dtype)!,
    dtype,
    shape: [packedSize(group)],
  }));
}

/** Splits a packed tensor into the initial carried values. */
function unpack(builder: Builder, packed: string, group: readonly Carried[]): string[] {
  const sizes = group.map(({ input }) => sizeOf(input.shape));
  const parts =
    group.length === 1
      ? [packed]
      : builder.multiNode("Split", [packed, builder.integers(sizes)], sizes.length, {
          attributes: { axis: { int: 0 } },
        });
  return parts.map((part, i) => builder.node("Reshape", [part, builder.integers(group[i]!.input.shape)]));
}

function pack(builder: Builder, values: readonly string[]): string {
  const flat = values.map((value) => builder.node("Reshape", [value, builder.integers([-1])]));
  return claimOutput(
    builder,
    flat.length === 1 ? flat[0]! : builder.node("Concat", flat, { axis: { int: 0 } }),
    0,
  );
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

interface Body {
  readonly graph: OnnxGraph;
  readonly iteration: string;
}

/** The body: condition and carried values in and out, then the collected outputs. */
function buildBody(
  builder: Builder,
  request: LoopRequest,
  order: readonly Carried[],
  iteration: string,
): Body {
  const condition = builder.declare(1);
  const carriedIn = order.map(({ input }) => {
    const name = builder.declare(1);
    builder.bind(input, name);
    return valueInfo(name, input);
  });
  const results = [...order.map(({ next }) => next), ...request.collected];
  const given = new Set([...order.map(({ input }) => input), ...request.perStep, ...request.shared]);
  emitResults(builder, results, given);
  const proceed = claimOutput(builder, condition, 1);
  const outputs = results.map((tensor) => valueInfo(claimOutput(builder, builder.value(tensor), 1), tensor));
  const nodes = liveNodes(builder.nodes[1], [proceed, ...outputs.map(({ name }) => name)]);
  const graph: OnnxGraph = {
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
  return { graph, iteration };
}

const always: NdArray = filled("bool", [], 1);

/** Lowers a repeated step. The number of steps is fed when the model runs. */
export function lowerLoop(request: LoopRequest, options: { portable?: boolean } = {}): LoweredLoop {
  const builder = new Builder(options);
  const groups = packingOf(request.carried);
  const order = [...groups.values()].flat();
  const steps = builder.declare(0, "steps");
  const packedIn = new Map(
    [...groups.keys()].map((dtype) => [dtype, builder.declare(0, `carry.${dtype}`)] as const),
  );
  const shared = bindShared(builder, request.shared);
  const iteration = builder.declare(1);
  const perStep = bindPerStep(builder, request.perStep, iteration);
  builder.origin = "loop";
  const initial = [...groups].flatMap(([dtype, group]) => unpack(builder, packedIn.get(dtype)!, group));
  const { graph: body } = buildBody(builder, request, order, iteration);
  builder.origin = "loop";
  const finals = builder.multiNode(
    "Loop",
    [steps, builder.constant(always), ...initial],
    order.length + request.collected.length,
    { attributes: { body: { graph: body } } },
  );
  const collected = finals.slice(order.length);
  const packedOut = packFinals(builder, groups, finals);
  const outer = liveNodes(builder.nodes[0], [...packedOut.values(), ...collected]);
  const used = new Set([...outer, ...body.nodes].flatMap((node) => node.inputs));
  const graph: OnnxGraph = {
    name: "fathom",
    nodes: outer,
    initializers: builder.initializers.filter(({ name }) => used.has(name)),
    inputs: [
      { name: steps, dtype: "int64", shape: [] },
      ...packedInfos(groups, packedIn),
      ...[...perStep].map(([{ dtype, shape }, name]) => ({ name, dtype, shape: ["steps", ...shape] })),
      ...[...shared].map(([tensor, name]) => valueInfo(name, tensor)),
    ],
    outputs: [
      ...packedInfos(groups, packedOut),
      ...request.collected.map(({ dtype, shape }, i) => ({
        name: collected[i]!,
        dtype,
        shape: ["steps", ...shape],
      })),
    ],
  };
  return { graph, steps, packedIn, packedOut, perStep, shared, collected };
}

function packFinals(builder: Builder, groups: ReadonlyMap<DType, Carried[]>, finals: readonly string[]) {
  const packed = new Map<DType, string>();
  let first = 0;
  for (const [dtype, group] of groups) {
    packed.set(dtype, pack(builder, finals.slice(first, first + group.length)));
    first += group.length;
  }
  return packed;
}

/** Views of the packed result, one array per carried value. */
export function unpackArrays(group: readonly Carried[], packed: NdArray): NdArray[] {
  let start = 0;
  return group.map(({ input }) => {
    const end = start + sizeOf(input.shape);
    const data = packed.data.subarray(start, end) as Float32Array;
    start = end;
    return ndarray(input.dtype, input.shape, data);
  });
}

/** One flat array of the carried values; the storage they already share, when they are views of a packed result. */
export function packArrays(dtype: DType, arrays: readonly NdArray[]): NdArray {
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
