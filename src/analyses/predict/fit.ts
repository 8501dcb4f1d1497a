/** @file Fits a predictor to the training items: the factor of their kernel, or its eigenvectors where training stops in between. */
import {
  type BlockMatrix,
  classTargets,
  denseMatrix,
  type GaussianPrediction,
  type GpPosterior,
  gpInference,
  gradientDescentMseEnsemble,
  type InferenceOptions,
  type KernelResult,
  type KernelValue,
  leadingMatrix,
  maxLearningRate,
  ntkInference,
} from "../../kernels/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import { finiteOrNull } from "../figure.ts";
import { targetsOf } from "../targets.ts";
import type { TestTile } from "./kernels.ts";
import { type Setting, trainValues } from "./setting.ts";

type Float64 = NdArray<"float64">;

/** What a fit found, for one number of training items. */
export interface FitFacts {
  /** Training items. */
  readonly n: number;
  /** Added to the diagonal, and the same beside its mean. */
  readonly jitter: number;
  readonly relativeJitter: number;
  /** Of the kernel with its jitter, an estimate; null where it was not estimated. */
  readonly condition: number | null;
  /** log p(targets) under the kernel as it is, of all targets together (two classes are one); of Gaussian processes only. */
  readonly logEvidence: number | null;
  /** The same under `scale` times the kernel. */
  readonly logEvidenceAtScale: number | null;
  /** The factor of the kernel that makes the targets most likely. */
  readonly scale: number | null;
}

/** A fitted predictor. */
export interface Predictor {
  /** The kernels of test items with training items that it needs. */
  readonly values: readonly KernelValue[];
  /** Whose variances before training it needs, where it gives variances. */
  readonly prior: KernelValue | undefined;
  predict(tile: TestTile): Promise<GaussianPrediction>;
}

export interface Fit {
  /** One a size, ascending; the last is of all training items. */
  readonly facts: readonly FitFacts[];
  /** K⁻¹ Y of each size, [n, C]; none at a finite time. */
  readonly alphas: readonly Float64[];
  readonly predictor: Predictor;
  /** The largest stable rate of gradient descent with momentum 0, where Θ (of what is trained) was computed. */
  readonly maxLearningRate: number | null;
  /** Lets go of the factor: the predictor has served. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws FathomError as the predictors of `kernels`; too-large for finite times of many training items. */
export async function fitPredictor(setting: Setting, kernels: KernelResult): Promise<Fit> {
  return Number.isFinite(setting.time) ? fitFlow(setting, kernels) : fitEnd(setting, kernels);
}

/** The end of training, or a posterior: one factor a size. */
async function fitEnd(setting: Setting, kernels: KernelResult): Promise<Fit> {
  const { get, variance, sizes, train } = setting;
  const kernel = get === "nngp" ? kernels.nngp! : kernels.ntk!;
  const facts: FitFacts[] = [];
  const alphas: Float64[] = [];
  const note = (posterior: GpPosterior) => {
    facts.push(factsOf(posterior, setting));
    alphas.push(posterior.alpha);
  };
  for (const n of sizes.slice(0, -1)) {
    await using posterior = await gpInference(leadingMatrix(kernel, n), inference(setting, n));
    note(posterior);
  }
  const end = await (get === "ntk" ? ensembleOf : processOf)(kernels, inference(setting, train.count));
  note(end.regression);
  const prior = !variance ? undefined : get === "ntkgp" ? "ntk" : "nngp";
  return {
    facts,
    alphas,
    predictor: { values: trainValues(setting), prior, predict: end.predict },
    maxLearningRate: get === "ntk" ? await rateOf(setting, kernel) : null,
    [Symbol.asyncDispose]: end[Symbol.asyncDispose],
  };
}

/** The fit to all training items. */
interface End extends Pick<Predictor, "predict"> {
  readonly regression: GpPosterior;
  [Symbol.asyncDispose](): Promise<void>;
}

async function ensembleOf({ ntk, nngp }: KernelResult, options: InferenceOptions): Promise<End> {
  const ensemble = await ntkInference({ ntk, nngp }, options);
  return {
    regression: ensemble.regression,
    predict: ({ ntk: cross, nngp: nngpCross, prior }) =>
      ensemble.predict({ cross: cross!, nngpCross, prior }, { signal: options.signal }),
    [Symbol.asyncDispose]: () => ensemble[Symbol.asyncDispose](),
  };
}

/** The Gaussian process of the one kernel that there is. */
async function processOf({ nngp, ntk }: KernelResult, options: InferenceOptions): Promise<End> {
  const regression = await gpInference((nngp ?? ntk)!, options);
  return {
    regression,
    predict: ({ nngp: k, ntk: theta, prior }) =>
      regression.predict({ cross: (k ?? theta)!, prior }, { signal: options.signal }),
    [Symbol.asyncDispose]: () => regression[Symbol.asyncDispose](),
  };
}

/** What the targets of the first n training items are regressed with. */
export function inference(
  { train, classes, jitter, mode, threads, memory, signal, onProgress }: Setting,
  n: number,
): InferenceOptions {
  const y = classTargets({ ...train.labels, shape: [n], data: train.labels.data.subarray(0, n) }, classes);
  return {
    y,
    diagReg: jitter,
    mode,
    threads,
    memory,
    signal,
    onProgress,
  };
}

function factsOf(posterior: GpPosterior, { get, classes }: Setting): FitFacts {
  const { n, jitter, relativeJitter, condition } = posterior.factor;
  const isProcess = get !== "ntk";
  const targets = targetsOf(classes);
  // Two classes have two columns here, which are one target.
  const copies = classes / targets;
  return {
    n,
    jitter,
    relativeJitter,
    condition: finiteOrNull(condition),
    logEvidence: isProcess ? finiteOrNull(posterior.logEvidence() / copies) : null,
    logEvidenceAtScale: isProcess ? finiteOrNull(targets * evidenceAtScale(posterior)) : null,
    scale: isProcess ? finiteOrNull(posterior.evidenceScale()) : null,
  };
}

/** log p of one target under the kernel's most likely scale s, nats: −N/2 log 2πe s − ½ log|K|. */
export function evidenceAtScale(posterior: GpPosterior): number {
  const { n, logDet } = posterior.factor;
  return -0.5 * (n * Math.log(2 * Math.PI * Math.E * posterior.evidenceScale()) + logDet);
}

async function rateOf({ train, classes, signal }: Setting, tangent: BlockMatrix): Promise<number> {
  return maxLearningRate(tangent, { size: train.count * classes, signal });
}

/** A finite time: all eigenvectors of the tangent kernel. */
async function fitFlow(setting: Setting, kernels: KernelResult): Promise<Fit> {
  const { get, train, classes, learningRate, jitter, time, variance } = setting;
  const trained = get === "ntk" ? "ntk" : "nngp";
  setting.onProgress?.({ label: "eigenvectors of the kernel", done: 0, total: null });
  const tangent = trained === "ntk" ? kernels.ntk! : kernels.nngp!;
  const ensemble = gradientDescentMseEnsemble(trained, {
    y: classTargets(train.labels, classes),
    nngp: await denseMatrix(kernels.nngp!),
    ntk: kernels.ntk && (await denseMatrix(kernels.ntk)),
    learningRate,
    diagReg: jitter === "ladder" ? 0 : jitter,
  });
  const predict = async ({ nngp, ntk, prior }: TestTile) => ensemble.test(time, { nngp: nngp!, ntk, prior });
  return {
    facts: [],
    alphas: [],
    predictor: { values: trainValues(setting), prior: variance ? "nngp" : undefined, predict },
    maxLearningRate: await rateOf(setting, tangent),
    [Symbol.asyncDispose]: async () => {},
  };
}
