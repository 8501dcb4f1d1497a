/**
 * @file Walks a network from its input: gives every layer its path, shapes and parameters, and finds layers that do not
 * meet. Layers of one list are visited in a loop; only branches recurse, and their nesting is bounded.
 */
import { FathomError, showShape, sizeOf } from "../tensor/index.ts";
import { MAX_PARAMETERS } from "./bounds.ts";
import { chainsOf } from "./chains.ts";
import type { ChainShapes, LayerRecord, Place, WithParameters } from "./define.ts";
import type { Sources } from "./expand.ts";
import { declareParameters, type Ledger, type ParameterSpec, settleLoans } from "./parameters.ts";
import { recordOf } from "./registry.ts";
import { MAX_EXAMPLE_SIZE, type NetShape, showNetShape } from "./shapes.ts";
import type { LayerSpec, Net } from "./spec.ts";

/** A layer in its place. */
export interface ModelLayer {
  /** `3.branch.0`: prefix of its parameters' names. */
  readonly path: string;
  /** `layers[3].branch[0]`: where it stands in the network's JSON. */
  readonly where: string;
  /** `layers[3].branch[0] (dense)`, for people. */
  readonly name: string;
  readonly spec: LayerSpec;
  readonly record: LayerRecord;
  readonly input: NetShape;
  readonly output: NetShape;
  /** Its parameters and buffers by local name: `weight`, `bias`; a shared one carries its owner's name. */
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Layers inside it, by key: `branch`, or `branches.0`. */
  readonly chains: Readonly<Record<string, readonly ModelLayer[]>>;
}

interface Surroundings {
  readonly ledger: Ledger;
  readonly sources: Sources;
  readonly path: string;
  readonly where: string;
  /** Name of the layer before the list. */
  readonly before: string;
}

/** The lists of layers inside a layer, resolved, and how they end. */
function resolveChains(spec: LayerSpec, input: NetShape, place: Surroundings) {
  const chains: Record<string, readonly ModelLayer[]> = {};
  const ends: Record<string, ChainShapes[string]> = {};
  for (const { key, where, layers } of chainsOf<LayerSpec>(recordOf(spec).chains, spec)) {
    const inside = `${place.where}.${where}`;
    const inner = resolveList(layers, input, { ...place, path: `${place.path}.${key}.`, where: inside });
    const end = inner.at(-1);
    chains[key] = inner;
    ends[key] =
      end === undefined
        ? { output: input, last: `${inside} (empty, the identity)`, lastWhere: inside }
        : { output: end.output, last: end.name, lastWhere: end.where };
  }
  return { chains, ends };
}

function resolveLayer(spec: LayerSpec, i: number, input: NetShape, around: Surroundings): ModelLayer {
  const { ledger, sources, before } = around;
  const record = recordOf(spec);
  const path = `${around.path}${i}`;
  const where = sources.get(spec) ?? `${around.where}[${i}]`;
  const name = `${where} (${spec.kind})`;
  if (input.kind === "ids" && record.takesIds !== true) throw refusedIds({ self: name, before, where });
  const { chains, ends } = resolveChains(spec, input, { ...around, path, where });
  const output = record.shape(spec, input, { self: name, before, where, chains: ends });
  if (sizeOf(output.shape) > MAX_EXAMPLE_SIZE) throw tooLarge(output, name, where);
  const parameters = declareParameters(
    {
      path,
      where,
      name,
      rules: record.params?.(spec, input) ?? {},
      buffers: record.buffers?.(spec, input) ?? {},
      options: (spec as WithParameters).parameters ?? {},
    },
    ledger,
  );
  return { path, where, name, spec, record, input, output, parameters, chains };
}

function tooLarge(output: NetShape, name: string, where: string): FathomError {
  return new FathomError({
    code: "too-large",
    message: `${name} gives ${showNetShape(output)} for one example; the bound is ${MAX_EXAMPLE_SIZE} numbers.`,
    where,
    hint: "Use smaller sizes, or fewer branches.",
  });
}

function refusedIds({ self, before, where }: Place): FathomError {
  return new FathomError({
    code: "bad-shape",
    message: `${self} acts on numbers, but ${before} gives token ids.`,
    where,
    hint: 'Put {"kind": "embedding"} before it.',
  });
}

function resolveList(specs: readonly LayerSpec[], input: NetShape, around: Surroundings): ModelLayer[] {
  const layers: ModelLayer[] = [];
  let before = around.before;
  let shape = input;
  for (const [i, spec] of specs.entries()) {
    const layer = resolveLayer(spec, i, shape, { ...around, before });
    layers.push(layer);
    shape = layer.output;
    before = layer.name;
  }
  return layers;
}

/** A resolved network: its layers, and the arrays that it is fed, in the order of the forward pass. */
export interface Resolved {
  readonly layers: readonly ModelLayer[];
  /** One for each array: shared ones stand where their owner is. */
  readonly parameters: readonly ParameterSpec[];
}

/** All layers of a list, those inside others after the layer that holds them. */
export function* everyLayer(layers: readonly ModelLayer[]): Generator<ModelLayer> {
  for (const layer of layers) {
    yield layer;
    for (const inner of Object.values(layer.chains)) yield* everyLayer(inner);
  }
}

function arraysOf(layers: readonly ModelLayer[]): ParameterSpec[] {
  const arrays: ParameterSpec[] = [];
  for (const { path, parameters } of everyLayer(layers)) {
    for (const [local, spec] of Object.entries(parameters)) {
      if (spec.name === `${path}.${local}`) arrays.push(spec);
    }
  }
  return arrays;
}

function refuseManyParameters(arrays: readonly ParameterSpec[]): void {
  let total = 0;
  for (const { name, shape } of arrays) {
    total += sizeOf(shape);
    if (total <= MAX_PARAMETERS) continue;
    throw new FathomError({
      code: "too-large",
      message: `With ${name} ${showShape(shape)} the network has ${total} parameters or more; the bound is ${MAX_PARAMETERS}.`,
      where: name,
      hint: "Use smaller widths or fewer layers.",
    });
  }
}

/**
 * Resolves the layers of a network whose input is known.
 * @param sources - where layers were written, when that differs from their place in `net.layers`.
 * @throws FathomError bad-shape when layers do not meet (both named), too-large beyond the bound on parameters,
 * bad-input when the network has no input, or says something of a parameter that is not there.
 */
export function resolveNet(net: Net, sources: Sources = new Map()): Resolved {
  if (net.input === undefined) {
    throw new FathomError({
      code: "bad-input",
      message: "The network does not say what one example looks like.",
      where: "input",
      hint: 'Add "input": {"kind": "vector", "shape": [784]} (one-line form: in=784), or give the data.',
    });
  }
  const ledger: Ledger = { net, owned: new Map(), loans: [] };
  const around = { ledger, sources, path: "", where: "layers", before: "the input" };
  const layers = resolveList(net.layers, net.input, around);
  settleLoans(ledger);
  const parameters = arraysOf(layers);
  refuseManyParameters(parameters);
  return { layers, parameters };
}
