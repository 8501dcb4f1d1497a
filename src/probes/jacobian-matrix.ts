/**
 * @file The whole Jacobian between two taps of a network, in float64: a basis of tangents is pushed forward (or, where the
 * later tap is the narrower one, a basis of cotangents pulled back) in blocks. The block is brought back to unit mean square
 * after every tap and the logarithm of what was divided out is kept, so that no depth overflows (criticality.md §14.9).
 */
import {
  concat,
  div,
  equal,
  greater,
  input,
  jvp,
  orZeros,
  reduceMean,
  reshape,
  Scope,
  sqrt,
  square,
  substitute,
  type Tensor,
  vjp,
  vmap,
  where,
  withScope,
} from "../expr/index.ts";
import type { Model } from "../net/index.ts";
import { type CompileOptions, compile, type Executable } from "../runtime/index.ts";
import { FathomError, Key, type NdArray, ndarray, normal } from "../tensor/index.ts";
import { type Tap, type TapChain, tapChain } from "./chain.ts";
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

/** What is pushed along the taps: in the order of `jvp`, or of `vjp`. */
interface Direction {
  readonly start: Tap;
  readonly end: Tap;
  readonly segments: readonly (readonly [from: Tap, to: Tap])[];
  carry(from: Tap, to: Tap, vector: Tensor): Tensor;
  /** The tap whose shape the vectors have before they pass a segment. */
  enters(from: Tap, to: Tap): Tap;
}

/**
 * Compiles the Jacobian between two taps.
 * @throws FathomError not-found or bad-input for taps that are not there, or not in this order; too-large for more than 2048
 * units; unsupported where the inputs of a batch act on each other.
 */
export async function compileJacobianMatrix(settings: JacobianMatrixOptions): Promise<JacobianMatrixProgram> {
  const { network } = settings;
  const { chain, direction, outputs, block } = withScope(new Scope(), () => {
    const chain =
      "taps" in network && "samples" in network ? network : tapChain(network as Model, 1, "float64");
    checkChain(chain);
    const taps = stretchOf(chain.taps, settings);
    const direction = directionOf(taps);
    const block = Math.min(BLOCK, direction.start.units);
    return { chain, direction, outputs: graphOf(direction, block), block };
  });
  const executable = await compile({
    inputs: [chain.x, ...Object.values(chain.parameters), ...outputs.inputs],
    outputs: outputs.tensors,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const [from, to] = [
    direction.segments[0]?.[0] ?? direction.start,
    direction.segments.at(-1)?.[1] ?? direction.end,
  ];
  const forward = direction.start === from;
  const ordered = forward ? direction.segments : [...direction.segments].reverse();
  return {
    chain,
    from,
    to,
    run: (parameters, x) =>
      runBlocks({ executable, direction, block, forward, probes: ordered }, { ...parameters, x }),
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
  return program.run(inFloat64(settings.parameters), oneInput(settings.network, settings.input));
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
      hint: "Measure norms with measureJacobians, or use LayerNorm in place of BatchNorm.",
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
      hint: `Take taps of at most ${MOST_UNITS} units; for wider ones measure norms with measureJacobians.`,
    });
  }
  const segments = taps.slice(1).map((to, i) => [taps[i]!, to] as const);
  if (first.units <= last.units) {
    return {
      start: first,
      end: last,
      segments,
      carry: (from, to, t) => orZeros(jvp([to.tensor], [from.tensor], [t])[0], to.tensor),
      enters: (from) => from,
    };
  }
  return {
    start: last,
    end: first,
    segments: segments.reverse(),
    carry: (from, to, v) => orZeros(vjp([to.tensor], [from.tensor], [v])[0], from.tensor),
    enters: (_, to) => to,
  };
}

interface Graph {
  readonly inputs: Tensor[];
  readonly tensors: Record<string, Tensor>;
}

const probeName = (i: number) => `inactive.${i}`;

/** `vectors` `[B, units]` of the block at its end, `squares` `[segments]` divided out on the way, `inactive` `[segments]`. */
function graphOf({ start, end, segments, carry, enters }: Direction, block: number): Graph {
  const basis = input("basis", [block, ...start.tensor.shape], "float64");
  let carried: Tensor = basis;
  const squares: Tensor[] = [];
  segments.forEach(([from, to], i) => {
    const one = input(`segment.${i}`, enters(from, to).tensor.shape, "float64");
    const [through] = vmap([carry(from, to, one)], { over: [one], size: block });
    const many = input(`segment.${i}`, carried.shape, "float64");
    const [next] = substitute([through!], new Map([[many, carried]]));
    const meanSquare = reduceMean(square(next!));
    squares.push(reshape(meanSquare, [1]));
    carried = div(next!, where(greater(meanSquare, 0), sqrt(meanSquare), 1));
  });
  const probes = segments.map(([, to], i) => input(probeName(i), to.tensor.shape, "float64"));
  const vectors = reshape(carried, [block, end.units]);
  if (segments.length === 0) return { inputs: [basis], tensors: { vectors } };
  const idle = segments.map(([from, to], i) => {
    const pulled = orZeros(vjp([to.tensor], [from.tensor], [probes[i]!])[0], from.tensor);
    return reshape(reduceMean(where(equal(pulled, 0), 1, 0)), [1]);
  });
  return {
    inputs: [basis, ...probes],
    tensors: { vectors, squares: concat(squares, { axis: 0 }), inactive: concat(idle, { axis: 0 }) },
  };
}

interface Blocks {
  readonly executable: Executable;
  readonly direction: Direction;
  readonly block: number;
  readonly forward: boolean;
  readonly probes: readonly (readonly [Tap, Tap])[];
}

async function runBlocks(
  { executable, direction, block, forward }: Blocks,
  feeds: Record<string, NdArray>,
): Promise<JacobianMatrix> {
  const { start, end, segments } = direction;
  const key = Key.fromSeed(0).split("inactive");
  segments.forEach(([, to], i) => {
    feeds[probeName(i)] = normal(key.split(i), "float64", to.tensor.shape);
  });
  const rows: { values: Float64Array; ln: number }[] = [];
  let inactive: number[] = [];
  for (let first = 0; first < start.units; first += block) {
    const outputs = await executable.run({ ...feeds, basis: basisOf(start, block, first) });
    const squares = Array.from((outputs["squares"]?.data as Float64Array | undefined) ?? []);
    const ln = squares.reduce((sum, value) => sum + 0.5 * Math.log(value), 0);
    rows.push({ values: outputs["vectors"]!.data as Float64Array, ln });
    inactive = Array.from((outputs["inactive"]?.data as Float64Array | undefined) ?? []);
  }
  return {
    ...joined(rows, { start: start.units, end: end.units, block, forward }),
    inactive: forward ? inactive : inactive.reverse(),
  };
}

/** Unit vectors `first`, `first + 1`, …; zeros behind the last. */
function basisOf({ units, tensor }: Tap, block: number, first: number): NdArray<"float64"> {
  const data = new Float64Array(block * units);
  for (let row = 0; row < block && first + row < units; row++) data[row * units + first + row] = 1;
  return ndarray("float64", [block, ...tensor.shape], data);
}

/** The blocks as one matrix `[n_out, n_in]` of |matrix|² = min(n_out, n_in). */
function joined(
  rows: readonly { values: Float64Array; ln: number }[],
  { start, end, block, forward }: { start: number; end: number; block: number; forward: boolean },
): Pick<JacobianMatrix, "matrix" | "lnScale"> {
  const shape: [number, number] = forward ? [end, start] : [start, end];
  const data = new Float64Array(start * end);
  const most = Math.max(...rows.map(({ ln }) => ln));
  if (!Number.isFinite(most)) return { matrix: ndarray("float64", shape, data), lnScale: most };
  let sum = 0;
  rows.forEach(({ values, ln }, part) => {
    const factor = Math.exp(ln - most);
    for (let row = 0; row < block && part * block + row < start; row++) {
      for (let j = 0; j < end; j++) {
        const value = factor * values[row * end + j]!;
        sum += value * value;
        const i = part * block + row;
        data[forward ? j * start + i : i * end + j] = value;
      }
    }
  });
  const rms = Math.sqrt(sum / Math.min(start, end));
  for (let i = 0; i < data.length; i++) data[i]! /= rms;
  return { matrix: ndarray("float64", shape, data), lnScale: most + Math.log(rms) };
}
