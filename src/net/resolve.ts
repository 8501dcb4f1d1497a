/**
 * @file Walks a network from its input: gives every layer its path, shapes and parameters, and finds layers that do not
 * meet. Layers of one list are visited in a loop; only branches recurse, and their nesting is bounded.
 */
import { FathomError, type Shape, showShape, sizeOf } from "../tensor/index.ts";
import { MAX_PARAMETERS } from "./bounds.ts";
import type { LayerRecord, ParameterRule } from "./define.ts";
import type { Sources } from "./expand.ts";
import { recordOf } from "./registry.ts";
import type { NetShape } from "./shapes.ts";
import type { Init, LayerSpec, Net } from "./spec.ts";

/** A trainable array. Its values have mean zero and `variance`; the forward pass multiplies them by `scale`. */
export interface ParameterSpec {
  /** `3.branch.0.weight`. */
  readonly name: string;
  readonly shape: Shape;
  /** Variance of the stored values: 1 under the ntk parameterisation. */
  readonly variance: number;
  /** Factor of the forward pass: 1 under the standard parameterisation. */
  readonly scale: number;
  readonly fanIn: number;
  /** Law of the values; `haar` for matrices only. */
  readonly init: Init;
}

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
  /** Its own parameters by local name: `weight`, `bias`. */
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Layers inside it, by the option that holds them. */
  readonly chains: Readonly<Record<string, readonly ModelLayer[]>>;
}

interface Surroundings {
  readonly net: Pick<Net, "parameterisation" | "init">;
  readonly sources: Sources;
  readonly path: string;
  readonly where: string;
  /** Name of the layer before the list. */
  readonly before: string;
}

function place(
  rule: ParameterRule,
  name: string,
  { parameterisation, init }: Surroundings["net"],
): ParameterSpec {
  const ntk = parameterisation === "ntk";
  return {
    name,
    shape: rule.shape,
    variance: ntk ? 1 : rule.variance,
    scale: ntk ? Math.sqrt(rule.variance) : 1,
    fanIn: rule.fanIn,
    init: rule.shape.length === 2 ? init : "gaussian",
  };
}

function resolveLayer(spec: LayerSpec, i: number, input: NetShape, around: Surroundings): ModelLayer {
  const { net, sources, before } = around;
  const record = recordOf(spec);
  const path = `${around.path}${i}`;
  const where = sources.get(spec) ?? `${around.where}[${i}]`;
  const name = `${where} (${spec.kind})`;
  const chains: Record<string, readonly ModelLayer[]> = {};
  for (const option of record.chains ?? []) {
    const inner = (spec as unknown as Record<string, readonly LayerSpec[]>)[option]!;
    const inside = { net, sources, path: `${path}.${option}.`, where: `${where}.${option}`, before };
    chains[option] = resolveList(inner, input, inside);
  }
  const ends = Object.entries(chains).map(([option, inner]) => {
    const { output, name, where } = inner[inner.length - 1]!;
    return [option, { output, last: name, lastWhere: where }] as const;
  });
  const context = { self: name, before, where, chains: Object.fromEntries(ends) };
  const output = record.shape(spec, input, context);
  const parameters = Object.fromEntries(
    Object.entries(record.params?.(spec, input) ?? {}).map(([local, rule]) => [
      local,
      place(rule, `${path}.${local}`, net),
    ]),
  );
  return { path, where, name, spec, record, input, output, parameters, chains };
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

/** All parameters of a list of layers, in the order of the forward pass. */
export function parametersOf(layers: readonly ModelLayer[]): ParameterSpec[] {
  const parameters: ParameterSpec[] = [];
  for (const layer of layers) {
    parameters.push(...Object.values(layer.parameters));
    for (const inner of Object.values(layer.chains)) parameters.push(...parametersOf(inner));
  }
  return parameters;
}

function refuseManyParameters(layers: readonly ModelLayer[]): void {
  let total = 0;
  for (const { name, shape } of parametersOf(layers)) {
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
 * bad-input when the network has no input.
 */
export function resolveNet(net: Net, sources: Sources = new Map()): ModelLayer[] {
  if (net.input === undefined) {
    throw new FathomError({
      code: "bad-input",
      message: "The network does not say what one example looks like.",
      where: "input",
      hint: 'Add "input": {"kind": "vector", "shape": [784]} (one-line form: in=784), or give the data.',
    });
  }
  const around = { net, sources, path: "", where: "layers", before: "the input" };
  const layers = resolveList(net.layers, net.input, around);
  refuseManyParameters(layers);
  return layers;
}
