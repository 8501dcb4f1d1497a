/**
 * @file Where gains act: the layers of a network with a weight variance of their own, gathered by the stretches between
 * preactivations. In a stretch the last such layers ("finals") set its Jacobian; those before them ("inner") only set how
 * large their own preactivations are.
 */
import type { Model, ModelLayer, ParameterSpec } from "../../net/index.ts";

/** A layer whose weights a gain multiplies. */
export interface Site {
  readonly layer: ModelLayer;
  /** Random, trained weights; those of another layer where they are shared. */
  readonly weights: readonly ParameterSpec[];
  /** Its own trained biases whose variance is `sb2`. */
  readonly biases: readonly ParameterSpec[];
  /** Sites with a common array have one group and one gain. */
  readonly group: number;
  /** Whether it is looked up instead of multiplied: tables of tokens and positions. */
  readonly table: boolean;
  readonly sw2: number;
  readonly sb2: number;
}

/** The layers after one preactivation up to the next, which is the output of the last of them. */
export interface Stretch {
  readonly layers: readonly ModelLayer[];
  readonly inner: readonly Site[];
  readonly finals: readonly Site[];
  /** Whether a normalisation divides by the size of what comes in. */
  readonly normalised: boolean;
  /** Whether positions are averaged or summed. */
  readonly pooled: boolean;
  /** Whether what comes in is added to what goes out unchanged: a residual block of µ = 1. */
  readonly wholeSkip: boolean;
}

/** A network as stretches, and how many gains it has. */
export interface Plan {
  readonly stretches: readonly Stretch[];
  readonly groups: number;
}

const normalisations = new Set(["layerNorm", "rmsNorm", "batchNorm", "l2Normalize"]);
const pools = new Set(["globalAvgPool", "avgPool", "sumPool"]);

/**
 * The stretches of a network and their sites. Frozen weights, weights that start at zero and layers behind the last
 * preactivation have no gain.
 * @example tuningPlan(buildModel(parseNetText("mlp:depth=3,in=8"))).stretches.length // 4, the readout included
 */
export function tuningPlan(model: Model): Plan {
  const sites = sitesOf(model);
  const stretches: Stretch[] = [];
  let layers: ModelLayer[] = [];
  for (const layer of model.layers) {
    layers.push(layer);
    if (layer.record.preactivation !== true) continue;
    stretches.push(stretchOf(layers, sites));
    layers = [];
  }
  return { stretches, groups: 1 + Math.max(-1, ...[...sites.values()].map(({ group }) => group)) };
}

/**
 * Whether a stretch is a readout behind a pool: J = 1 would make up for what averaging takes from every single position, so
 * that its logits get second moment 1 instead.
 */
export function isPooledReadout({ stretches }: Plan, place: number): boolean {
  const { pooled, wholeSkip } = stretches[place]!;
  return pooled && !wholeSkip && place > 0 && place === stretches.length - 1;
}

/** Every layer of a list in the order of the forward pass: those inside another before it. */
export function* forwardOrder(layers: readonly ModelLayer[]): Generator<ModelLayer> {
  for (const layer of layers) {
    for (const inner of Object.values(layer.chains)) yield* forwardOrder(inner);
    yield layer;
  }
}

function stretchOf(layers: readonly ModelLayer[], sites: ReadonlyMap<ModelLayer, Site>): Stretch {
  const all = [...forwardOrder(layers)];
  const finals = finalSites(layers, sites);
  const inner = all.flatMap((layer) => sites.get(layer) ?? []).filter((site) => !finals.includes(site));
  const last = layers.at(-1)!.spec;
  return {
    layers,
    inner,
    finals,
    normalised: all.some(({ spec }) => normalisations.has(spec.kind)),
    pooled: all.some(({ spec }) => pools.has(spec.kind)),
    wholeSkip:
      (last.kind === "residual" && last.mu > 0.9995) ||
      (last.kind === "sum" && last.branches.some((branch) => branch.length === 0)),
  };
}

/** The sites that no other site follows, one in each branch. */
function finalSites(layers: readonly ModelLayer[], sites: ReadonlyMap<ModelLayer, Site>): Site[] {
  for (const layer of layers.toReversed()) {
    const own = sites.get(layer);
    if (own !== undefined) return [own];
    const inside = Object.values(layer.chains).flatMap((chain) => finalSites(chain, sites));
    if (inside.length > 0) return inside;
  }
  return [];
}

function isBias(local: string): boolean {
  return local === "bias" || local.endsWith("Bias");
}

function isTunable({ trainable, init, variance, scale }: ParameterSpec): boolean {
  return trainable && init !== "zeros" && variance * scale ** 2 > 0;
}

function weightsOf({ parameters }: ModelLayer): ParameterSpec[] {
  return Object.entries(parameters).flatMap(([local, spec]) => (isBias(local) ? [] : [spec]));
}

function sitesOf(model: Model): Map<ModelLayer, Site> {
  const layers = [...forwardOrder(model.layers)].filter(
    (layer) => "sw2" in layer.spec && weightsOf(layer).length > 0,
  );
  const untouchable = new Set<string>();
  for (const layer of layers) {
    const weights = weightsOf(layer);
    if (!weights.every(isTunable)) for (const { name } of weights) untouchable.add(name);
  }
  const free = layers.filter((layer) => !weightsOf(layer).some(({ name }) => untouchable.has(name)));
  const groups = groupsOf(free);
  const uses = new Map<string, number>();
  for (const { parameters } of forwardOrder(model.layers)) {
    for (const { name } of Object.values(parameters)) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return new Map(free.map((layer, i) => [layer, siteOf(layer, groups[i]!, uses)]));
}

function siteOf(layer: ModelLayer, group: number, uses: ReadonlyMap<string, number>): Site {
  const spec = layer.spec as ModelLayer["spec"] & { sw2: number; sb2?: number };
  const biases = Object.entries(layer.parameters).flatMap(([local, parameter]) => {
    const own = parameter.name === `${layer.path}.${local}` && uses.get(parameter.name) === 1;
    return isBias(local) && own && parameter.trainable && parameter.init !== "zeros" ? [parameter] : [];
  });
  const table = spec.kind === "embedding" || spec.kind === "positional";
  const { sw2, sb2 = 0 } = spec;
  return { layer, weights: weightsOf(layer), biases, group, table, sw2, sb2 };
}

/** One number a layer: equal for layers with a common array, counted from 0 in the order of the forward pass. */
function groupsOf(layers: readonly ModelLayer[]): number[] {
  const groupOf = new Map<string, number>();
  const roots: number[] = [];
  const root = (group: number): number => (roots[group] === group ? group : root(roots[group]!));
  const raw = layers.map((layer) => {
    const names = weightsOf(layer).map(({ name }) => name);
    const known = names.flatMap((name) => (groupOf.has(name) ? [root(groupOf.get(name)!)] : []));
    const group = known.length === 0 ? roots.push(roots.length) - 1 : Math.min(...known);
    for (const other of known) roots[other] = group;
    for (const name of names) groupOf.set(name, group);
    return group;
  });
  const order = [...new Set(raw.map(root))];
  return raw.map((group) => order.indexOf(root(group)));
}
