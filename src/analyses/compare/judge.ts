/** @file One network on the data: its kernels, and all that is computed from them. */
import { denseMatrix, kernelMatrix } from "../../kernels/index.ts";
import { Key, type NdArray, zeros } from "../../tensor/index.ts";
import { meanOf } from "../../theory/index.ts";
import { kernelWarnings } from "../kernel-warnings.ts";
import { targetColumns } from "../targets.ts";
import { centredAlignment } from "./alignment.ts";
import { unseenError } from "./eigenlearning.ts";
import { type Evidence, evidenceAsGiven, likeliestEvidence } from "./evidence.ts";
import { type Modes, modesOf } from "./modes.ts";
import { regress, subsetOf, type TestErrors } from "./regression.ts";
import type { Contender, Setting } from "./setting.ts";

type Float64 = NdArray<"float64">;

/** A point of a predicted curve. */
export interface PredictedPoint {
  readonly n: number;
  readonly error: number;
}

/** Regressions on subsets of one size. */
export interface MeasuredPoint {
  readonly n: number;
  readonly trials: readonly TestErrors[];
}

/** All that is said of one network; plain JSON. */
export interface Judged {
  readonly evidence: Evidence;
  readonly asGiven: Evidence;
  readonly alignment: number;
  /** By the eigenlearning equations, mean squared error on items not trained on. */
  readonly predicted: readonly PredictedPoint[];
  readonly measured: readonly MeasuredPoint[];
  readonly build: string;
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** Points of a predicted curve. */
const curvePoints = 32;

/** What is under way, for progress. */
type Report = (label: string, done: number, total: number | null) => void;

/** @throws FathomError unsupported for a network without a kernel; as kernels and solvers; cancelled. */
export async function judge({ name, net }: Contender, setting: Setting): Promise<Judged> {
  const start = performance.now();
  const report: Report = (label, done, total) => setting.onProgress?.({ label, detail: name, done, total });
  const warnings = kernelWarnings(net, [setting.get]);
  const { kernel, build } = await pooledKernel(net, setting, report);
  const { classes } = setting.dataset;
  const targets = targetColumns(setting.train.labels, classes);
  const testTargets = targetColumns(setting.test.labels, classes);
  const pool = stacked(targets, testTargets);
  const train = blockOf(kernel, [0, targets.shape[0]!], [0, targets.shape[0]!]);
  setting.signal?.throwIfAborted();
  report("eigenvectors", 0, null);
  await turn();
  const modes = modesOf(train, targets);
  const evidence = likeliestEvidence(modes);
  const ridge = evidence.noise * modes.meanDiagonal;
  setting.signal?.throwIfAborted();
  await turn();
  const whole = modesOf(kernel, pool);
  return {
    evidence,
    asGiven: evidenceAsGiven(modes),
    alignment: centredAlignment(train, targets),
    predicted: predictedCurve(whole, ridge, setting),
    measured: await measuredCurve({ kernel, train, targets, testTargets, ridge }, setting, report),
    build,
    warnings,
    seconds: (performance.now() - start) / 1000,
  };
}

/** The kernel of training and test items together, the training ones first. */
async function pooledKernel(net: Contender["net"], setting: Setting, report: Report) {
  const { train, test, get, precision, parameterisation, threads, signal } = setting;
  const x = {
    ...train.x,
    shape: [train.count + test.count, ...train.x.shape.slice(1)],
    data: joined(train.x.data as Float32Array, test.x.data as Float32Array),
  } as NdArray;
  const result = await kernelMatrix({
    net,
    x1: x,
    get: [get],
    precision,
    parameterisation,
    allowNonGaussianSum: true,
    threads,
    signal,
    onProgress: ({ done, total }) => report("kernel", done, total),
  });
  return { kernel: await denseMatrix(result[get]!), build: result.build };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new (a.constructor as Float32ArrayConstructor)(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function stacked(a: Float64, b: Float64): Float64 {
  const both = zeros("float64", [a.shape[0]! + b.shape[0]!, a.shape[1]!]);
  both.data.set(a.data);
  both.data.set(b.data, a.data.length);
  return both;
}

type Range = readonly [from: number, to: number];

function blockOf({ data, shape }: Float64, rows: Range, columns: Range): Float64 {
  const width = columns[1] - columns[0];
  const block = zeros("float64", [rows[1] - rows[0], width]);
  for (let i = rows[0]; i < rows[1]; i++) {
    const at = i * shape[1]!;
    block.data.set(data.subarray(at + columns[0], at + columns[1]), (i - rows[0]) * width);
  }
  return block;
}

/** Eigenvalues of the operator over P items are those of the matrix over P; coefficients v² are (uᵀy)²/P. */
function predictedCurve(
  { values, squares }: Modes,
  ridge: number,
  { train, sizes }: Setting,
): PredictedPoint[] {
  const population = values.length;
  const problem = {
    eigenvalues: values.map((value) => value / population),
    power: Float64Array.from(squares, (of) => meanOf(of) / population),
    ridge,
  };
  const [first, last] = [Math.min(4, sizes[0]!), train.count];
  const steps = Array.from({ length: curvePoints }, (_, i) =>
    Math.round(first * (last / first) ** (i / (curvePoints - 1))),
  );
  const at = [...new Set([...steps, ...sizes])].sort((a, b) => a - b);
  return at.map((n) => ({ n, error: unseenError(problem, n) }));
}

interface Kernels {
  readonly kernel: Float64;
  readonly train: Float64;
  readonly targets: Float64;
  readonly testTargets: Float64;
  readonly ridge: number;
}

async function measuredCurve(
  { kernel, train, targets, testTargets, ridge }: Kernels,
  { sizes, trials, seed, train: { count }, threads, signal }: Setting,
  report: Report,
): Promise<MeasuredPoint[]> {
  const cross = blockOf(kernel, [count, kernel.shape[0]!], [0, count]);
  const data = { train, cross, targets, testTargets, ridge };
  const key = Key.fromSeed(seed).split("compare");
  const plan = sizes.map((n) => ({ n, trials: n === count ? 1 : trials }));
  const total = plan.reduce((sum, each) => sum + each.trials, 0);
  const points: MeasuredPoint[] = [];
  let done = 0;
  for (const { n, trials: times } of plan) {
    const found: TestErrors[] = [];
    for (let trial = 0; trial < times; trial++) {
      report("regressions", done++, total);
      signal?.throwIfAborted();
      found.push(await regress(data, subsetOf(key, { n, of: count, trial }), { signal, threads }));
    }
    points.push({ n, trials: found });
  }
  return points;
}

/** Lets progress be drawn and signals be heard before a long call. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
