/**
 * @file J(l0, l) between all pairs of taps: tangents that start at every tap travel together. Segment l → l+1 moves
 * the tangents that started at or before h^l in one batched product, then fresh ones join; so the whole triangle costs
 * L²/2 products of P vectors and one forward pass.
 */
import { concat, input, Scope, substitute, type Tensor, vmap, withScope } from "../expr/index.ts";
import { initialise } from "../net/index.ts";
import { compile, type Executable } from "../runtime/index.ts";
import { type FloatDType, Key, type NdArray, rademacher, sizeOf } from "../tensor/index.ts";
import { meanSquareOfUnits, push, type Tap, type TapChain, tapChain } from "./chain.ts";
import { checkInputs, positiveCount } from "./checks.ts";
import { defaultProbes } from "./default-probes.ts";
import { type JacobianOptions, seedKey } from "./jacobian.ts";
import { type LogEstimate, logEstimate } from "./log-estimate.ts";
import { columns, tapsBeforeOverflow } from "./overflow.ts";

export interface AllPairsMeasurement {
  /** Names of the taps, in order. */
  readonly names: readonly string[];
  /** `J[l0]![l]` for l0 < l, both counted from 0; the rest of the square is absent (J(l, l) = 1). */
  readonly J: readonly (readonly (LogEstimate | undefined)[])[];
}

/**
 * Measures J(l0, l) for all l0 < l.
 * @param settings As {@link JacobianOptions}; depth L, P probes and S inputs hold L·P·S tangents at once.
 * @throws FathomError as `measureJacobians`.
 * @example (await apjnAllPairs({ model, inputs, probes: 16, seeds: 1 })).J[0]![49]!.lnMean // ln J(1, 50)
 */
export async function apjnAllPairs(settings: JacobianOptions): Promise<AllPairsMeasurement> {
  const { model, parameters, key = Key.fromSeed(0), dtype = "float32" } = settings;
  const probes = positiveCount("probes", settings.probes ?? defaultProbes(model));
  const seeds = positiveCount("seeds", parameters?.length ?? settings.seeds ?? 5);
  const x = checkInputs(model, settings.inputs, dtype);
  const { chain, triangle } = withScope(new Scope(), () => {
    const chain = tapChain(model, x.shape[0]!, dtype);
    return { chain, triangle: buildTriangle(chain, probes) };
  });
  await using executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), ...triangle.probeInputs],
    outputs: triangle.outputs,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const runs: Float64Array[][][] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const weights = parameters?.[seed] ?? initialise(model, seedKey(key, seed), { dtype });
    const feeds = { ...weights, x, ...draw(triangle.probeInputs, key.split("probes").split(seed)) };
    runs.push(await runTriangle(executable, chain, probes, feeds));
  }
  return { names: chain.taps.map(({ name }) => name), J: joinSeeds(runs, chain.taps.length) };
}

interface Triangle {
  /** Fresh tangents `[P, S, ...tap]` at every tap but the last. */
  readonly probeInputs: readonly Tensor[];
  /**
   * `gain.l` `[l·P, norms, 1]`: mean squares gained in segment l → l+1 by tangents from taps 1 … l, in that order.
   * `K` `[S, L]`.
   */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

function buildTriangle({ taps, dtype }: TapChain, probes: number): Triangle {
  const probeInputs: Tensor[] = [];
  const outputs: Record<string, Tensor> = { K: concat(taps.map(meanSquareOfUnits), { axis: 1 }) };
  let travelling: Tensor | undefined;
  for (const from of taps.slice(0, -1)) {
    const fresh = input(`probe.from.${from.index}`, [probes, ...from.tensor.shape], dtype);
    probeInputs.push(fresh);
    travelling = travelling ? concat([travelling, fresh], { axis: 0 }) : fresh;
    const moved = pushBatch(from, taps[from.index]!, travelling);
    travelling = moved.direction;
    outputs[gainName(from.index)] = moved.meanSquare;
  }
  return { probeInputs, outputs };
}

const gainName = (index: number) => `gain.${index}`;

/** Pushes a batch of tangents `[B, ...from]`: the graph of one tangent, batched, with the batch put in place. */
function pushBatch(from: Tap, to: Tap, tangents: Tensor) {
  const [size] = tangents.shape as [number];
  const name = `tangent.${from.index}`;
  const one = input(name, from.tensor.shape, from.tensor.dtype);
  const { direction, meanSquare } = push(from, to, one);
  const batched = vmap([direction, meanSquare], { over: [one], size });
  const stand = input(name, tangents.shape, tangents.dtype);
  const [moved, gains] = substitute(batched, new Map([[stand, tangents]]));
  return { direction: moved!, meanSquare: gains! };
}

function draw(probeInputs: readonly Tensor[], key: Key): Record<string, NdArray> {
  return Object.fromEntries(
    probeInputs.map(({ shape, dtype }, i) => [
      `probe.from.${i + 1}`,
      rademacher(key.split("pairs").split(i + 1), dtype as FloatDType, shape),
    ]),
  );
}

/** One seed: `[l0][l]` → ln of the samples `[P·norms]` of J(l0, l); empty for l ≤ l0. */
async function runTriangle(
  executable: Executable,
  { taps, samples, norms }: TapChain,
  probes: number,
  feeds: Record<string, NdArray>,
): Promise<Float64Array[][]> {
  const outputs = await executable.run(feeds);
  const size = probes * norms;
  const perSample = tapsBeforeOverflow(columns(outputs["K"]!, samples, taps.length), samples);
  const alive = norms === samples ? perSample : [Math.min(...perSample)];
  const totals = taps.map(() => new Float64Array(size));
  const J: Float64Array[][] = taps.map(() => taps.map(() => new Float64Array()));
  for (let l = 1; l < taps.length; l++) {
    const gains = outputs[gainName(l)]!;
    const values = gains.data as Float64Array;
    for (let start = 0; start < sizeOf(gains.shape) / size; start++) {
      const total = totals[start]!;
      for (let i = 0; i < size; i++)
        total[i]! += l < alive[i % norms]! ? Math.log(values[start * size + i]!) : Number.NaN;
      J[start]![l] = total.slice();
    }
  }
  return J;
}

function joinSeeds(runs: readonly Float64Array[][][], taps: number): (LogEstimate | undefined)[][] {
  return Array.from({ length: taps }, (_, from) =>
    Array.from({ length: taps }, (__, to) =>
      from < to ? logEstimate(runs.map((run) => run[from]![to]!)) : undefined,
    ),
  );
}
