/**
 * @file APJN measured on finite networks: J(1, l), J(l, L), J(l, l+1) and K at every tap, with standard errors over
 * probes × inputs and over seeds (criticality.md §1, §6). Division is by the output width. Where batch statistics let
 * inputs act on each other, all of them form one batch, and norms run over all pairs (§4.8).
 */
import { initialise, type Model } from "../net/index.ts";
import type { CompileOptions } from "../runtime/index.ts";
import { type FloatDType, Key, type NdArray } from "../tensor/index.ts";
import { eventLoopTurn } from "../train/index.ts";
import { checkInputs, positiveCount } from "./checks.ts";
import { defaultProbes } from "./default-probes.ts";
import { compileJacobians, drawProbes, type JacobianRun } from "./jacobian-program.ts";
import { type LogEstimate, logEstimate } from "./log-estimate.ts";
import { type SeedEstimate, seedEstimate } from "./seed-estimate.ts";

export interface JacobianOptions {
  readonly model: Model;
  /** `[S, ...inputShape]`; results are averages over the S inputs. */
  readonly inputs: NdArray;
  /** Fresh initialisations, each with its own key; 5 unless said (criticality.md §6 asks for at least 5). */
  readonly seeds?: number;
  /** Weights to measure instead of fresh initialisations: one entry takes the place of one seed. */
  readonly parameters?: readonly Readonly<Record<string, NdArray>>[];
  /** Rademacher probes per input; 16 unless said, fewer where images or signals have many units (`defaultProbes`). */
  readonly probes?: number;
  readonly key?: Key;
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  /** Called before each seed. */
  readonly onSeed?: (done: number, total: number) => void;
}

/** What was measured at tap h^l. */
export interface JacobianLayer {
  readonly index: number;
  readonly name: string;
  readonly units: number;
  /** Mean of h² over units and inputs. */
  readonly K: SeedEstimate;
  /** J(1, l). */
  readonly J: LogEstimate;
  /** J(l, L). */
  readonly toOutput: LogEstimate;
  /** J(l-1, l), the step into this tap; absent at the first. */
  readonly local?: LogEstimate;
}

/** Partial Jacobian norms and second moments of sampled networks, by preactivation. */
export interface JacobianMeasurement {
  readonly layers: readonly JacobianLayer[];
  readonly seeds: number;
  readonly probes: number;
  readonly samples: number;
}

/**
 * Measures partial Jacobians on finite networks.
 * @param settings Its `inputs` are `[S, ...inputShape]`, float32 or float64.
 * @returns One record per tap; values as natural logarithms, since J of deep networks leaves float64.
 * @throws FathomError bad-input for probes < 1, seeds < 1, no inputs; bad-shape when the inputs do not fit the model; the
 * reason of `signal` when it is aborted, between seeds.
 * @example
 * const { layers } = await measureJacobians({ model, inputs, seeds: 8, key: Key.fromSeed(0) });
 * layers.map((layer) => layer.J.lnMean); // ln J(1, l)
 */
export async function measureJacobians(settings: JacobianOptions): Promise<JacobianMeasurement> {
  const { model, parameters, key = Key.fromSeed(0), dtype = "float32", signal } = settings;
  const probes = positiveCount("probes", settings.probes ?? defaultProbes(model));
  const seeds = positiveCount("seeds", parameters?.length ?? settings.seeds ?? 5);
  const inputs = checkInputs(model, settings.inputs, dtype);
  const samples = inputs.shape[0]!;
  settings.onSeed?.(0, seeds);
  await eventLoopTurn();
  signal?.throwIfAborted();
  await using program = await compileJacobians({
    model,
    samples,
    probes,
    dtype,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const runs: JacobianRun[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    if (seed > 0) settings.onSeed?.(seed, seeds);
    await eventLoopTurn();
    signal?.throwIfAborted();
    const weights = parameters?.[seed] ?? initialise(model, seedKey(key, seed), { dtype });
    runs.push(await program.run(weights, inputs, drawProbes(program, key.split("probes").split(seed))));
  }
  const layers = program.chain.taps.map(({ name, index, units }, l) => ({
    index,
    name,
    units,
    K: seedEstimate(runs.map((run) => run.K[l]!)),
    J: logEstimate(runs.map((run) => run.fromFirst[l]!)),
    toOutput: logEstimate(runs.map((run) => run.toOutput[l]!)),
    ...(l > 0 ? { local: logEstimate(runs.map((run) => run.local[l - 1]!)) } : {}),
  }));
  return { layers, seeds, probes, samples };
}

/** The key from which seed number `seed` of every probe is initialised, so that probes with one key see the same networks. */
export function seedKey(key: Key, seed: number): Key {
  return key.split("initialisation").split(seed);
}
