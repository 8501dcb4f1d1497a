/**
 * @file The whole Jacobian between two taps of a network, in float64: a basis of tangents is pushed forward (or, where the
 * later tap is the narrower one, a basis of cotangents pulled back) in blocks. Every vector is brought back to unit mean square
 * after each tap and the logarithm of what was divided out is kept, so that no depth overflows (criticality.md §14.9).
 */
import {
  cast,
  concat,
  equal,
  input,
  inputName,
  orZeros,
  reduceMean,
  reshape,
  Scope,
  type Tensor,
  vjp,
  vmap,
  withScope,
} from "../expr/index.ts";
import type { Model } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { FathomError, Key, type NdArray, ndarray, normal } from "../tensor/index.ts";
import { pull, push, type Tap, type TapChain, tapChain } from "./chain.ts";
import { checkInputs } from "./checks.ts";
import { stretchOf, type TapName } from "./stretch.ts";

/** Rows of the basis that are pushed at once. */
const BLOCK = 512;
/** The singular values of larger matrices take minutes. */
const MOST_UNITS = 2048;

export interface JacobianMatrixOptions {
  /** The network, or (with its own weights, or not of this language) its chain of taps for one input in float64. */
  readonly network: Model | TapChain;
  /** First tap, by number from 1 or by name; the first unless said. */
  readonly from?: TapName;
  /** Last tap; the last unless said. */
  readonly to?: TapName;
  readonly options?: CompileOptions;
}

/** A Jacobian as J = exp(`lnScale`) · `matrix`. */
export interface JacobianMatrix {
  /** `[n_out, n_in]`, scaled so that |matrix|² = min(n_out, n_in): the mean square of its singular values is 1. */
  readonly matrix: NdArray<"float64">;
  /** -Infinity where J = 0; NaN where the signal itself left float64. */
  readonly lnScale: number;
  /** For each segment between neighbouring taps: the part of the units it starts from that it does not depend on at all. */
  readonly inactive: readonly number[];
}

/** A compiled Jacobian: one architecture, any weights and input. Dispose of it when done. */
export interface JacobianMatrixProgram {
  readonly chain: TapChain;
  readonly from: Tap;
  readonly to: Tap;
  /** `x` is `[1, ...inputShape]` in float64 (token ids: int32). */
  run(parameters: Readonly<Record<string, NdArray>>, x: NdArray): Promise<JacobianMatrix>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is carried along the taps: tangents forward, or cotangents back. */
interface Direction {
  readonly forward: boolean;
  /** The taps in the order in which vectors pass them. */
  readonly taps: readonly Tap[];
}

/**
 * Compiles the Jacobian between two taps.
 * @throws FathomError not-found or bad-input for taps that are not there, or not in this order; too-large for more than 2048
 * units; unsupported where the inputs of a batch act on each other.
 * @example
 * await using program = await compileJacobianMatrix({ network: model, from: 2 });
 * const { lnScale } = await program.run(initialise(model, key, { dtype: "float64" }), x);
 */
export async function compileJacobianMatrix(settings: JacobianMatrixOptions): Promise<JacobianMatrixProgram> {
  const { network } = settings;
  const { chain, direction, outputs, block } = withScope(new Scope(), () => {
    const chain =
      "taps" in network && "samples" in network ? network : tapChain(network as Model, 1, "float64");
    checkChain(chain);
    const taps = stretchOf(chain.taps, settings);
    const direction = directionOf(taps);
    const block = Math.min(BLOCK, direction.taps[0]!.units);
    return { chain, direction, outputs: graphOf(direction, block), block };
  });
  const executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), ...outputs.inputs],
    outputs: outputs.tensors,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const { forward, taps } = direction;
  const [start, end] = [taps[0]!, taps.at(-1)!];
  return {
    chain,
    from: forward ? start : end,
    to: forward ? end : start,
    run: (parameters, x) =>
      runBlocks({ executable, direction, block }, { ...parameters, [inputName(chain.x)]: x }),
    [Symbol.asyncDispose]: async () => executable.dispose(),
  };
}

/**
 * The Jacobian of one network at one input.
 * @param settings `input` is `[1, ...inputShape]`.
 * @throws FathomError as `compileJacobianMatrix`; bad-shape for an input that does not fit.
 * @example
 * const { matrix, lnScale } = await jacobianMatrix({ network: model, parameters: initialise(model, key), input });
 */
export async function jacobianMatrix(
  settings: JacobianMatrixOptions & {
    readonly parameters: Readonly<Record<string, NdArray>>;
    readonly input: NdArray;
  },
): Promise<JacobianMatrix> {
  await using program = await compileJacobianMatrix(settings);
  return await program.run(inFloat64(settings.parameters), oneInput(settings.network, settings.input));
}

/** An input as the program takes it. */
export function oneInput(network: Model | TapChain, value: NdArray): NdArray {
  if ("inputShape" in network) return checkInputs(network, value, "float64");
  const { dtype, shape } = network.x;
  return ndarray(dtype, shape, value.data as Float64Array);
}

/** Weights in float64, whatever they were saved as; integers as they are. */
export function inFloat64(parameters: Readonly<Record<string, NdArray>>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, array]) => [
      name,
      array.dtype === "float32" ? ndarray("float64", array.shape, array.data as Float32Array) : array,
    ]),
  );
}

function checkChain({ dtype, samples, taps }: TapChain): void {
  if (dtype !== "float64" || samples !== 1) {
    throw new FathomError({
      code: "bad-input",
      where: "network",
      message: `A whole Jacobian needs a chain for one input in float64, not for ${samples} in ${dtype}.`,
      hint: 'Build it with tapChain(model, 1, "float64").',
    });
  }
  if (taps.some(({ together }) => together)) {
    throw new FathomError({
      code: "unsupported",
      where: "network",
      message: "The inputs of a batch act on each other here, so one input has no Jacobian of its own.",
      hint: "Measure norms (`fathom criticality --measure`; measureJacobians in a program), or use LayerNorm in place of BatchNorm.",
    });
  }
}

function directionOf(taps: readonly Tap[]): Direction {
  const [first, last] = [taps[0]!, taps.at(-1)!];
  const least = Math.min(first.units, last.units);
  if (Math.max(first.units, last.units) > 2 * MOST_UNITS || least > MOST_UNITS) {
    throw new FathomError({
      code: "too-large",
      where: `${first.name} … ${last.name}`,
      message: `The Jacobian from ${first.units} to ${last.units} units is too large for its singular values.`,
      hint: `Take taps of at most ${MOST_UNITS} units; of wider ones measure norms (\`fathom criticality --measure\`; measureJacobians in a program).`,
    });
  }
  const forward = first.units <= last.units;
  return { forward, taps: forward ? taps : [...taps].reverse() };
}

interface Graph {
  readonly inputs: Tensor[];
  readonly tensors: Record<string, Tensor>;
}

const probeName = (i: number) => `inactive.${i}`;

/**
 * `vectors` `[B, units]` of the block at its end, at unit mean square; `squares` `[B, segments]` divided out on the way;
 * `inactive` `[segments]`, in the order of the vectors.
 */
function graphOf({ forward, taps }: Direction, block: number): Graph {
  const [start, end] = [taps[0]!, taps.at(-1)!];
  const one = input("basis", start.tensor.shape, "float64");
  const many = input("basis", [block, ...start.tensor.shape], "float64");
  let carried: Tensor = one;
  const squares: Tensor[] = [];
  const idle: Tensor[] = [];
  const probes: Tensor[] = [];
  for (let i = 1; i < taps.length; i++) {
    const [from, to] = forward ? [taps[i - 1]!, taps[i]!] : [taps[i]!, taps[i - 1]!];
    const next = (forward ? push : pull)(from, to, carried);
    carried = next.direction;
    squares.push(next.meanSquare);
    const probe = input(probeName(i), to.tensor.shape, "float64");
    const pulled = orZeros(vjp([to.tensor], [from.tensor], [probe])[0], from.tensor);
    idle.push(reshape(reduceMean(cast(equal(pulled, 0), "float64")), [1]));
    probes.push(probe);
  }
  if (taps.length === 1) return { inputs: [many], tensors: { vectors: reshape(many, [block, end.units]) } };
  const [vectors, gained] = vmap([carried, concat(squares, { axis: 1 })], { over: [one], size: block });
  return {
    inputs: [many, ...probes],
    tensors: {
      vectors: reshape(vectors!, [block, end.units]),
      squares: reshape(gained!, [block, squares.length]),
      inactive: concat(idle, { axis: 0 }),
    },
  };
}

interface Blocks {
  readonly executable: Executable;
  readonly direction: Direction;
  readonly block: number;
}

/** A row of the basis after its way, and ln of the root mean square it would have. */
interface Carried {
  readonly vector: Float64Array;
  readonly ln: number;
}

async function runBlocks(
  { executable, direction, block }: Blocks,
  feeds: Record<string, NdArray>,
): Promise<JacobianMatrix> {
  const { forward, taps } = direction;
  const [start, end] = [taps[0]!, taps.at(-1)!];
  const key = Key.fromSeed(0).split("inactive");
  for (let i = 1; i < taps.length; i++) {
    feeds[probeName(i)] = normal(key.split(i), "float64", (forward ? taps[i] : taps[i - 1])!.tensor.shape);
  }
  const rows: Carried[] = [];
  let inactive: number[] = [];
  for (let first = 0; first < start.units; first += block) {
    const outputs = await executable.run({ ...feeds, basis: basisOf(start, block, first) });
    const vectors = outputs["vectors"]!.data as Float64Array;
    const squares = (outputs["squares"]?.data as Float64Array | undefined) ?? new Float64Array(0);
    const segments = taps.length - 1;
    for (let row = 0; row < block && first + row < start.units; row++) {
      let ln = 0;
      for (let i = 0; i < segments; i++) ln += 0.5 * Math.log(squares[row * segments + i]!);
      rows.push({ vector: vectors.subarray(row * end.units, (row + 1) * end.units), ln });
    }
    inactive = Array.from((outputs["inactive"]?.data as Float64Array | undefined) ?? []);
  }
  return { ...joined(rows, direction), inactive: forward ? inactive : inactive.reverse() };
}

/** Unit vectors `first`, `first + 1`, …; zeros behind the last. */
function basisOf({ units, tensor }: Tap, block: number, first: number): NdArray<"float64"> {
  const data = new Float64Array(block * units);
  for (let row = 0; row < block && first + row < units; row++) data[row * units + first + row] = 1;
  return ndarray("float64", [block, ...tensor.shape], data);
}

/** The carried basis as one matrix `[n_out, n_in]` of |matrix|² = min(n_out, n_in). */
function joined(
  rows: readonly Carried[],
  { forward, taps }: Direction,
): Pick<JacobianMatrix, "matrix" | "lnScale"> {
  const count = rows.length;
  const { units } = taps.at(-1)!;
  const data = new Float64Array(count * units);
  const shape = forward ? [units, count] : [count, units];
  const most = rows.reduce((top, { ln }) => Math.max(top, ln), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(most)) return { matrix: ndarray("float64", shape, data), lnScale: most };
  let sum = 0;
  rows.forEach(({ vector, ln }, i) => {
    const factor = Math.exp(ln - most);
    for (let j = 0; j < units; j++) {
      const value = factor * vector[j]!;
      sum += value * value;
      data[forward ? j * count + i : i * units + j] = value;
    }
  });
  const rms = Math.sqrt(sum / Math.min(count, units));
  for (let i = 0; i < data.length; i++) data[i]! /= rms;
  return { matrix: ndarray("float64", shape, data), lnScale: most + Math.log(rms) };
}
