/**
 * @file The variances that tuning has arrived at: one gain a group of weights, one bias variance a site, and what follows
 * from them: arrays to feed, and the network that holds them.
 */
import { initialise, type Model, type Net, type ParameterSpec, withVariancesAt } from "../../net/index.ts";
import { type FloatDType, type Key, type NdArray, scaled } from "../../tensor/index.ts";
import { type Plan, type Site, tuningPlan } from "./sites.ts";

/** A layer's gain as it is reported. */
export interface LayerGain {
  /** `layers[3].branch[0] (dense)`. */
  readonly layer: string;
  /** `3.branch.0`: prefix of its parameters' names. */
  readonly path: string;
  /** Factor of the weights. */
  readonly weight: number;
  /** Factor of the biases; null where biases of variance 0 were given one. */
  readonly bias: number | null;
  /** The variances with the gains in them. */
  readonly sw2: number;
  readonly sb2: number;
}

/** Gains that change while a network is tuned. */
export class Gains {
  readonly plan: Plan;
  readonly #weights: (number | undefined)[];
  readonly #biases = new Map<Site, number>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.#weights = new Array(plan.groups).fill(undefined);
  }

  /** Factor of the weights; 1 before it is set. */
  weight({ group }: Site): number {
    return this.#weights[group] ?? 1;
  }

  isSet({ group }: Site): boolean {
    return this.#weights[group] !== undefined;
  }

  setWeight({ group }: Site, gain: number): void {
    this.#weights[group] = gain;
  }

  /** Forgets all gains but those of these groups. */
  keepOnly(groups: ReadonlySet<number>): void {
    for (const group of this.#weights.keys()) if (!groups.has(group)) this.#weights[group] = undefined;
    this.#biases.clear();
  }

  /** Variance of the biases. */
  sb2(site: Site): number {
    return this.#biases.get(site) ?? site.sb2;
  }

  setSb2(site: Site, sb2: number): void {
    this.#biases.set(site, sb2);
  }

  sites(): Site[] {
    return this.plan.stretches.flatMap(({ inner, finals }) => [...inner, ...finals]);
  }

  /** Every site with its gain, in the order of the forward pass. */
  byLayer(): LayerGain[] {
    return this.sites().map((site) => {
      const sb2 = this.sb2(site);
      const weight = this.weight(site);
      const { name: layer, path } = site.layer;
      return { layer, path, weight, bias: biasGain(site.sb2, sb2), sw2: site.sw2 * weight ** 2, sb2 };
    });
  }

  /** The network with these gains in its variances. */
  applied(net: Net): Net {
    const entries = this.byLayer().map(({ path, sw2, sb2 }) => [path, { sw2, sb2 }]);
    return withVariancesAt(net, Object.fromEntries(entries));
  }
}

function biasGain(before: number, after: number): number | null {
  if (before > 0) return Math.sqrt(after / before);
  return after > 0 ? null : 1;
}

/** Arrays of one sampled network at gain 1; biases of tuned layers have variance 1. */
export type UnitArrays = Readonly<Record<string, NdArray>>;

/** What is drawn for one seed, for the parameters of these names. */
export function drawUnit(
  model: Model,
  {
    names,
    sites,
    key,
    dtype,
  }: { names: readonly string[]; sites: readonly Site[]; key: Key; dtype: FloatDType },
): UnitArrays {
  const wanted = new Set(names);
  const biases = new Set(sites.flatMap((site) => site.biases.map(({ name }) => name)));
  const parameters = model.parameters.flatMap((spec): ParameterSpec[] => {
    if (!wanted.has(spec.name)) return [];
    return [biases.has(spec.name) ? { ...spec, variance: 1 } : spec];
  });
  return initialise({ ...model, parameters }, key, { dtype });
}

/**
 * The arrays with gains in them.
 * @param unit - of the standard parameterisation: there a gain of the values is one of the weights.
 */
export function scaledArrays(
  unit: UnitArrays,
  sites: readonly Site[],
  gains: Pick<Gains, "weight" | "sb2">,
): Record<string, NdArray> {
  const factors = new Map<string, number>();
  for (const site of sites) {
    for (const { name } of site.weights) factors.set(name, gains.weight(site));
    for (const { name } of site.biases) factors.set(name, Math.sqrt(gains.sb2(site)));
  }
  return Object.fromEntries(
    Object.entries(unit).map(([name, array]) => [name, scaled(array, factors.get(name) ?? 1)]),
  );
}

/**
 * What has changed from one network to another of the same layers, by layer with weights.
 * @example variancesByLayer(buildModel(net), buildModel(withVariances(net, { sw2: 2, sb2: 0 })))
 */
export function variancesByLayer(before: Model, after: Model): LayerGain[] {
  const sites = (model: Model) =>
    tuningPlan(model).stretches.flatMap(({ inner, finals }) => [...inner, ...finals]);
  const given = new Map(sites(before).map((site) => [site.layer.path, site]));
  return sites(after).flatMap(({ layer: { name, path }, sw2, sb2 }) => {
    const site = given.get(path);
    if (site === undefined) return [];
    const weight = Math.sqrt(sw2 / site.sw2);
    return [{ layer: name, path, weight, bias: biasGain(site.sb2, sb2), sw2, sb2 }];
  });
}
