/**
 * @file The tangent kernel of finite networks layer by layer: what the parameters between one preactivation and the next add
 * to the diagonal Θ(x, x) at the last one, ntk parameterisation (criticality.md §5). With a Rademacher cotangent v of the
 * outputs of all S inputs, E |∂(v·h^L)/∂ω_l|²/(S N_L) is that part, since inputs and units have independent signs. In
 * units of unit-variance parameters ω a gradient is the stored one times the standard deviation of what is stored, so that
 * biases of variance 0 add nothing. Cotangents are brought back to unit mean square at every preactivation.
 */
import {
  add,
  concat,
  input,
  inputsOf,
  mul,
  orZeros,
  reduceSum,
  reshape,
  Scope,
  square,
  type Tensor,
  vjp,
  withScope,
} from "../expr/index.ts";
import { initialise, type Model } from "../net/index.ts";
import { compile, type Executable } from "../runtime/index.ts";
import { Key, type NdArray, rademacher } from "../tensor/index.ts";
import { eventLoopTurn } from "../train/index.ts";
import { normalise, type TapChain, tapChain } from "./chain.ts";
import { checkInputs, positiveCount } from "./checks.ts";
import { type JacobianOptions, seedKey } from "./jacobian.ts";
import { type LogEstimate, logEstimate } from "./log-estimate.ts";

export interface LayerKernelOptions
  extends Pick<
    JacobianOptions,
    "model" | "inputs" | "seeds" | "key" | "dtype" | "options" | "signal" | "onSeed"
  > {
  /** Rademacher cotangents a network; 4 unless said. */
  readonly probes?: number;
}

/** What the parameters that end in one preactivation add to the kernel at the last. */
export interface LayerKernel {
  readonly index: number;
  readonly name: string;
  /** ln of it; `dead` where they add nothing. */
  readonly kernel: LogEstimate;
}

/**
 * Measures the parts of the tangent kernel's diagonal. A shared parameter counts where it is first used, and trained gains,
 * which have no variance, do not count.
 * @throws FathomError bad-input for probes or seeds below 1 and inputs that are not finite; bad-shape for inputs that do not fit;
 * the reason of `signal` when it is aborted, between seeds.
 * @example (await measureLayerKernels({ model, inputs, seeds: 8 })).map(({ kernel }) => kernel.lnMean)
 */
export async function measureLayerKernels(settings: LayerKernelOptions): Promise<LayerKernel[]> {
  const { model, key = Key.fromSeed(0), dtype = "float32", signal } = settings;
  const seeds = positiveCount("seeds", settings.seeds ?? 5);
  const probes = positiveCount("probes", settings.probes ?? 4);
  const x = checkInputs(model, settings.inputs, dtype);
  const { chain, graph } = withScope(new Scope(), () => {
    const chain = tapChain(model, x.shape[0]!, dtype);
    return { chain, graph: kernelGraph(model, chain) };
  });
  await using executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), graph.cotangent],
    outputs: graph.outputs,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const samples: Float64Array[][] = chain.taps.map(() => []);
  for (let seed = 0; seed < seeds; seed++) {
    settings.onSeed?.(seed, seeds);
    await eventLoopTurn();
    signal?.throwIfAborted();
    const feeds = { ...initialise(model, seedKey(key, seed), { dtype }), x };
    const runs: number[][] = [];
    for (let probe = 0; probe < probes; probe++) {
      const signs = key.split("layer-kernels").split(seed).split(probe);
      runs.push(
        await runOnce(executable, chain, {
          ...feeds,
          cotangent: rademacher(signs, dtype, graph.cotangent.shape),
        }),
      );
    }
    chain.taps.forEach((_, l) => {
      samples[l]!.push(Float64Array.from(runs, (run) => run[l]!));
    });
  }
  return chain.taps.map(({ name, index }, l) => ({ name, index, kernel: logEstimate(samples[l]!) }));
}

interface KernelGraph {
  readonly cotangent: Tensor;
  /** `gradients` `[L]`: Σ var·g² from cotangents at unit mean square; `gains` `[L]`: what each step back multiplies by. */
  readonly outputs: Record<string, Tensor>;
}

function kernelGraph(model: Model, chain: TapChain): KernelGraph {
  const { taps, dtype } = chain;
  const cotangent = input("cotangent", taps.at(-1)!.tensor.shape, dtype);
  const owned = ownedParameters(chain);
  const variances = new Map(model.parameters.map(({ name, variance }) => [name, variance]));
  const gradients: Tensor[] = [];
  const gains: Tensor[] = [];
  let direction = cotangent;
  for (let l = taps.length - 1; l >= 0; l--) {
    gradients.unshift(squaredGradient(taps[l]!.tensor, direction, { owned: owned[l]!, variances }));
    if (l === 0) break;
    const before = taps[l - 1]!.tensor;
    const pulled = normalise(orZeros(vjp([taps[l]!.tensor], [before], [direction])[0], before), {
      together: true,
    });
    direction = pulled.direction;
    gains.unshift(reshape(pulled.meanSquare, [1]));
  }
  const outputs = { gradients: concat(gradients, { axis: 0 }) };
  return {
    cotangent,
    outputs: gains.length === 0 ? outputs : { ...outputs, gains: concat(gains, { axis: 0 }) },
  };
}

/** The trained parameters between each preactivation and the one before. */
function ownedParameters({ taps, trained }: TapChain): Tensor[][] {
  const seen = new Set<Tensor>();
  return taps.map(({ tensor }) => {
    const used = new Set(inputsOf([tensor]));
    const owned = trained.filter((parameter) => used.has(parameter) && !seen.has(parameter));
    for (const parameter of owned) seen.add(parameter);
    return owned;
  });
}

interface Owned {
  readonly owned: readonly Tensor[];
  readonly variances: ReadonlyMap<string, number>;
}

/** `[1]` */
function squaredGradient(tap: Tensor, cotangent: Tensor, { owned, variances }: Owned): Tensor {
  const squares = vjp([tap], owned, [cotangent]).map((gradient, i) => {
    const { shape, attrs } = owned[i]!;
    const variance = variances.get(String(attrs["name"])) ?? 0;
    const axes = [...shape.keys()];
    return mul(reduceSum(square(orZeros(gradient, owned[i]!)), { axes }), variance);
  });
  const zero = mul(reduceSum(cotangent, { axes: [...cotangent.shape.keys()] }), 0);
  return reshape(
    squares.reduce((sum, square) => add(sum, square), zero),
    [1],
  );
}

/** ln of each layer's part, from one cotangent. */
async function runOnce(executable: Executable, { taps, samples }: TapChain, feeds: Record<string, NdArray>) {
  const { gradients, gains } = await executable.run(feeds);
  const parts: number[] = new Array(taps.length);
  const outputs = samples * taps.at(-1)!.units;
  let log = 0;
  for (let l = taps.length - 1; l >= 0; l--) {
    parts[l] = Math.log(Number(gradients!.data[l])) + log - Math.log(outputs);
    if (l > 0) log += Math.log(Number(gains!.data[l - 1]));
  }
  return parts;
}
