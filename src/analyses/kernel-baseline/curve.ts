/** @file Errors and evidence of a kernel by the number of training rows, from one kernel matrix. */
import {
  type BlockMatrix,
  classTargets,
  type GpPosterior,
  gpInference,
  type KernelProgress,
  leadingColumns,
  leadingMatrix,
} from "../../kernels/index.ts";
import type { Net } from "../../net/index.ts";
import type { NdArray } from "../../tensor/index.ts";
import type { SurveyContext } from "../context.ts";
import { finiteOrNull } from "../figure.ts";
import { testKernels, trainKernels } from "../predict/kernels.ts";
import { scoresOf } from "../predict/scores.ts";
import { type Setting, settingOf } from "../predict/setting.ts";
import type { Share } from "../wilson.ts";
import type { Planned } from "./plan.ts";

type Float64 = NdArray<"float64">;

/** A fit to some rows. */
export interface Fitted {
  readonly n: number;
  /** Of the test rows. */
  readonly errors: Share;
  /** 1 for each test row that is wrong, else 0. */
  readonly wrong: readonly number[];
  /** What was added to the diagonal, in parts of its mean. */
  readonly jitter: number;
  /** ln p(targets) under the kernel as it is, and with its likeliest factor. */
  readonly logEvidence: number | null;
  readonly likeliest: number | null;
}

export interface CurveOptions {
  readonly net: Net;
  /** Of progress. */
  readonly label: string;
  /** What may be added to the diagonal, in parts of its mean: evidence chooses. */
  readonly jitters: readonly (number | "ladder")[];
}

/** @throws FathomError as kernels and solvers; the signal's reason. */
export async function curveOf(
  context: SurveyContext,
  { sizes, train, test }: Planned,
  { net, label, jitters }: CurveOptions,
): Promise<Fitted[]> {
  const pairs = train.length * ((train.length + 1) / 2 + test.length);
  let before = 0;
  const onProgress = ({ done }: Pick<KernelProgress, "done">) =>
    context.progress(label, before + done, pairs);
  const { dataset, options, seed, signal } = context;
  const setting = settingOf({
    net,
    dataset,
    train: { split: "train", rows: train },
    test: { split: "test", rows: test },
    command: "",
    seed,
    options,
    onProgress: ({ done }) => onProgress({ done }),
    ...(signal && { signal }),
  });
  const kernel = await trainKernels(setting, ["nngp"]);
  before = kernel.pairs;
  const { nngp: cross } = await testKernels(setting, setting.test, { values: ["nngp"], onProgress });
  const silent = { ...setting, onProgress: undefined };
  const curve: Fitted[] = [];
  for (const n of sizes) {
    const fits: Fitted[] = [];
    for (const jitter of jitters)
      fits.push(
        await fitTo({ ...silent, jitter }, leadingMatrix(kernel.nngp!, n), leadingColumns(cross!, n)),
      );
    curve.push(likeliestOf(fits));
  }
  return curve;
}

function likeliestOf(fits: readonly Fitted[]): Fitted {
  const evidence = ({ likeliest }: Fitted) => likeliest ?? Number.NEGATIVE_INFINITY;
  return fits.reduce((best, one) => (evidence(one) > evidence(best) ? one : best));
}

async function fitTo(setting: Setting, kernel: BlockMatrix, cross: Float64): Promise<Fitted> {
  const { train, test, classes, jitter, threads, signal } = setting;
  const n = kernel.rows;
  const labels = { ...train.labels, shape: [n], data: train.labels.data.subarray(0, n) };
  await using posterior = await gpInference(kernel, {
    y: classTargets(labels, classes),
    diagReg: jitter,
    threads,
    signal,
  });
  const { mean } = await posterior.predict({ cross }, { signal });
  const { predicted, errors } = scoresOf({ mean, labels: test.labels });
  return {
    n,
    errors,
    wrong: Array.from(predicted.data, (label, i) => (label === test.labels.data[i] ? 0 : 1)),
    jitter: posterior.factor.relativeJitter,
    logEvidence: finiteOrNull(posterior.logEvidence()),
    likeliest: finiteOrNull(likeliestEvidence(posterior)),
  };
}

/** The largest of ln p(Y) under s K: with N C targets and s = tr YᵀK⁻¹Y/(N C), ln p at 1 plus (N C/2)(s − 1 − ln s). */
function likeliestEvidence(posterior: GpPosterior): number {
  const s = posterior.evidenceScale();
  return posterior.logEvidence() + (posterior.y.data.length / 2) * (s - 1 - Math.log(s));
}
