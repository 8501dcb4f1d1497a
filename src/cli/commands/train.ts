/** @file `fathom train`: trains a network into a run folder. */
import { type Command, Option } from "commander";
import { FathomError, Key } from "../../tensor/index.ts";
import type { OptimizerSpec, TrainOptions, TrainResult } from "../../train/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { readNetwork } from "../network.ts";
import { choiceOption, integerOption, numberOption } from "../options.ts";
import { trainText } from "../train-text.ts";

const optimizers = ["sgd", "adam"] as const;
const losses = ["crossEntropy", "mse", "bce"] as const;
const schedules = ["constant", "cosine", "linear"] as const;

interface TrainCommandOptions extends DataOptions {
  readonly optimizer: (typeof optimizers)[number];
  readonly loss?: (typeof losses)[number];
  readonly schedule: (typeof schedules)[number];
  readonly warmup: number;
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly validation: number;
  readonly augment?: string;
  readonly resume?: true;
}

/** Rows a step, where there are as many. */
const usualBatch = 128;
/** Rates that work for networks near their critical point; `survey` finds the right one for a network. */
const usualRates = { sgd: 0.05, adam: 0.001 } as const;

function numberFlag(flags: string, what: string, parser: (text: string) => number): Option {
  return new Option(flags, what).argParser(parser);
}

function choiceFlag(name: string, what: string, values: readonly string[]): Option {
  return new Option(`--${name} <name>`, `${what}: ${values.join(", ")}`)
    .argParser(choiceOption(`--${name}`, values))
    .default(values[0]);
}

function declare(command: Command): Command {
  withData(command).argument("<net>", "JSON file, - for standard input, or one line");
  for (const option of [...optimizerFlags(), ...rowFlags()]) command.addOption(option);
  return command.option("--resume", "go on with the run in the folder");
}

/** How weights move. */
function optimizerFlags(): Option[] {
  const rate = numberOption("--lr", { above: 0 });
  const momentum = numberOption("--momentum", { min: 0, max: 0.9999 });
  const decay = numberOption("--weight-decay", { min: 0 });
  const warmup = integerOption("--warmup", { min: 0 });
  return [
    choiceFlag("optimizer", "optimiser", optimizers),
    numberFlag("--lr <r>", "learning rate (default: 0.05 for sgd, 0.001 for adam)", rate),
    numberFlag("--momentum <m>", "momentum of sgd (default 0.9)", momentum),
    numberFlag("--weight-decay <w>", "weight decay", decay).default(0),
    choiceFlag("schedule", "learning rate over the run", schedules),
    numberFlag("--warmup <n>", "steps of linear warm-up", warmup).default(0),
    new Option("--loss <name>", `loss: ${losses.join(", ")} (default: as the task of the data)`).argParser(
      choiceOption("--loss", losses),
    ),
  ];
}

/** Which rows are seen, and how often. */
function rowFlags(): Option[] {
  const batch = integerOption("--batch", { min: 1 });
  const epochs = numberOption("--epochs", { above: 0 });
  const steps = integerOption("--steps", { min: 1 });
  const validation = integerOption("--validation", { min: 0 });
  return [
    numberFlag("--batch <n>", `rows a step (default: ${usualBatch}, or all where there are fewer)`, batch),
    numberFlag("--epochs <n>", "passes over the data (default 1)", epochs),
    numberFlag("--steps <n>", "steps instead of epochs", steps),
    new Option("--augment <list>", "random changes of training pictures: shift=2,flip,cutout=8,noise=0.1"),
    numberFlag("--validation <n>", "training rows kept for validation", validation).default(0),
  ];
}

function optimizerOf({ optimizer, momentum, weightDecay }: TrainCommandOptions): OptimizerSpec {
  if (optimizer === "sgd")
    return { kind: "sgd", weightDecay, ...(momentum === undefined ? {} : { momentum }) };
  if (momentum === undefined) return { kind: "adam", weightDecay };
  throw badUsage("--momentum belongs to sgd.", "--momentum", "Leave it out, or use --optimizer sgd.");
}

function lengthOf({ epochs, steps }: TrainCommandOptions): { steps: number } | { epochs: number } {
  if (steps === undefined) return { epochs: epochs ?? 1 };
  if (epochs === undefined) return { steps };
  throw badUsage("Both --epochs and --steps are given.", "--steps", "Give one of the two.");
}

/** The last rows of the training part. */
function validationRows(count: number, available: number): { validationRows?: number[] } {
  if (count === 0) return {};
  if (count < available)
    return { validationRows: Array.from({ length: count }, (_, i) => available - count + i) };
  throw badUsage(
    `--validation is ${count}.`,
    "--validation",
    `Keep fewer than the ${available} training rows.`,
  );
}

async function trainOptions(
  operand: string,
  options: TrainCommandOptions,
  context: Context,
): Promise<TrainOptions> {
  const { buildModel, withInput } = await import("../../net/index.ts");
  const { augmentationFrom } = await import("../../train/index.ts");
  const net = await readNetwork(operand, context.io);
  const optimizer = optimizerOf(options);
  const length = lengthOf(options);
  const dataset = await readDataset(options, context, { tasks: "any" });
  const rows = dataset.train.labels.data.length;
  return {
    model: buildModel(withInput(net, { kind: dataset.kind, shape: dataset.inputShape })),
    dataset,
    ...(options.loss === undefined ? {} : { loss: options.loss }),
    optimizer,
    learningRate: options.lr ?? usualRates[options.optimizer],
    schedule: { kind: options.schedule, warmup: options.warmup },
    batch: options.batch ?? Math.min(usualBatch, rows - options.validation),
    ...length,
    ...validationRows(options.validation, rows),
    ...(options.augment === undefined ? {} : { augmentation: augmentationFrom(options.augment) }),
    key: Key.fromSeed(context.seed),
    runFolder: context.folder!,
    resume: options.resume === true,
    options: context.compileOptions,
    signal: context.signal,
    onProgress: ({ step, steps, loss }) =>
      context.progress.report({
        label: "training",
        detail: `loss ${loss.toPrecision(3)}`,
        done: step,
        total: steps,
      }),
  };
}

/** The hints of the library speak of its options; here they are flags. */
function inFlags(error: unknown): unknown {
  if (!(error instanceof FathomError)) return error;
  const { code, message, where } = error;
  const place = where === undefined ? {} : { where };
  if (code === "cancelled") {
    return new FathomError({
      code,
      message,
      ...place,
      hint: "Go on with the same command and --resume.",
      cause: error,
    });
  }
  if (error.hint?.includes("resume: true")) {
    const hint = "Go on with it by --resume, or give another --out.";
    return new FathomError({ code, message, ...place, hint, cause: error });
  }
  return error;
}

async function divergence(
  { status, losses, steps }: TrainResult,
  { model }: TrainOptions,
): Promise<{ failure?: Error }> {
  if (status !== "diverged") return {};
  const failure = Number.isFinite(losses[0])
    ? new FathomError({
        code: "failed",
        message: `Training diverged at step ${steps}: the loss or a weight is no longer finite.`,
        where: "--lr",
        hint: "Lower the learning rate; fathom survey finds the largest stable one.",
      })
    : await notFinite(model);
  return { failure };
}

/** No learning rate is at fault: the loss was no number before any weight moved. */
async function notFinite(model: TrainOptions["model"]): Promise<FathomError> {
  const { zeroDivision } = await import("../../analyses/index.ts");
  return new FathomError({
    code: "failed",
    message: "The loss of the first batch is not finite: the network's output is not, before any training.",
    where: "<net>",
    hint: zeroDivision(model) ?? "Lower its variances; fathom criticality --measure shows the layer.",
  });
}

function trainJson(result: TrainResult, { dataset, runFolder }: TrainOptions) {
  const { status, train, validation, test, steps, gradientEvaluations, resumedFrom, seconds } = result;
  return {
    run: runFolder,
    data: dataFacts(dataset),
    status,
    train,
    ...(validation === undefined ? {} : { validation }),
    test,
    steps,
    gradientEvaluations,
    resumedFrom,
    seconds,
  };
}

export const trainCommand: CommandSpec = {
  name: "train",
  summary: "train a network into a run folder",
  description:
    "Trains with stochastic gradient descent or Adam in compiled loops. The run folder keeps config, metrics, weights and checkpoints; a run that was stopped goes on to the same bits with --resume.",
  examples: [
    ["fathom train examples/tanh-mlp.json --epochs 2", "on the generated digits"],
    [
      "fathom train net.json --data mnist --optimizer adam --lr 0.001 --schedule cosine --out runs/a",
      "a named run",
    ],
    ["fathom train net.json --data mnist --out runs/a --resume", "go on after Ctrl-C (same options)"],
  ],
  declare,
  defaultFolder: "fathom-out/train",
  assertable: "test.error<0.1",
  async run(context, operands, raw) {
    const options = await trainOptions(operands[0]!, raw as unknown as TrainCommandOptions, context);
    const { train } = await import("../../train/index.ts");
    const result = await train(options).catch((error) => {
      throw inFlags(error);
    });
    const run = { folder: context.folder!, resumed: options.resume === true };
    return {
      json: trainJson(result, options),
      text: trainText(result, run) + dataLines(options.dataset),
      ...(await divergence(result, options)),
    };
  },
};
