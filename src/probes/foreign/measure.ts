/**
 * @file Partial Jacobians of an imported model with the weights it has (criticality.md §1, §6): by block over a chain, and
 * between any two tensors. One network gives no scatter over initialisations: intervals are over inputs, or over probes
 * where the examples of a batch act on each other.
 */
import { inputName, type Tensor } from "../../expr/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { allocate, FathomError, Key, type NdArray, ndarray, sizeOf } from "../../tensor/index.ts";
import type { TapChain } from "../chain.ts";
import { positiveCount } from "../checks.ts";
import { probesForUnits } from "../default-probes.ts";
import type { JacobianLayer } from "../jacobian.ts";
import { compileChain, drawProbes, type JacobianPart, type JacobianRun } from "../jacobian-program.ts";
import { logEstimate } from "../log-estimate.ts";
import { seedEstimate } from "../seed-estimate.ts";
import type { ForeignChain } from "./chain.ts";

export interface ForeignMeasureOptions {
  /** `[n, ...example]`: whole batches of the chain's S examples are measured, the rest is left out. */
  readonly inputs: NdArray;
  /** Rademacher probes a batch; 16 for vectors unless said, fewer where taps have many units. */
  readonly probes?: number;
  readonly key?: Key;
  readonly options?: CompileOptions;
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch. */
  readonly onBatch?: (done: number, total: number) => void;
}

/** By tap, as of a described network; `perSeed` of each estimate holds one value an input (or a probe). */
export interface ForeignMeasurement {
  readonly layers: readonly JacobianLayer[];
  /** What intervals are over. */
  readonly over: "inputs" | "probes";
  readonly probes: number;
  /** Examples that were measured. */
  readonly samples: number;
}

/**
 * Measures J(1, l), J(l, L), J(l, l+1) and K at the taps of a chain.
 * @throws FathomError bad-input for fewer inputs than a batch or probes < 1; bad-shape for inputs of another shape.
 * @example (await measureForeign(foreignChain(model), { inputs })).layers.map(({ local }) => local?.lnMean)
 */
export async function measureForeign(
  chain: ForeignChain,
  settings: ForeignMeasureOptions,
): Promise<ForeignMeasurement> {
  const { runs, probes, samples } = await runChain(chain, chain.values, settings);
  const over = chain.norms === chain.samples ? "inputs" : "probes";
  const estimate = (rows: (run: JacobianRun) => Float64Array) =>
    logEstimate(grouped(runs.map(rows), probes, chain.norms));
  const layers = chain.taps.map(({ name, index, units }, l) => ({
    index,
    name,
    units,
    K: seedEstimate(runs.flatMap((run) => Array.from(run.K[l]!, (value) => [value]))),
    J: estimate((run) => run.fromFirst[l]!),
    toOutput: estimate((run) => run.toOutput[l]!),
    ...(l > 0 ? { local: estimate((run) => run.local[l - 1]!) } : {}),
  }));
  return { layers, over, probes, samples };
}

/** How a chain is run: which sweeps; `basis` feeds as many unit vectors as there are probes to the one sweep that is taken. */
export interface ChainRunOptions extends ForeignMeasureOptions {
  readonly parts?: readonly JacobianPart[];
  readonly basis?: boolean;
}

/** All batches of some inputs through one compiled chain. */
export async function runChain(
  chain: TapChain,
  values: Readonly<Record<string, NdArray>>,
  settings: ChainRunOptions,
): Promise<{ readonly runs: JacobianRun[]; readonly probes: number; readonly samples: number }> {
  const { key = Key.fromSeed(0), options, parts, signal } = settings;
  const sizes = chain.taps.map(({ units }) => units);
  const probes = positiveCount("probes", settings.probes ?? probesForUnits(sizes));
  const batches = batchesOf(chain, settings.inputs);
  await using program = await compileChain(() => chain, {
    probes,
    ...(parts ? { parts } : {}),
    ...(options ? { options } : {}),
  });
  const runs: JacobianRun[] = [];
  for (const [i, batch] of batches.entries()) {
    signal?.throwIfAborted();
    settings.onBatch?.(i, batches.length);
    const feeds = settings.basis
      ? basisOf(program.probeInputs[0]!, chain.norms)
      : drawProbes(program, key.split("probes").split(i));
    runs.push(await program.run({ ...values }, batch, feeds));
  }
  return { runs, probes, samples: batches.length * chain.samples };
}

/**
 * All unit vectors of the first tap instead of random probes, at unit mean square: their mean is |J|²_F without any error of
 * sampling. Where norms are taken over a whole batch, those of the batch.
 */
function basisOf(probe: Tensor, norms: number): Record<string, NdArray> {
  const [count, ...shape] = probe.shape as [number, ...number[]];
  const units = sizeOf(shape) / norms;
  const data = allocate(probe.dtype, count * sizeOf(shape)) as Float32Array;
  for (let unit = 0; unit < count; unit++) {
    for (let s = 0; s < norms; s++) data[(unit * norms + s) * units + unit] = Math.sqrt(units);
  }
  return { [inputName(probe)]: ndarray(probe.dtype, probe.shape, data) };
}

/**
 * The rows of each run, `[probe][norm]`, by what varies independently: the probes of one input, or single probes of a batch.
 * @returns One list for each.
 */
export function grouped(rows: readonly Float64Array[], probes: number, norms: number): number[][] {
  if (norms === 1) return rows.flatMap((values) => Array.from(values, (value) => [value]));
  return rows.flatMap((values) =>
    Array.from({ length: norms }, (_, s) =>
      Array.from({ length: probes }, (__, p) => values[p * norms + s]!),
    ),
  );
}

/** The inputs in batches of the model's size, in its dtype. */
export function batchesOf({ x, samples }: Pick<TapChain, "x" | "samples">, inputs: NdArray): NdArray[] {
  const [count = 0] = inputs.shape;
  const size = sizeOf(x.shape.slice(1));
  if (inputs.data.length !== count * size || inputs.shape.length === 0) {
    throw new FathomError({
      code: "bad-shape",
      message: `Inputs of shape [${inputs.shape.join(", ")}] do not fit the model's input "${inputName(x)}", [${x.shape.join(", ")}].`,
      where: "inputs",
      hint: "Give one row for each example, in the model's input shape.",
    });
  }
  if (count < samples) {
    throw new FathomError({
      code: "bad-input",
      message: `The model takes ${samples} examples at once, and there are ${count}.`,
      where: "inputs",
      hint: "Give more data, or fix a smaller batch (--dim batch=n), or export with a smaller one.",
    });
  }
  const values = inputs.data as Float64Array;
  const bad = values.findIndex((value) => !Number.isFinite(Number(value)));
  if (bad >= 0) {
    throw new FathomError({
      code: "bad-input",
      message: `Input ${Math.floor(bad / size)} holds ${values[bad]}.`,
      where: "inputs",
      hint: "Remove or mend examples with values that are not finite.",
    });
  }
  return Array.from({ length: Math.floor(count / samples) }, (_, i) =>
    ndarray(x.dtype, x.shape, values.subarray(i * samples * size, (i + 1) * samples * size)),
  );
}
