/**
 * @file Tunes a network to criticality by measurement (criticality.md §7): gains by layer from sampled networks, the network
 * with its new variances, and the partial Jacobians before and after, the latter on fresh networks.
 */
import { buildModel, type Net } from "../../net/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { type FloatDType, Key, type NdArray } from "../../tensor/index.ts";
import { defaultProbes } from "../default-probes.ts";
import { type JacobianMeasurement, measureJacobians } from "../jacobian.ts";
import { autoInitGains } from "./autoinit.ts";
import type { LayerGain } from "./gains.ts";
import { tuneScalars } from "./scalars.ts";
import { tuningPlan } from "./sites.ts";
import { type StretchResult, Sweep, type SweepStrategy, sweepGains } from "./sweep.ts";

export interface TuneOptions {
  readonly net: Net;
  /** `[S, ...inputShape]` */
  readonly inputs: NdArray;
  /** Sampled networks that gains are averaged over; from the width unless said. */
  readonly seeds?: number;
  /** Rademacher probes per input; `defaultProbes` unless said. */
  readonly probes?: number;
  readonly key?: Key;
  readonly options?: CompileOptions;
  readonly onProgress?: (progress: {
    readonly label: string;
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal?: AbortSignal;
}

/** A tuned network. */
export interface Tuning {
  readonly net: Net;
  /** By layer, in the order of the forward pass. */
  readonly gains: readonly LayerGain[];
  readonly stretches: readonly StretchResult[];
  readonly seeds: number;
}

/** Channels whose patterns average out what J of one sampled network scatters by: about 1.7 / N a layer (criticality.md §6). */
const enoughChannels = 1536;

/** How many sampled networks a tuning averages over: 4 for wide networks, 16 for narrow ones. */
export function tuningSeeds(net: Net): number {
  const channels = buildModel(net)
    .layers.filter(({ record }) => record.preactivation === true)
    .map(({ output: { kind, shape } }) =>
      kind === "image" || kind === "signal" ? shape[0]! : shape.at(-1)!,
    );
  const least = Math.min(...(channels.length > 1 ? channels.slice(0, -1) : channels));
  return Math.max(4, Math.min(16, Math.ceil(enoughChannels / least)));
}

/** Whether a network has weights that a gain may scale, and a Jacobian between layers. */
export function isTunable(net: Net): boolean {
  const model = buildModel({ ...net, parameterisation: "standard" });
  return model.taps.length > 1 && tuningPlan(model).groups > 0;
}

/**
 * Tunes by the sequential sweep.
 * @throws FathomError bad-input for a network without weights to scale or an open input; as `measureJacobians`.
 * @example const { net, gains } = await tuneBySweep({ net: parseNetText("mlp:depth=30,in=64,sw2=9"), inputs });
 */
export async function tuneBySweep(settings: TuneOptions): Promise<Tuning> {
  const { net, inputs, key = Key.fromSeed(0) } = settings;
  const seeds = settings.seeds ?? tuningSeeds(net);
  let best: { tuning: Tuning; error: number } | undefined;
  for (const strategy of strategies) {
    const tuning = await sweepOnce(settings, seeds, strategy);
    const options = settings.options === undefined ? {} : { options: settings.options };
    const check = await checkTuning(tuning.net, { inputs, key, seeds: 8, stream: "choice", ...options });
    const error = worstLogJ(check);
    if (best === undefined || error < best.error) best = { tuning, error };
    const hopeless = tuning.stretches
      .slice(0, -1)
      .some(({ status }) => status !== "ok" && status !== "untunable");
    if (error < Math.LN2 || hopeless) break;
  }
  return best!.tuning;
}

/**
 * K of the first layer is free, and J = 1 in every layer of the tuned networks is not yet J = 1 in others: where small
 * deviations of K grow from layer to layer (gelu and silu below their critical K, criticality.md §3), gains that fit some
 * networks do not fit others. There a larger K that biases hold is stable. The next is tried where fresh networks leave
 * [½, 2].
 */
const strategies: readonly SweepStrategy[] = [
  { firstK: 1, hold: "normalised" },
  { firstK: 5, hold: "everywhere" },
  { firstK: 20, hold: "everywhere" },
];

async function sweepOnce(settings: TuneOptions, seeds: number, strategy: SweepStrategy): Promise<Tuning> {
  const { net, inputs, key = Key.fromSeed(0), probes = defaultProbes(buildModel(net)) } = settings;
  const { gains, stretches } = await sweepGains({
    model: buildModel(net),
    inputs,
    seeds,
    probes,
    key: key.split("tune"),
    dtype: "float32",
    strategy,
    ...shared(settings),
  });
  return { net: gains.applied(net), gains: gains.byLayer(), stretches, seeds };
}

/** The largest |ln J(1, l)| over the hidden layers; infinite where J dies or overflows. */
function worstLogJ({ layers }: JacobianMeasurement): number {
  const hidden = layers.length > 1 ? layers.slice(0, -1) : layers;
  const worst = Math.max(...hidden.map(({ J }) => Math.abs(J.lnMean)));
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst;
}

/** What only some questions state, as a measurement wants it. */
function shared({ options, signal, onProgress }: TuneOptions) {
  return {
    ...(options === undefined ? {} : { options }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined
      ? {}
      : { onProgress: (done: number, total: number) => onProgress({ label: "tuning layers", done, total }) }),
  };
}

/**
 * Tunes by descent on the AutoInit objective (criticality.md §7.2).
 * @throws FathomError as `tuneBySweep`; failed where the network as given overflows.
 * @example await tuneByObjective({ net, inputs, lam: 0.1 })
 */
export async function tuneByObjective(
  settings: TuneOptions & { readonly lam?: number },
): Promise<Tuning & { readonly objective: readonly number[] }> {
  const { net, inputs, key = Key.fromSeed(0), probes = defaultProbes(buildModel(net)), lam } = settings;
  const seeds = settings.seeds ?? tuningSeeds(net);
  const { gains, stretches, objective } = await autoInitGains({
    model: buildModel(net),
    inputs,
    seeds,
    probes,
    key: key.split("tune"),
    ...(lam === undefined ? {} : { lam }),
    ...shared(settings),
  });
  return { net: gains.applied(net), gains: gains.byLayer(), stretches, seeds, objective };
}

/**
 * Tunes one σw² for all layers at a given σb² (criticality.md §7.4).
 * @param settings - `sb2` is that of the network's first layer unless said.
 * @throws FathomError as `tuneBySweep`; failed where no σw is critical.
 * @example await tuneByScalars({ net, inputs, sb2: 0.05 })
 */
export async function tuneByScalars(settings: TuneOptions & { readonly sb2?: number }): Promise<Tuning> {
  const { net, inputs, key = Key.fromSeed(0), probes = 8, seeds = 3 } = settings;
  const model = buildModel({ ...net, parameterisation: "standard" });
  const sweep = new Sweep(model, {
    model,
    inputs,
    seeds,
    probes,
    key: key.split("tune"),
    dtype: "float32",
    strategy: strategies[0]!,
    ...shared(settings),
  });
  await using stages = await sweep.compile();
  const sb2 = settings.sb2 ?? sweep.gains.sites()[0]!.sb2;
  const J = await tuneScalars(sweep, stages.stages, sb2);
  const stretches = sweep.gains.plan.stretches.map(({ layers }, l) => ({
    index: l + 1,
    name: layers.at(-1)!.name,
    status: "ok" as const,
    J: J[l]!,
  }));
  return { net: sweep.gains.applied(net), gains: sweep.gains.byLayer(), stretches, seeds };
}

/** What J is measured with, before and after. */
export type CheckOptions = Pick<TuneOptions, "inputs" | "key" | "options"> & {
  readonly seeds: number;
  /** Which fresh networks: `before`, `after`. */
  readonly stream: string;
};

/**
 * Partial Jacobians of networks that were not tuned on; in float64 where they leave float32.
 * @throws FathomError as `measureJacobians`.
 * @example await checkTuning(tuning.net, { inputs, seeds: 8, stream: "after" })
 */
export async function checkTuning(
  net: Net,
  { inputs, key = Key.fromSeed(0), options, seeds, stream }: CheckOptions,
): Promise<JacobianMeasurement> {
  const measure = (dtype: FloatDType) =>
    measureJacobians({
      model: buildModel(net),
      inputs,
      seeds,
      key: key.split("check").split(stream),
      dtype,
      ...(options === undefined ? {} : { options }),
    });
  const found = await measure("float32");
  const overflows = found.layers.some(({ J, K }) => J.status === "overflow" || !Number.isFinite(K.value));
  return overflows ? measure("float64") : found;
}
