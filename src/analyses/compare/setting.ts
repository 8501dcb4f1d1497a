/** @file What a comparison is asked with, and its defaults. */
import type { Dataset } from "../../data/index.ts";
import type { KernelValue } from "../../kernels/index.ts";
import { type Net, withInput } from "../../net/index.ts";
import { FathomError, relocated } from "../../tensor/index.ts";
import type { Progress } from "../document.ts";
import { type Items, itemsOf, type Rows, sizesUpTo } from "../items.ts";
import { refused } from "../refused.ts";
import type { Asked } from "../reproduction.ts";

/** A network and what it is called. */
export interface Contender {
  readonly name: string;
  readonly net: Net;
}

export interface CompareQuestion extends Asked {
  /** At least one, names different. */
  readonly nets: readonly Contender[];
  readonly dataset: Dataset;
  readonly train: Rows;
  readonly test: Rows;
  /** Whose kernel: `nngp` unless said. */
  readonly get?: KernelValue;
  /** Numbers of training items of the measured learning curve; halves of all, four times, unless said. */
  readonly sizes?: readonly number[];
  /** Random subsets of each smaller size: 4 unless said. */
  readonly trials?: number;
  readonly precision?: "float32" | "float64";
  /** Of Θ; `ntk` unless said. */
  readonly parameterisation?: "ntk" | "standard";
  /** Keeps finished networks, so that a comparison that was stopped goes on. */
  readonly folder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** The question with its defaults, its items read. */
export interface Setting {
  readonly nets: readonly Contender[];
  readonly dataset: Dataset;
  readonly train: Items;
  readonly test: Items;
  readonly get: KernelValue;
  /** Ascending; the last one is all training items. */
  readonly sizes: readonly number[];
  readonly trials: number;
  readonly precision: "float32" | "float64";
  readonly parameterisation: "ntk" | "standard";
  readonly seed: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Items whose eigenvectors are computed: 2000 take half a minute, and the time grows as the cube. */
const mostItems = 4000;
/** Networks that a comparison may have: more lines than a figure can show. */
const mostNets = 12;

/** @throws FathomError bad-input, too-large for what cannot be asked. */
export function settingOf(asked: CompareQuestion): Setting {
  const { dataset, options, trials = 4 } = asked;
  checkNets(asked.nets);
  const [train, test] = [itemsOf(dataset, asked.train), itemsOf(dataset, asked.test)];
  if (train.count + test.count > mostItems) {
    throw new FathomError({
      code: "too-large",
      message: `Evidence and learning curves need the eigenvectors of all ${train.count + test.count} items; ${mostItems} are the most.`,
      where: "train",
      hint: "Take fewer training or test rows: 1000 of each tell architectures apart.",
    });
  }
  if (train.count < 8)
    throw refused("train", `${train.count} training items are too few to compare with.`, "Give 8 or more.");
  if (!Number.isInteger(trials) || trials < 1)
    throw refused("trials", `trials is ${trials}.`, "Give a whole number, 1 or more.");
  return {
    nets: asked.nets.map((contender) => forData(contender, dataset)),
    dataset,
    train,
    test,
    get: asked.get ?? "nngp",
    sizes: sizesUpTo(train.count, asked.sizes ?? halvesOf(train.count), "sizes"),
    trials,
    precision: asked.precision ?? "float32",
    parameterisation: asked.parameterisation ?? "ntk",
    seed: asked.seed,
    threads: options?.threads,
    signal: asked.signal,
    onProgress: asked.onProgress,
  };
}

/** The network on inputs of the data. */
function forData({ name, net }: Contender, { kind, inputShape }: Dataset): Contender {
  try {
    return { name, net: withInput(net, { kind, shape: inputShape }) };
  } catch (error) {
    throw ofNetwork({ name }, error);
  }
}

/** An error with the network that it is of before its place; what was stopped is of none. */
export function ofNetwork({ name }: Pick<Contender, "name">, error: unknown): unknown {
  if (!(error instanceof FathomError) || error.code === "cancelled") return error;
  return relocated(error, { where: error.where === undefined ? name : `${name}: ${error.where}` });
}

function checkNets(nets: readonly Contender[]): void {
  if (nets.length === 0) throw refused("nets", "There is no network to compare.", "Give one or more.");
  if (nets.length > mostNets) {
    throw refused("nets", `There are ${nets.length} networks.`, `Compare at most ${mostNets} at a time.`);
  }
  const names = nets.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw refused("nets", `Two networks are called "${twice}".`, "Call them apart.");
}

/** Four times halved. */
function halvesOf(count: number): number[] {
  return [16, 8, 4, 2].map((part) => Math.round(count / part)).filter((n) => n >= 4);
}
