/** @file The flags of `train`, group by group. */
import { Option } from "commander";
import type { DataOptions } from "./dataset.ts";
import { badUsage } from "./errors.ts";
import { choiceOption, integerOption, numberOption } from "./options.ts";

const optimizers = ["sgd", "adam", "adamw"] as const;
const losses = ["crossEntropy", "mse", "bce"] as const;
const schedules = ["constant", "linear", "cosine", "multistep", "swa", "cyclic"] as const;
const variants = ["sam", "look", "esam"] as const;
const statistics = ["batch", "exact"] as const;
const watched = ["loss", "error"] as const;

/** The flags as they are parsed. */
export interface TrainFlags extends DataOptions {
  readonly optimizer: (typeof optimizers)[number];
  readonly lr?: number;
  readonly momentum?: number;
  readonly nesterov?: true;
  readonly weightDecay?: number;
  readonly clip?: number;
  readonly loss?: (typeof losses)[number];
  readonly labelSmoothing?: number;
  readonly sam?: number;
  readonly adaptive?: true;
  readonly samVariant?: (typeof variants)[number];
  readonly samEvery?: number;
  readonly microBatch?: number;
  readonly average?: number[];
  readonly ema?: number[];
  readonly averageEvery?: number;
  readonly statistics?: (typeof statistics)[number];
  readonly schedule?: (typeof schedules)[number];
  readonly warmup: number;
  readonly milestones?: number[];
  readonly factor?: number;
  readonly cycle?: number;
  readonly low?: number;
  readonly swaStart?: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly validation: number;
  readonly patience?: number;
  readonly minChange?: number;
  readonly watch?: (typeof watched)[number];
  readonly augment?: string;
  readonly initial?: string;
  readonly initialNames?: Readonly<Record<string, string>>;
  readonly tensorboard?: true;
  readonly resume?: true;
}

function flag<T>(flags: string, what: string, parser: (text: string) => T): Option {
  return new Option(flags, what).argParser(parser);
}

function choice(name: string, what: string, values: readonly string[]): Option {
  return flag(`--${name} <name>`, `${what}: ${values.join(", ")}`, choiceOption(`--${name}`, values));
}

/** A flag that may be given several times. */
function repeated(flags: string, what: string, parser: (text: string) => number): Option {
  return new Option(flags, what).argParser((text, before: number[] | undefined) => [
    ...(before ?? []),
    parser(text),
  ]);
}

/** How weights move. */
export function optimizerFlags(): Option[] {
  return [
    choice("optimizer", "optimiser", optimizers).default("sgd"),
    flag(
      "--lr <r>",
      "learning rate (default: 0.05 for sgd, 0.001 for adam and adamw)",
      numberOption("--lr", { above: 0 }),
    ),
    flag(
      "--momentum <m>",
      "momentum of sgd (default 0.9)",
      numberOption("--momentum", { min: 0, max: 0.9999 }),
    ),
    new Option("--nesterov", "Nesterov momentum of sgd"),
    flag(
      "--weight-decay <w>",
      "weight decay (default 0; 0.01 for adamw)",
      numberOption("--weight-decay", { min: 0 }),
    ),
    flag(
      "--clip <norm>",
      "largest norm of the gradient that the optimiser sees",
      numberOption("--clip", { above: 0 }),
    ),
    choice("loss", "loss, by default as the task of the data", losses),
    flag(
      "--label-smoothing <s>",
      "part of the target spread over all classes",
      numberOption("--label-smoothing", { min: 0, max: 0.9999 }),
    ),
  ];
}

/** Sharpness-aware minimisation and averages. */
export function flatnessFlags(): Option[] {
  const fraction = (name: string) => numberOption(name, { min: 0, max: 0.9999999 });
  return [
    flag(
      "--sam <rho>",
      "sharpness-aware minimisation of this radius: 0.05 to 0.1, or 0.5 to 2 with --adaptive",
      numberOption("--sam", { min: 0 }),
    ),
    new Option("--adaptive", "ASAM: the perturbation grows with the weights"),
    choice("sam-variant", "what spares gradients: LookSAM, ESAM", variants),
    flag("--sam-every <k>", "perturb at each k-th step only", integerOption("--sam-every", { min: 1 })),
    flag(
      "--micro-batch <m>",
      "rows that share a perturbation (m-sharpness); divides the batch",
      integerOption("--micro-batch", { min: 1 }),
    ),
    repeated(
      "--average <start>",
      "average the weights of all epochs from this part of the run on, as 0.75; may be given again",
      fraction("--average"),
    ),
    repeated(
      "--ema <decay>",
      "moving average of the weights, as 0.999; may be given again",
      fraction("--ema"),
    ),
    flag(
      "--average-every <k>",
      "take weights every k steps instead of every epoch",
      integerOption("--average-every", { min: 1 }),
    ),
    choice("statistics", "batch-norm statistics of averages", statistics),
  ];
}

/** The learning rate over the run. */
export function scheduleFlags(): Option[] {
  return [
    choice("schedule", "learning rate over the run (default: constant, with --average swa)", schedules),
    flag("--warmup <n>", "steps of linear warm-up", integerOption("--warmup", { min: 0 })).default(0),
    flag(
      "--milestones <list>",
      "multistep: epochs at which the rate falls, as 30,60,80",
      numbersOption("--milestones"),
    ),
    flag(
      "--factor <f>",
      "multistep: what it is multiplied by (default 0.1)",
      numberOption("--factor", { above: 0, max: 0.9999 }),
    ),
    flag("--cycle <epochs>", "cyclic: epochs of a cycle", numberOption("--cycle", { above: 0 })),
    flag(
      "--low <f>",
      "swa, cyclic: lowest part of the rate (default 0.5 and 0.1)",
      numberOption("--low", { above: 0, max: 1 }),
    ),
    flag(
      "--swa-start <f>",
      "swa: part of the run after which the rate stays low (default: as --average)",
      numberOption("--swa-start", { above: 0, max: 0.9999 }),
    ),
  ];
}

/** Which rows are seen, how often, and what is kept. */
export function runFlags(usualBatch: number): Option[] {
  return [
    flag(
      "--batch <n>",
      `rows a step (default: ${usualBatch}, or all where there are fewer)`,
      integerOption("--batch", { min: 1 }),
    ),
    flag("--epochs <n>", "passes over the data (default 1)", numberOption("--epochs", { above: 0 })),
    flag("--steps <n>", "steps instead of epochs", integerOption("--steps", { min: 1 })),
    new Option("--augment <list>", "random changes of training pictures: shift=2,flip,cutout=8,noise=0.1"),
    flag(
      "--validation <n>",
      "training rows kept for validation: how many, or a part below 1",
      numberOption("--validation", { min: 0 }),
    ).default(0),
    flag(
      "--patience <n>",
      "end after so many epochs whose validation is not better, and keep the best weights",
      integerOption("--patience", { min: 1 }),
    ),
    flag(
      "--min-change <x>",
      "what counts as better (default: anything)",
      numberOption("--min-change", { min: 0 }),
    ),
    choice("watch", "what --patience looks at", watched),
    new Option("--initial <file>", "start from weights in a safetensors file, of PyTorch too"),
    flag(
      "--initial-names <list>",
      "which module of the file is which layer, as fc1=0,fc2=2",
      namesOption("--initial-names"),
    ),
    new Option("--tensorboard", "keep an event file for TensorBoard in the run folder"),
    new Option("--resume", "go on with the run in the folder"),
  ];
}

function numbersOption(name: string): (text: string) => number[] {
  const one = numberOption(name, { above: 0 });
  return (text) => text.split(",").map((part) => one(part));
}

function namesOption(name: string): (text: string) => Record<string, string> {
  return (text) => {
    const pairs = text.split(",").map((part) => part.trim().split("="));
    if (pairs.every((pair) => pair.length === 2 && pair.every((side) => side !== ""))) {
      return Object.fromEntries(pairs as [string, string][]);
    }
    throw badUsage(`${name} is "${text}".`, name, "Give module=layer pairs, as fc1=0,fc2=2.");
  };
}
