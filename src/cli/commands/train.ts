/** @file `fathom train`: trains a network into a run folder. */
import type { Command } from "commander";
import { FathomError, Key } from "../../tensor/index.ts";
import type { TrainOptions, TrainProgress, TrainResult } from "../../train/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { LossTrace } from "../loss-trace.ts";
import { readNetwork } from "../network.ts";
import { flatnessFlags, optimizerFlags, runFlags, scheduleFlags, type TrainFlags } from "../train-flags.ts";
import { flagAt, flatnessOf, lengthOf, optimizerOf, scheduleOf, validationOf } from "../train-request.ts";
import { trainText } from "../train-text.ts";

/** Rows a step, where there are as many. */
const usualBatch = 128;
/** Rates that work for networks near their critical point; `survey` finds the right one for a network. */
const usualRates = { sgd: 0.05, adam: 0.001, adamw: 0.001 } as const;

function declare(command: Command): Command {
  withData(command).argument("<net>", "JSON file, - for standard input, or one line");
  const groups = {
    "Optimiser:": optimizerFlags(),
    "Flat minima:": flatnessFlags(),
    "Learning rate:": scheduleFlags(),
    "Run:": runFlags(usualBatch),
  };
  for (const [heading, options] of Object.entries(groups)) {
    for (const option of options) command.addOption(option.helpGroup(heading));
  }
  return command;
}

async function trainOptions(operand: string, flags: TrainFlags, context: Context): Promise<TrainOptions> {
  const { buildModel, withInput } = await import("../../net/index.ts");
  const { augmentationFrom } = await import("../../train/index.ts");
  const net = await readNetwork(operand, context.io);
  const asked = {
    optimizer: optimizerOf(flags),
    ...flatnessOf(flags),
    ...scheduleOf(flags),
    ...lengthOf(flags),
    ...validationOf(flags),
    ...(flags.loss === undefined ? {} : { loss: flags.loss }),
    ...(flags.augment === undefined ? {} : { augmentation: augmentationFrom(flags.augment) }),
  };
  const dataset = await readDataset(flags, context, { tasks: "any" });
  const rows = dataset.train.labels.data.length;
  const held = Math.round(flags.validation < 1 ? flags.validation * rows : flags.validation);
  const model = buildModel(withInput(net, { kind: dataset.kind, shape: dataset.inputShape }));
  return {
    model,
    dataset,
    ...asked,
    learningRate: flags.lr ?? usualRates[flags.optimizer],
    batch: flags.batch ?? Math.max(1, Math.min(usualBatch, rows - held)),
    ...(await initialOf(flags, model)),
    key: Key.fromSeed(context.seed),
    runFolder: context.folder!,
    resume: flags.resume === true,
    tensorboard: flags.tensorboard === true,
    options: context.compileOptions,
    signal: context.signal,
    onProgress: progressOf(context),
  };
}

async function initialOf(
  { initial, initialNames }: TrainFlags,
  model: TrainOptions["model"],
): Promise<Pick<TrainOptions, "initial">> {
  if (initial === undefined) {
    if (initialNames === undefined) return {};
    throw badUsage(
      "--initial-names belongs to --initial.",
      "--initial-names",
      "Leave it out, or give --initial.",
    );
  }
  const { readWeights } = await import("../../train/index.ts");
  return {
    initial: await readWeights(initial, {
      model,
      ...(initialNames === undefined ? {} : { names: initialNames }),
    }),
  };
}

/** The loss in figures, and on a terminal as a line of bars too, drawn anew at every report. */
function progressOf({ io, progress }: Context): (progress: TrainProgress) => void {
  const trace = new LossTrace();
  return ({ step, steps, loss }) => {
    trace.add(loss);
    const plot = io.stderr.isTTY === true ? ` ${trace.line(20)}` : "";
    progress.report({
      label: "training",
      detail: `loss ${loss.toPrecision(3)}${plot}`,
      done: step,
      total: steps,
    });
  };
}

/** The hints of the library speak of its options; here they are flags. */
function inFlags(error: unknown): unknown {
  if (!(error instanceof FathomError)) return error;
  const { code, message, where, hint } = error;
  const place = where === undefined ? {} : { where: flagAt(where) };
  if (code === "cancelled") {
    return new FathomError({
      code,
      message,
      ...place,
      hint: "Go on with the same command and --resume.",
      cause: error,
    });
  }
  if (code === "io" && where?.includes("checkpoint")) {
    const intact = "Free some space and go on with --resume: the checkpoint before it is whole.";
    return new FathomError({ code, message, ...place, hint: intact, cause: error });
  }
  if (hint?.includes("resume: true")) {
    const further = "Go on with it by --resume, or give another --out.";
    return new FathomError({ code, message, ...place, hint: further, cause: error });
  }
  return new FathomError({ code, message, ...place, ...(hint && { hint }), cause: error });
}

async function divergenceOf(
  { status, losses, steps, divergence }: TrainResult,
  { model }: TrainOptions,
): Promise<{ failure?: Error }> {
  if (status !== "diverged") return {};
  if (divergence?.what === "input") return { failure: notFiniteInput(divergence.name!) };
  if (!Number.isFinite(losses[0])) return { failure: await notFinite(model) };
  const { divergenceText } = await import("../../train/index.ts");
  const first = divergence === undefined ? "the loss or a weight" : divergenceText(divergence);
  return {
    failure: new FathomError({
      code: "failed",
      message: `Training diverged at step ${steps}: ${first} is no longer finite.`,
      where: "--lr",
      hint: "Lower the learning rate, or bound the gradient by --clip; fathom survey finds the largest stable rate.",
    }),
  };
}

function notFiniteInput(row: string): FathomError {
  return new FathomError({
    code: "bad-file",
    message: `The data hold a value that is not finite, in row ${row}.`,
    where: "--data",
    hint: "Remove the row, or fill in its missing values.",
  });
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
  const { status, train, validation, test, averaged, best, divergence } = result;
  const { stoppedEarly, steps, gradientEvaluations, resumedFrom, seconds } = result;
  const models = Object.entries(averaged ?? {}).map(
    ([name, { parameters: _, ...model }]) => [name, model] as const,
  );
  return {
    run: runFolder,
    data: dataFacts(dataset),
    status,
    train,
    ...(validation === undefined ? {} : { validation }),
    test,
    ...(averaged === undefined ? {} : { averaged: Object.fromEntries(models) }),
    ...(best === undefined ? {} : { best: withoutWeights(best) }),
    ...(divergence === undefined ? {} : { divergence }),
    stoppedEarly,
    steps,
    gradientEvaluations,
    resumedFrom,
    seconds,
  };
}

function withoutWeights({ parameters: _, ...rest }: NonNullable<TrainResult["best"]>) {
  return rest;
}

export const trainCommand: CommandSpec = {
  name: "train",
  summary: "train a network into a run folder",
  description:
    "Trains with SGD, Adam or AdamW in compiled loops; --sam looks for flat minima, --average keeps averages of the weights, and both work together. The run folder keeps config, metrics, weights and checkpoints; a run that was stopped goes on to the same bits with --resume.",
  examples: [
    ["fathom train examples/tanh-mlp.json --epochs 2", "on the generated digits"],
    [
      "fathom train net.json --data mnist --optimizer adam --lr 0.001 --schedule cosine --out runs/a",
      "a named run",
    ],
    [
      "fathom train net.json --data mnist --epochs 20 --sam 0.1 --average 0.75 --validation 0.1",
      "SAM and averaged weights, the better of last and averaged by validation",
    ],
    [
      "fathom train net.json --data mnist --epochs 90 --schedule multistep --milestones 30,60,80 --patience 10 --validation 5000",
      "steps of the rate, and an end when validation no longer improves",
    ],
    [
      "fathom train net.json --data mnist --initial torch.safetensors --initial-names fc1=0,fc2=2 --tensorboard",
      "from weights of PyTorch, with event files",
    ],
    ["fathom train net.json --data mnist --out runs/a --resume", "go on after Ctrl-C (same options)"],
  ],
  declare,
  defaultFolder: "fathom-out/train",
  assertable: "test.error<0.1",
  async run(context, operands, raw) {
    const options = await trainOptions(operands[0]!, raw as unknown as TrainFlags, context).catch((error) => {
      throw inFlags(error);
    });
    const { train } = await import("../../train/index.ts");
    const result = await train(options).catch((error) => {
      throw inFlags(error);
    });
    const run = { folder: context.folder!, resumed: options.resume === true };
    return {
      json: trainJson(result, options),
      text: trainText(result, run) + dataLines(options.dataset),
      ...(await divergenceOf(result, options)),
    };
  },
};
