/** @file What a prediction is asked with, and its defaults. */
import type { Dataset } from "../../data/index.ts";
import type { KernelPlan, KernelValue } from "../../kernels/index.ts";
import { type Net, withInput } from "../../net/index.ts";
import type { Progress } from "../document.ts";
import { type Items, itemsOf, type Rows, sizesUpTo } from "../items.ts";
import { refused } from "../refused.ts";
import type { Asked } from "../reproduction.ts";
import { count, significant } from "../words.ts";
import type { SearchOptions } from "./search.ts";

/**
 * Whose prediction: `nngp` a Bayesian network (the Gaussian process of its initial outputs), `ntk` the ensemble of trained
 * networks, `ntkgp` the Gaussian process whose kernel is Θ.
 */
export type Get = "nngp" | "ntk" | "ntkgp";

export interface PredictQuestion extends Asked {
  readonly net: Net;
  readonly dataset: Dataset;
  readonly train: Rows;
  readonly test: Rows;
  /** `nngp` unless said. */
  readonly get?: Get;
  /** Steps of gradient descent on the squared loss; the end of training unless said. `nngp` then trains the last layer alone. */
  readonly time?: number;
  /** η of these steps, 1 unless said. */
  readonly learningRate?: number;
  /** What is added to the kernel's diagonal in units of its mean; the least of a ladder from 0 to 1e-4 unless said. */
  readonly jitter?: number;
  readonly mode?: "float64" | "float32-refined";
  readonly precision?: "float32" | "float64";
  readonly parameterisation?: "ntk" | "standard";
  /** Posterior variances and probabilities of classes: N² work a test item. */
  readonly variance?: true;
  /** Also of the first so many training items: a learning curve from one kernel. */
  readonly curve?: readonly number[];
  /** Finds variances, depth or jitter first; the best network is then fitted to all training items. */
  readonly search?: SearchOptions;
  /** Where the kernel of the training items is kept or found; in the folder, where there is one, unless said. */
  readonly store?: string;
  /** Keeps the kernel, the fitted model and the predictions. */
  readonly folder?: string;
  /** What all kernels will take, before they begin: of training items, and of test items with them. */
  readonly onPlan?: (plan: KernelPlan) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The question with its defaults, its items read. */
export interface Setting {
  readonly net: Net;
  readonly dataset: Dataset;
  readonly train: Items;
  readonly test: Items;
  readonly classes: number;
  readonly get: Get;
  /** Infinity at the end of training. */
  readonly time: number;
  readonly learningRate: number;
  readonly jitter: number | "ladder";
  readonly mode: "float64" | "float32-refined";
  readonly precision: "float32" | "float64";
  readonly parameterisation: "ntk" | "standard";
  readonly variance: boolean;
  /** Numbers of training items, ascending; the last is all of them. */
  readonly sizes: readonly number[];
  readonly threads: number | undefined;
  /** Bytes that the factor may take. */
  readonly memory: number | undefined;
  readonly store: string | undefined;
  readonly folder: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onPlan: ((plan: KernelPlan) => void) | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** @throws FathomError bad-input, bad-shape for what cannot be asked. */
export function settingOf(asked: PredictQuestion): Setting {
  const { dataset, get = "nngp", time = Infinity, options } = asked;
  if (!(time >= 0)) throw refused("time", `The time is ${time}.`, "Give 0 or more steps.");
  if (get === "ntkgp" && Number.isFinite(time)) {
    throw refused(
      "time",
      "A Gaussian process with kernel Θ is no network in training: it has no time.",
      "Ask for ntk (all layers trained) or nngp (the last one), or leave out the time.",
    );
  }
  const train = itemsOf(dataset, asked.train);
  return {
    net: withInput(asked.net, { kind: dataset.kind, shape: dataset.inputShape }),
    dataset,
    train,
    test: itemsOf(dataset, asked.test),
    classes: dataset.classes,
    get,
    time,
    learningRate: asked.learningRate ?? 1,
    jitter: asked.jitter ?? "ladder",
    mode: asked.mode ?? "float64",
    precision: asked.precision ?? "float32",
    parameterisation: asked.parameterisation ?? "ntk",
    variance: asked.variance === true,
    sizes: sizesOf(asked, train.count),
    threads: options?.threads,
    memory: options?.memory,
    store: asked.store,
    folder: asked.folder,
    signal: asked.signal,
    onPlan: asked.onPlan,
    onProgress: asked.onProgress,
  };
}

function sizesOf({ curve = [], time }: PredictQuestion, count: number): number[] {
  if (curve.length > 0 && time !== undefined)
    throw refused("curve", "Learning curves are of the end of training.", "Leave out the time.");
  return sizesUpTo(count, curve, "curve");
}

/** `1,000 steps of rate 0.1` */
export function stepsOf({ time, learningRate }: Pick<Setting, "time" | "learningRate">): string {
  const steps = time < 1e9 ? count(time) : significant(time);
  return `${steps} step${time === 1 ? "" : "s"} of rate ${significant(learningRate)}`;
}

/** Which kernels of the training items are needed. */
export function trainValues({ get, variance, time }: Setting): KernelValue[] {
  if (get === "nngp") return ["nngp"];
  const both = get === "ntk" && (variance || Number.isFinite(time));
  return both ? ["nngp", "ntk"] : ["ntk"];
}
