/**
 * @file One stretch of a network as a program of its own: from the preactivation before it to the next, with the Jacobian
 * of tangents that come along, and how large the output of each site is. Stretches that are alike share one executable.
 */
import {
  concat,
  input,
  inputsOf,
  reduceMean,
  reshape,
  Scope,
  square,
  substitute,
  type Tensor,
  vmap,
  withScope,
} from "../../expr/index.ts";
import { applyModel, type Model, type ModelLayer, parameterInputs, takesIds } from "../../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../../runtime/index.ts";
import { type FloatDType, type NdArray, type Shape, sizeOf } from "../../tensor/index.ts";
import { meanOf } from "../../theory/index.ts";
import { push, type Tap } from "../chain.ts";
import type { Plan, Site, Stretch } from "./sites.ts";

/** What a run of a stretch gives. */
export interface StageRun {
  /** The next preactivation, `[S, ...]`. */
  readonly h: NdArray;
  /** What became of the tangents, at unit mean square. */
  readonly tangents: NdArray;
  /** Mean of |J t|²/N over probes and inputs, tangents coming in at unit mean square. */
  readonly J: number;
  /** Mean of h² of the next preactivation. */
  readonly K: number;
  /** The same at the output of each site, inner ones first. */
  readonly siteK: ReadonlyMap<Site, number>;
}

/** A compiled stretch. */
export interface Stage {
  readonly stretch: Stretch;
  /** Shape of the tangents that go in, `[P, S, ...]`, and of those that come out. */
  readonly tangentShape: Shape;
  /** Names of the arrays it is fed. */
  readonly parameters: readonly string[];
  run(h: NdArray, tangents: NdArray, parameters: Readonly<Record<string, NdArray>>): Promise<StageRun>;
}

export interface StagesOptions {
  readonly model: Model;
  readonly plan: Plan;
  readonly samples: number;
  readonly probes: number;
  readonly dtype: FloatDType;
  readonly options?: CompileOptions;
}

/** The stretches of a network, ready to run. Dispose of them when done. */
export interface Stages {
  readonly stages: readonly Stage[];
  [Symbol.asyncDispose](): Promise<void>;
}

interface StageGraph {
  readonly stretch: Stretch;
  readonly sites: readonly Site[];
  readonly inputs: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Names of the arrays behind the inputs p0, p1, …. */
  readonly names: readonly string[];
  readonly tangentShape: Shape;
}

/** Compiles every stretch of a network; those with equal graphs once. */
export async function compileStages(settings: StagesOptions): Promise<Stages> {
  const { options } = settings;
  const graphs = withScope(new Scope(), () => stageGraphs(settings));
  const executables = new Map<string, Executable>();
  const stages: Stage[] = [];
  for (const graph of graphs) {
    const { inputs, outputs } = graph;
    const signature = [...inputs, ...Object.values(outputs)].map(({ id }) => id).join(",");
    let executable = executables.get(signature);
    if (executable === undefined) {
      const settled = options === undefined ? {} : { options };
      executable = await compile({ inputs: [...inputs], outputs, ...settled });
      executables.set(signature, executable);
    }
    stages.push(stageOf(graph, executable));
  }
  return {
    stages,
    [Symbol.asyncDispose]: async () => {
      for (const executable of executables.values()) await executable.dispose();
    },
  };
}

function stageOf({ stretch, sites, inputs, names, tangentShape }: StageGraph, executable: Executable): Stage {
  const fed = new Set(inputs.map(({ attrs }) => String(attrs["name"])));
  return {
    stretch,
    tangentShape,
    parameters: names,
    async run(h, tangents, parameters) {
      const all: Record<string, NdArray> = { h, probe: tangents };
      for (const [k, name] of names.entries()) all[`p${k}`] = parameters[name]!;
      const feeds = Object.fromEntries(Object.entries(all).filter(([name]) => fed.has(name)));
      const outputs = await executable.run(feeds);
      const K = Array.from(outputs["K"]!.data as Float64Array);
      return {
        h: outputs["h"]!,
        tangents: outputs["tangents"]!,
        J: meanOf(outputs["J"]!.data as Float64Array),
        K: K.at(-1)!,
        siteK: new Map(sites.map((site, i) => [site, K[i]!])),
      };
    },
  };
}

function stageGraphs({ model, plan, samples, probes, dtype }: StagesOptions): StageGraph[] {
  const x = input("h", [samples, ...model.inputShape], takesIds(model) ? "int32" : dtype);
  const parameters = parameterInputs(model, dtype);
  const seen = new Map<ModelLayer, Tensor>();
  const together = model.mixesBatch;
  applyModel(model, parameters, x, {
    mode: together ? "training" : "inference",
    noise: "off",
    observe: (layer, output) => seen.set(layer, output),
  });
  let before: Tensor | undefined;
  return plan.stretches.map((stretch) => {
    const given = before;
    const end = seen.get(stretch.layers.at(-1)!)!;
    before = end;
    // Token ids have no tangents: those of the first stretch start where its last layer does.
    const inner = stretch.layers.at(-2);
    const start = given ?? (takesIds(model) ? (inner === undefined ? undefined : seen.get(inner)) : x);
    return stageGraph({ stretch, seen, parameters, given, start: start ?? end, end, probes, together });
  });
}

interface StageParts {
  readonly stretch: Stretch;
  readonly seen: ReadonlyMap<ModelLayer, Tensor>;
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The preactivation before; undefined in the first stretch. */
  readonly given: Tensor | undefined;
  readonly start: Tensor;
  readonly end: Tensor;
  readonly probes: number;
  readonly together: boolean;
}

function stageGraph({
  stretch,
  seen,
  parameters,
  given,
  start,
  end,
  probes,
  together,
}: StageParts): StageGraph {
  const sites = [...stretch.inner, ...stretch.finals];
  const squares = [...sites.map(({ layer }) => seen.get(layer)!), end];
  const replaced = new Map<Tensor, Tensor>();
  if (given !== undefined) replaced.set(given, input("h", given.shape, given.dtype));
  const used = inputsOf([end]).map(({ attrs }) => String(attrs["name"]));
  const inStretch = new Set(parameterNames(stretch.layers));
  const names = [...inStretch].filter((name) => used.includes(name));
  for (const [k, name] of names.entries()) {
    const { shape, dtype } = parameters[name]!;
    replaced.set(parameters[name]!, input(`p${k}`, shape, dtype));
  }
  const [from, to, ...outs] = substitute([start, end, ...squares], replaced) as [Tensor, Tensor, ...Tensor[]];
  const K = concat(
    outs.map((tensor) => reshape(reduceMean(square(tensor)), [1])),
    { axis: 0 },
  );
  const outputs = { h: to, ...carriedBetween({ from, to, probes, together }), K };
  const inputs = inputsOf(Object.values(outputs));
  return { stretch, sites, inputs, outputs, names, tangentShape: [probes, ...from.shape] };
}

/** Tangents of one place at another: an input `probe` of `[P, ...from]`, their directions there, and |J t|²/N of each. */
export function carriedBetween({
  from,
  to,
  probes,
  together,
}: {
  readonly from: Tensor;
  readonly to: Tensor;
  readonly probes: number;
  readonly together: boolean;
}): { readonly tangents: Tensor; readonly J: Tensor } {
  const tap = (tensor: Tensor): Tap => ({
    name: "",
    index: 0,
    tensor,
    units: sizeOf(tensor.shape.slice(1)),
    together,
  });
  const probe = input("probe", from.shape, from.dtype);
  const carried = push(tap(from), tap(to), probe);
  const [tangents, J] = vmap([carried.direction, carried.meanSquare], { over: [probe], size: probes });
  return { tangents: tangents!, J: J! };
}

/** Names of the arrays of some layers, each once, in the order of the forward pass. */
function* parameterNames(layers: readonly ModelLayer[]): Generator<string> {
  for (const { parameters, chains } of layers) {
    for (const { name } of Object.values(parameters)) yield name;
    for (const inner of Object.values(chains)) yield* parameterNames(inner);
  }
}
