/**
 * @file The dual Fisher H_l = Σ_k qhat_{k-1} J^{k,l} (J^{k,l})ᵀ of sampled networks at every depth (criticality.md §12), whose
 * nonzero eigenvalues are those of the conditional Fisher of the weights over N. H is pushed through each segment once along
 * its rows and once along its columns: H' = qhat I + J H Jᵀ. qhat = |x|²/N is the norm of the weights' gradient.
 */
import {
  add,
  constant,
  input,
  jvp,
  mul,
  orZeros,
  reduceSum,
  reshape,
  Scope,
  square,
  substitute,
  type Tensor,
  transpose,
  vjp,
  vmap,
  withScope,
} from "../expr/index.ts";
import { initialise, type Model } from "../net/index.ts";
import { type CompileOptions, compile } from "../runtime/index.ts";
import { FathomError, filled, Key, type NdArray, ndarray, singularValues } from "../tensor/index.ts";
import { meanOf } from "../theory/index.ts";
import { type Tap, tapChain } from "./chain.ts";
import { checkInputs, positiveCount } from "./checks.ts";
import { seedKey } from "./jacobian.ts";
import { inFloat64 } from "./jacobian-matrix.ts";
import { kolmogorovDistance } from "./kolmogorov.ts";

/** Eigenvalues of larger matrices take minutes. */
const MOST_UNITS = 2048;

export interface FisherOptions {
  /** Dense layers of one width and activations, nothing else; standard parameterisation. */
  readonly model: Model;
  /** `[1, ...inputShape]`: the one input that the Fisher is conditioned on. */
  readonly input: NdArray;
  /** Fresh initialisations; 2 unless said. */
  readonly seeds?: number;
  /** Weights to measure instead: one entry takes the place of one seed. */
  readonly parameters?: readonly Readonly<Record<string, NdArray>>[];
  /** Depths l to measure, in affine layers; all unless said. */
  readonly depths?: readonly number[];
  readonly key?: Key;
  readonly options?: CompileOptions;
  readonly onSeed?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** H_l of one network. */
export interface FisherSample {
  readonly seed: number;
  readonly depth: number;
  /** `[N]` descending; empty where H left float64. */
  readonly eigenvalues: Float64Array;
  /** qhat_{l-1} = |x^{l-1}|²/N, the least eigenvalue where a φ' is 0: what theory compares lies above it. */
  readonly shift: number;
  /** tr H/N and tr H²/N; NaN where H left float64. */
  readonly m1: number;
  readonly m2: number;
}

/**
 * Measures the dual Fisher of sampled networks.
 * @returns one sample per seed and depth.
 * @throws FathomError unsupported for layers other than dense ones and activations, widths that differ, or the `ntk`
 * parameterisation; bad-input for depths that are not there or seeds < 1; too-large for widths above 2048; the reason of
 * `signal` when it is aborted.
 * @example
 * const samples = await measureFisher({ model, input, depths: [6] });
 * samples[0].eigenvalues[0]; // λ_max
 */
export async function measureFisher(settings: FisherOptions): Promise<FisherSample[]> {
  const { model, parameters, key = Key.fromSeed(0), signal } = settings;
  const seeds = positiveCount("seeds", parameters?.length ?? settings.seeds ?? 2);
  const x = checkInputs(model, settings.input, "float64");
  const N = plainWidth(model);
  const depths = depthsOf(settings.depths, model.taps.length);
  const { chain, basis, outputs } = withScope(new Scope(), () => {
    const chain = tapChain(model, 1, "float64");
    const weights = model.layers
      .filter(({ spec }) => spec.kind === "dense")
      .map(({ path }) => chain.parameters[`${path}.weight`]!);
    return { chain, ...graphOf(chain.taps, weights, depths) };
  });
  await using executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), basis],
    outputs,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const samples: FisherSample[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    signal?.throwIfAborted();
    const weights = inFloat64(
      parameters?.[seed] ?? initialise(model, seedKey(key, seed), { dtype: "float64" }),
    );
    const feeds = { ...weights, x, [basisName]: filled("float64", basis.shape, 1 / Math.sqrt(N)) };
    const result = await executable.run(feeds);
    for (const depth of depths) {
      const shift = (result[shiftName(depth)]!.data as Float64Array)[0]!;
      samples.push({ seed, depth, shift, ...summary(result[outputName(depth)]!, N) });
    }
    settings.onSeed?.(seed + 1, seeds);
  }
  return samples;
}

const basisName = "cotangent";
const outputName = (depth: number) => `H.${depth}`;
const shiftName = (depth: number) => `shift.${depth}`;

/** The width of a network of dense layers and activations; its taps are its dense layers. */
function plainWidth(model: Model): number {
  const strange = model.layers.find(({ spec }) => !["dense", "activation", "flatten"].includes(spec.kind));
  const widths = model.taps.map(({ shape }) => shape.at(-1)!);
  const N = widths[0] ?? 0;
  const refuse = (code: "unsupported" | "too-large", where: string, message: string, hint: string) =>
    new FathomError({ code, where, message, hint });
  if (strange !== undefined) {
    const hint = "Use dense layers and activations only.";
    throw refuse(
      "unsupported",
      strange.path,
      `The Fisher spectrum has no rule for ${strange.spec.kind}.`,
      hint,
    );
  }
  if (widths.some((width) => width !== N)) {
    const hint = `Give every layer, the readout too (out=${N}), one width.`;
    throw refuse("unsupported", "layers", `The layers have widths ${[...new Set(widths)].join(", ")}.`, hint);
  }
  if (model.net.parameterisation !== "standard") {
    const hint = 'Use "parameterisation": "standard".';
    throw refuse(
      "unsupported",
      "parameterisation",
      "H is defined by the gradients of the weights themselves.",
      hint,
    );
  }
  if (N > MOST_UNITS) {
    const hint = `Take at most ${MOST_UNITS} units.`;
    throw refuse("too-large", "layers", `Eigenvalues of ${N} × ${N} matrices take minutes.`, hint);
  }
  return positiveCount("width", N, 2);
}

function depthsOf(depths: readonly number[] | undefined, most: number): number[] {
  const wanted = depths ?? Array.from({ length: most }, (_, l) => l + 1);
  for (const depth of wanted) {
    if (positiveCount("depths", depth) <= most) continue;
    throw new FathomError({
      code: "bad-input",
      where: "depths",
      message: `The network has ${most} affine layers, no ${depth}.`,
      hint: `Give depths from 1 to ${most}.`,
    });
  }
  return [...new Set(wanted)].sort((a, b) => a - b);
}

function graphOf(
  taps: readonly Tap[],
  weights: readonly Tensor[],
  depths: readonly number[],
): { basis: Tensor; outputs: Record<string, Tensor> } {
  const N = taps[0]!.units;
  const basis = input(basisName, taps[0]!.tensor.shape, "float64");
  const outputs: Record<string, Tensor> = {};
  const unit = identity(N);
  let H: Tensor | undefined;
  for (const [l, tap] of taps.entries()) {
    const shift = inputMoment(tap, weights[l]!, basis);
    const through = H && pushRows(taps[l - 1]!, tap, transpose(pushRows(taps[l - 1]!, tap, H)));
    H = through ? add(through, mul(unit, shift)) : mul(unit, shift);
    if (depths.includes(l + 1)) {
      outputs[outputName(l + 1)] = H;
      outputs[shiftName(l + 1)] = shift;
    }
    if (l + 1 === depths.at(-1)) break;
  }
  return { basis, outputs };
}

function identity(N: number): Tensor {
  const data = new Float64Array(N * N);
  for (let i = 0; i < N; i++) data[i * (N + 1)] = 1;
  return constant(ndarray("float64", [N, N], data));
}

/** |x|²/N of a dense layer: the squared norm of v xᵀ, the gradient of v·h by its weights, for |v| = 1. */
function inputMoment(tap: Tap, weights: Tensor, v: Tensor): Tensor {
  const gradient = orZeros(vjp([tap.tensor], [weights], [v])[0], weights);
  return mul(reduceSum(square(gradient)), 1 / tap.units);
}

/**
 * The Kolmogorov distance of a sample from quantiles of the law, both without their shift by qhat and scaled to the law's mean: a
 * percent of qhat would move half of the eigenvalues of a ReLU network.
 * @param sample One of `measureFisher`, whose eigenvalues stayed finite.
 * @param law Quantiles ascending, of equal weight, at (i + 1/2)/n; `shift` is E φ², by which they are shifted.
 * @returns In [0, 1].
 * @throws FathomError bad-input for a sample without eigenvalues.
 * @example fisherDistance(samples[0], { quantiles: fisherLaw(network).quantiles, shift: secondMoment(activation, q) })
 */
export function fisherDistance(
  { eigenvalues, shift: own, m1 }: Pick<FisherSample, "eigenvalues" | "shift" | "m1">,
  { quantiles, shift }: { readonly quantiles: Float64Array; readonly shift: number },
): number {
  const mean = meanOf(quantiles) - shift;
  const factor = mean / (m1 - own);
  const least = 1e-9 * eigenvalues[0]!;
  const above = (value: number, base: number) => (value - base > least ? value - base : 0);
  return kolmogorovDistance(
    eigenvalues.map((value) => factor * above(value, own)),
    {
      lambda: quantiles.map((value) => above(value, shift)),
      F: quantiles.map((_, i) => (i + 0.5) / quantiles.length),
    },
  );
}

/** Rows r of a matrix `[N, N]` through a segment: r ↦ J r. */
function pushRows(from: Tap, to: Tap, matrix: Tensor): Tensor {
  const N = from.units;
  const one = input(`row.${to.index}`, from.tensor.shape, "float64");
  const pushed = orZeros(jvp([to.tensor], [from.tensor], [one])[0], to.tensor);
  const [through] = vmap([pushed], { over: [one], size: N });
  const rows = input(`row.${to.index}`, [N, ...from.tensor.shape], "float64");
  const [result] = substitute([through!], new Map([[rows, reshape(matrix, rows.shape)]]));
  return reshape(result!, [N, N]);
}

function summary(H: NdArray, N: number): Pick<FisherSample, "eigenvalues" | "m1" | "m2"> {
  const values = H.data as Float64Array;
  if (!values.every(Number.isFinite))
    return { eigenvalues: new Float64Array(0), m1: Number.NaN, m2: Number.NaN };
  let [m1, m2] = [0, 0];
  for (let i = 0; i < N; i++) m1 += values[i * (N + 1)]! / N;
  for (const value of values) m2 += (value * value) / N;
  // Symmetric and ≥ 0: its singular values are its eigenvalues.
  return { eigenvalues: singularValues(ndarray("float64", [N, N], values)).data, m1, m2 };
}
