/** @file `fathom predict`: exact prediction with the kernel of an infinitely wide network. */
import { type Command, Option } from "commander";
import type { Get, PredictOutcome, SearchOptions, SearchSpace } from "../../analyses/index.ts";
import type { Dataset } from "../../data/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { writeInto } from "../folder.ts";
import { readNetwork } from "../network.ts";
import { choiceOption, integerOption, numberOption } from "../options.ts";
import { predictionsCsv } from "../predictions-csv.ts";
import { asking } from "../questions.ts";
import { summaryText, writeFigure, writeReport } from "../report-files.ts";
import { type RowRange, rowsOf, rowsOption } from "../rows.ts";
import { searchSpaceOption } from "../search-space.ts";

const gets = ["nngp", "ntk", "ntkgp"] as const;
const modes = ["float64", "float32-refined"] as const;
const precisions = ["float32", "float64"] as const;
const objectives = ["evidence", "validation"] as const;
const parameterisations = ["ntk", "standard"] as const;

interface PredictOptions extends Omit<DataOptions, "test"> {
  readonly train: RowRange[];
  readonly test?: RowRange[];
  readonly testFile?: string;
  readonly get: Get;
  readonly time?: number;
  readonly learningRate?: number;
  readonly jitter?: number;
  readonly mode: (typeof modes)[number];
  readonly precision: (typeof precisions)[number];
  readonly parameterisation: (typeof parameterisations)[number];
  readonly variance?: true;
  readonly curve?: number[];
  readonly kernel?: string;
  readonly order: number;
  readonly search?: (typeof objectives)[number];
  readonly searchSpace?: SearchSpace;
  readonly searchRows?: number;
  readonly tries?: number;
  readonly validation?: RowRange[];
}

function choiceFlag(name: string, what: string, values: readonly string[]): Option {
  return new Option(`--${name} <name>`, `${what}: ${values.join(", ")}`)
    .argParser(choiceOption(`--${name}`, values))
    .default(values[0]);
}

/** `100,300,1000`. */
function curveOption(text: string): number[] {
  const sizes = text.split(",").map((part) => (/^[1-9]\d{0,8}$/.test(part.trim()) ? Number(part) : 0));
  if (!sizes.includes(0)) return sizes;
  throw badUsage(`--curve is "${text}".`, "--curve", "Give numbers of training items, as 100,300,1000.");
}

function declare(command: Command): Command {
  withData(command, { testFile: "--test-file" }).argument(
    "<net>",
    "JSON file, - for standard input, or one line",
  );
  for (const option of [...rowFlags(), ...predictorFlags(), ...solverFlags(), ...searchFlags()])
    command.addOption(option);
  return command;
}

function rowFlags(): Option[] {
  return [
    new Option("--train <a:b>", "training rows, end excluded; commas join ranges")
      .argParser(rowsOption("--train"))
      .makeOptionMandatory(),
    new Option(
      "--test <a:b>",
      "rows to predict, test:a:b for those of the test part (default: the whole test part)",
    ).argParser(rowsOption("--test")),
    new Option("--curve <n,m>", "also the error with the first n, m, … training rows").argParser(curveOption),
  ];
}

function predictorFlags(): Option[] {
  return [
    choiceFlag("get", "Bayesian network, ensemble of trained networks, or Gaussian process with Θ", gets),
    new Option(
      "--time <steps>",
      "steps of gradient descent on the squared loss (default: to the end)",
    ).argParser(numberOption("--time", { min: 0 })),
    new Option("--learning-rate <r>", "rate of these steps (default 1)").argParser(
      numberOption("--learning-rate", { above: 0 }),
    ),
    new Option("--variance", "also variances and probabilities of classes"),
    choiceFlag("parameterisation", "that of Θ", parameterisations),
    new Option("--order <n>", "order in 1/width").argParser(integerOption("--order", { min: 0 })).default(0),
  ];
}

function solverFlags(): Option[] {
  return [
    new Option(
      "--jitter <x>",
      "added to the kernel's diagonal, in units of its mean (default: the least of 0, 1e-10, …, 1e-4 that does)",
    ).argParser(numberOption("--jitter", { min: 0 })),
    new Option(
      "--kernel <store>",
      "where the kernel of the training rows is kept or found, as one of fathom kernel (default: in --out)",
    ),
    choiceFlag("mode", "factor of the kernel; float32-refined takes half the memory", modes),
    choiceFlag("precision", "kernel; float64 is the slow reference", precisions),
  ];
}

function searchFlags(): Option[] {
  return [
    new Option("--search <by>", `find hyper-parameters first, by ${objectives.join(" or ")}`).argParser(
      choiceOption("--search", objectives),
    ),
    new Option(
      "--search-space <ranges>",
      "sw2, sb2, depth, jitter as name=low:high (drawn) or name=low:high:points (default: sw2=0.25:16,sb2=0.001:4)",
    ).argParser(searchSpaceOption),
    new Option(
      "--search-rows <n>",
      "training rows of a try, the first ones (default: at most 500)",
    ).argParser(integerOption("--search-rows", { min: 1 })),
    new Option("--tries <n>", "candidates that are drawn (default 20)").argParser(
      integerOption("--tries", { min: 1 }),
    ),
    new Option(
      "--validation <a:b>",
      "rows for validation (default: training rows that no try sees)",
    ).argParser(rowsOption("--validation")),
  ].map((option) => option.helpGroup("Options of --search:"));
}

function checkSearch({ search, ...options }: PredictOptions): void {
  const needs: Record<string, boolean> = {
    "--search-space": search === undefined && options.searchSpace !== undefined,
    "--search-rows": search === undefined && options.searchRows !== undefined,
    "--tries": search === undefined && options.tries !== undefined,
    "--validation": search !== "validation" && options.validation !== undefined,
  };
  for (const [flag, alone] of Object.entries(needs))
    if (alone) throw badUsage(`${flag} belongs to a search.`, flag, "Add --search validation (or evidence).");
}

function searchOf({ search: by, ...options }: PredictOptions, dataset: Dataset): { search?: SearchOptions } {
  if (by === undefined) return {};
  const { searchSpace: space, searchRows: rows, tries, validation } = options;
  return {
    search: {
      by,
      ...(space && { space }),
      ...(rows === undefined ? {} : { rows }),
      ...(tries === undefined ? {} : { tries }),
      ...(validation && { validation: rowsOf(dataset, validation, "--validation") }),
    },
  };
}

function checkOptions({ order, learningRate, time }: PredictOptions): void {
  if (order > 0) {
    throw new FathomError({
      code: "unsupported",
      message: `Corrections of order ${order} in 1/width are not computed yet.`,
      where: "--order",
      hint: "Leave out --order: predictions are those of infinite width.",
    });
  }
  if (learningRate !== undefined && time === undefined)
    throw badUsage(
      "--learning-rate is of steps.",
      "--learning-rate",
      "Say how many by --time, or leave it out.",
    );
}

async function ask(
  operand: string,
  options: PredictOptions,
  context: Context,
): Promise<PredictOutcome & { data: string }> {
  const { train, test, testFile, get, time, learningRate, jitter, mode, precision, ...rest } = options;
  const { parameterisation, variance, curve, kernel } = options;
  const net = await readNetwork(operand, context.io);
  const dataset = await readDataset(
    { ...rest, ...(testFile === undefined ? {} : { test: testFile }) },
    context,
  );
  const whole = [{ split: "test" as const, from: 0, to: dataset.test.labels.data.length }];
  const analyses = await import("../../analyses/index.ts");
  const outcome = await analyses.predict({
    ...asking(context),
    net,
    dataset,
    train: rowsOf(dataset, train, "--train"),
    test: rowsOf(dataset, test ?? whole, "--test"),
    get,
    mode,
    precision,
    parameterisation,
    ...(time === undefined ? {} : { time }),
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(jitter === undefined ? {} : { jitter }),
    ...(variance === undefined ? {} : { variance }),
    ...(curve === undefined ? {} : { curve }),
    ...(kernel === undefined ? {} : { store: kernel }),
    ...searchOf(options, dataset),
    ...(context.folder === undefined ? {} : { folder: context.folder }),
  });
  return { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) }, data: dataLines(dataset) };
}

/** A folder that holds the kernel of other rows or another network; here it is a flag. */
function inFlags(error: unknown): unknown {
  if (!(error instanceof FathomError) || error.code === "cancelled") return error;
  if (error.where === undefined || !/\.zarr$/.test(error.where)) return error;
  return new FathomError({
    code: error.code,
    message: error.message,
    where: `--out or --kernel, ${error.where}`,
    hint: "Name another folder or store, or remove that one.",
    cause: error,
  });
}

export const predictCommand: CommandSpec = {
  name: "predict",
  summary: "exact prediction with an infinitely wide network",
  description:
    "Predicts classes with the kernel of the infinitely wide network: as a Bayesian network (nngp), or as the ensemble of networks trained by gradient descent (ntk), to the end or for some steps. --out keeps the kernel and the fit, so that a run that was stopped goes on and later rows need no new fit.",
  examples: [
    [
      "fathom predict mlp:depth=3,activation=relu,sw2=2 --train 0:500 --test test:0:200",
      "on the generated digits",
    ],
    [
      "fathom predict examples/resnet-gp.json --data mnist --train 5000:5300 --test test:0:500 --curve 100 --variance",
      "a convolutional network, with variances",
    ],
    [
      "fathom predict examples/tanh-mlp.json --train 0:500 --get ntk --time 1000 --learning-rate 1",
      "networks in the middle of their training",
    ],
    [
      "fathom predict mlp:depth=3,activation=relu --train 0:500 --search evidence --search-space sw2=0.5:8,sb2=0.01:4,depth=1:6 --out found",
      "find variances and depth first; found/net.json is the best network",
    ],
  ],
  declare,
  assertable: "errorRate<0.1",
  async run(context, operands, raw) {
    const options = raw as unknown as PredictOptions;
    checkOptions(options);
    checkSearch(options);
    const outcome = await ask(operands[0]!, options, context).catch((error) => {
      throw inFlags(error);
    });
    const text = (await summaryText(outcome.document, context)) + outcome.data;
    if (context.folder === undefined) return { json: outcome.json, text };
    const report = await writeReport(outcome, context.folder);
    const predictions = await writeInto(context.folder, "predictions.csv", predictionsCsv(outcome.result));
    const { search } = outcome.json as { readonly search?: { readonly net: object } };
    if (search !== undefined)
      await writeInto(context.folder, "net.json", `${JSON.stringify(search.net, null, 2)}\n`);
    const figures = [];
    for (const figure of outcome.document.sections.flatMap((section) => section.figures))
      figures.push(await writeFigure(figure, figure.id, context.folder));
    return {
      json: { ...outcome.json, predictions, figures, report },
      text: `${text}Predictions: ${predictions}\nReport: ${report}\n`,
    };
  },
};
