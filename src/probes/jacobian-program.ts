/**
 * @file The compiled measurement of partial Jacobians on one architecture: J(1, l) for all l in one pass of
 * tangents, J(l, L) for all l in one pass of cotangents, and every J(l, l+1) from fresh probes (criticality.md §6).
 * Weights, inputs and probes are fed: nothing is baked in, so one executable serves all seeds. The forward pass is
 * not batched over probes; only tangents are.
 */
import {
  broadcastTo,
  concat,
  input,
  inputName,
  reduceMean,
  reshape,
  Scope,
  square,
  type Tensor,
  vmap,
  withScope,
} from "../expr/index.ts";
import type { Model } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { type FloatDType, type Key, type NdArray, rademacher } from "../tensor/index.ts";
import { type Carried, meanSquareOfUnits, pull, push, type Tap, type TapChain, tapChain } from "./chain.ts";
import { columns, tapsBeforeOverflow } from "./overflow.ts";

export interface JacobianProgramOptions {
  readonly model: Model;
  readonly samples: number;
  readonly probes: number;
  readonly dtype?: FloatDType;
  readonly options?: CompileOptions;
}

/** What a chain's compiled measurement is to give, and how. */
export interface ChainProgramOptions {
  readonly probes: number;
  /** All of them unless said. */
  readonly parts?: readonly JacobianPart[];
  readonly options?: CompileOptions;
}

/** J(1, l) by tangents, J(l, L) by cotangents, and every J(l, l+1). */
export type JacobianPart = "fromFirst" | "toOutput" | "local";

/** The probes of one run: `[P, S, ...tap]` each. Unbiased when every sample's probes have E u uᵀ = 1. */
export type ProbeFeeds = Record<string, NdArray>;

/**
 * Natural logarithms of |J u|²/N per probe and sample; all from one run, that is one set of weights. NaN for stretches
 * that touch a tap at or behind the first whose K overflowed.
 */
export interface JacobianRun {
  /** `[tap][P·S]`: ln of the samples of J(1, l); `[tap][P]` where norms are taken over the whole batch. */
  readonly fromFirst: Float64Array[];
  /** The same for J(l, L). */
  readonly toOutput: Float64Array[];
  /** The same for J(l, l+1), for every tap but the last. */
  readonly local: Float64Array[];
  /** `[tap][S]`: mean of h² over units. */
  readonly K: Float64Array[];
}

/** A compiled measurement. Dispose of it when done. */
export interface JacobianProgram {
  readonly chain: TapChain;
  /** The named probe inputs and their shapes `[P, S, ...tap]`. */
  readonly probeInputs: readonly Tensor[];
  run(parameters: Record<string, NdArray>, x: NdArray, probes: ProbeFeeds): Promise<JacobianRun>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Names of the probe inputs: the tangents of h^1, the cotangents of h^L, and fresh tangents of h^l. */
export const probeName = {
  first: "probe.first",
  last: "probe.last",
  from: (index: number) => `probe.from.${index}`,
} as const;

/**
 * Compiles the measurement for one architecture, batch size and number of probes.
 * @throws FathomError bad-input for an empty batch or a network without taps; whatever `compile` refuses.
 */
export async function compileJacobians(settings: JacobianProgramOptions): Promise<JacobianProgram> {
  const { model, samples, dtype = "float32", ...rest } = settings;
  return compileChain(() => tapChain(model, samples, dtype), rest);
}

/**
 * The same for any chain of taps: that of a model, or of an imported graph.
 * @param build Builds the chain in the scope of the measurement.
 * @throws FathomError whatever `build` and `compile` refuse.
 */
export async function compileChain(
  build: () => TapChain,
  { probes, parts = allParts, options }: ChainProgramOptions,
): Promise<JacobianProgram> {
  const { chain, graph } = withScope(new Scope(), () => {
    const chain = build();
    return { chain, graph: batchedGraph(chain, probes, parts) };
  });
  const executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), ...graph.probeInputs],
    outputs: graph.outputs,
    ...(options ? { options } : {}),
  });
  return {
    chain,
    probeInputs: graph.probeInputs,
    run: (parameters, x, feeds) =>
      runOnce(executable, chain, probes, { ...parameters, [inputName(chain.x)]: x, ...feeds }),
    [Symbol.asyncDispose]: async () => executable.dispose(),
  };
}

const allParts: readonly JacobianPart[] = ["fromFirst", "toOutput", "local"];

/** Rademacher probes for one run; each tap has its own stream. */
export function drawProbes(program: JacobianProgram, key: Key): ProbeFeeds {
  const feeds: ProbeFeeds = {};
  for (const { attrs, shape, dtype } of program.probeInputs) {
    const name = String(attrs["name"]);
    feeds[name] = rademacher(key.split(name), dtype as FloatDType, shape);
  }
  return feeds;
}

interface BatchedGraph {
  readonly probeInputs: Tensor[];
  readonly outputs: Record<string, Tensor>;
}

function batchedGraph(chain: TapChain, probes: number, parts: readonly JacobianPart[]): BatchedGraph {
  const { taps } = chain;
  const K = concat(
    taps.map((tap) => secondMoment(tap, chain.samples)),
    { axis: 1 },
  );
  if (taps.length === 1) return { probeInputs: [], outputs: { K } };
  const sweeps = parts.map((part) => sweepOf[part](chain));
  const over = sweeps.flatMap((sweep) => sweep.probes);
  const gains = vmap(
    sweeps.map((sweep) => sweep.gains),
    { over, size: probes },
  );
  return {
    probeInputs: over.map(({ attrs, shape, dtype }) =>
      input(String(attrs["name"]), [probes, ...shape], dtype),
    ),
    outputs: { K, ...Object.fromEntries(parts.map((part, i) => [part, gains[i]!])) },
  };
}

/** `[S, 1]`: K of each sample; where a tensor does not keep samples apart along its first axis, that of the whole batch. */
function secondMoment(tap: Tap, samples: number): Tensor {
  if (tap.tensor.shape[0] === samples) return meanSquareOfUnits(tap);
  return broadcastTo(reshape(reduceMean(square(tap.tensor)), [1, 1]), [samples, 1]);
}

/** Probes of one example batch, and what they gained in each segment, `[norms, L-1]`. */
interface Sweep {
  readonly probes: readonly Tensor[];
  readonly gains: Tensor;
}

const sweepOf: Readonly<Record<JacobianPart, (chain: TapChain) => Sweep>> = {
  fromFirst: ({ taps, dtype }) => {
    const probe = input(probeName.first, taps[0]!.tensor.shape, dtype);
    return { probes: [probe], gains: forward(taps, probe) };
  },
  toOutput: ({ taps, dtype }) => {
    const probe = input(probeName.last, taps.at(-1)!.tensor.shape, dtype);
    return { probes: [probe], gains: backward(taps, probe) };
  },
  local: ({ taps, dtype }) => {
    const probes = taps
      .slice(0, -1)
      .map(({ index, tensor }) => input(probeName.from(index), tensor.shape, dtype));
    return { probes, gains: segments(taps, probes) };
  },
};

/** `[norms, L-1]`: the mean square gained in each segment by tangents that start at h^1. */
function forward(taps: readonly Tap[], probe: Tensor): Tensor {
  let carried: Pick<Carried, "direction"> = { direction: probe };
  const gains = taps.slice(1).map((to, i) => {
    const next = push(taps[i]!, to, carried.direction);
    carried = next;
    return next.meanSquare;
  });
  return concat(gains, { axis: 1 });
}

/** `[norms, L-1]`: the mean square gained in each segment by cotangents that start at h^L; column l belongs to h^l → h^{l+1}. */
function backward(taps: readonly Tap[], probe: Tensor): Tensor {
  let direction = probe;
  const gains: Tensor[] = [];
  for (let l = taps.length - 2; l >= 0; l--) {
    const next = pull(taps[l]!, taps[l + 1]!, direction);
    direction = next.direction;
    gains.unshift(next.meanSquare);
  }
  return concat(gains, { axis: 1 });
}

/** `[norms, L-1]`: J(l, l+1) from probes of its own. */
function segments(taps: readonly Tap[], probes: readonly Tensor[]): Tensor {
  return concat(
    probes.map((probe, l) => push(taps[l]!, taps[l + 1]!, probe).meanSquare),
    { axis: 1 },
  );
}

async function runOnce(
  executable: Executable,
  chain: TapChain,
  probes: number,
  feeds: Record<string, NdArray>,
): Promise<JacobianRun> {
  const { taps, samples, norms } = chain;
  const outputs = await executable.run(feeds);
  const K = columns(outputs["K"]!, samples, taps.length);
  const alive = tapsBeforeOverflow(K, samples);
  const carried = norms === samples ? alive : [Math.min(...alive)];
  const rows = probes * norms;
  const logs = (name: string) => {
    const array = outputs[name];
    if (array === undefined) return [];
    return columns(array, rows, taps.length - 1).map((gains, segment) =>
      gains.map((gain, row) => (segment + 1 < carried[row % norms]! ? Math.log(gain) : Number.NaN)),
    );
  };
  return {
    fromFirst: accumulate(logs("fromFirst"), rows),
    toOutput: accumulateBack(logs("toOutput"), rows, taps),
    local: logs("local"),
    K: K.map((values, tap) => values.map((value, s) => (tap <= alive[s]! ? value : Number.NaN))),
  };
}

/** J(1, l): the product of the gains up to h^l. J(1, 1) = 1. */
function accumulate(gains: Float64Array[], rows: number): Float64Array[] {
  const totals = [new Float64Array(rows)];
  for (const gain of gains) {
    const before = totals.at(-1)!;
    totals.push(before.map((value, i) => value + gain[i]!));
  }
  return totals;
}

/** J(l, L) = |v_l|²/N_L: the gains are per unit of h^l, so the product is multiplied by N_l/N_L. */
function accumulateBack(gains: Float64Array[], rows: number, taps: readonly Tap[]): Float64Array[] {
  const last = taps.at(-1)!.units;
  let sums = new Float64Array(rows);
  const totals = [sums];
  for (let l = gains.length - 1; l >= 0; l--) {
    const gain = gains[l]!;
    sums = sums.map((value, i) => value + gain[i]!);
    const shift = Math.log(taps[l]!.units / last);
    totals.unshift(sums.map((value) => value + shift));
  }
  return totals;
}
