/** @file `fathom tune`: the variances at which a network is critical, layer by layer, and the code that draws them. */
import { Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { CommandResult, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, readDataset, withOptionalData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { writeInto } from "../folder.ts";
import { type ForeignOptions, withDimFlag, withForeign } from "../foreign-options.ts";
import { checkOnnxFile, isOnnx, readNetwork } from "../network.ts";
import { choiceOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { summaryText, writeFigure, writeReport } from "../report-files.ts";
import { alignedTable, type Column, sampled } from "../table.ts";

const methods = ["sweep", "theory", "autoinit", "scalars"] as const;
const languages = ["json", "pytorch", "jax"] as const;

interface TuneOptions extends ForeignOptions, Omit<DataOptions, "data"> {
  readonly data?: string;
  readonly method: (typeof methods)[number];
  readonly emit?: (typeof languages)[number];
  readonly lam?: number;
  readonly sb2?: number;
}

/** Options that one method alone reads. */
const methodOf = { lam: "autoinit", sb2: "scalars" } as const;

/** Layers shown; the first and the last are among them. */
const maxRows = 24;

const columns: readonly Column[] = [
  { title: "layer", align: "left" },
  { title: "gain of weights", align: "right" },
  { title: "of biases", align: "right" },
  { title: "σw²", align: "right" },
  { title: "σb²", align: "right" },
];

interface GainRow {
  readonly layer: string;
  readonly weight: number;
  readonly bias: number | null;
  readonly sw2: number;
  readonly sb2: number;
}

type Rows = (json: Outcome["json"], show: (value: number) => string) => string[][];

interface Table {
  readonly columns: readonly Column[];
  readonly rows: Rows;
  readonly of: string;
}

const gainsTable: Table = {
  columns,
  rows: (json, show) =>
    (json["gains"] as readonly GainRow[]).map(({ layer, weight, bias, sw2, sb2 }) => [
      layer,
      show(weight),
      bias === null ? "added" : show(bias),
      show(sw2),
      show(sb2),
    ]),
  of: "layers",
};

const factorsTable: Table = {
  columns: [
    { title: "parameter", align: "left" },
    { title: "factor", align: "right" },
  ],
  rows: (json, show) =>
    Object.entries(json["factors"] as Readonly<Record<string, number>>).map(([name, factor]) => [
      name,
      show(factor),
    ]),
  of: "parameters",
};

async function tableText(outcome: Outcome, context: Context, table: Table): Promise<string> {
  const { formatNumber } = await import("../../report/index.ts");
  const rows = table.rows(outcome.json, formatNumber);
  const more = rows.length > maxRows ? `${maxRows} of ${rows.length} ${table.of}; --json has all.\n` : "";
  return `${await summaryText(outcome.document, context)}\n${alignedTable(table.columns, sampled(rows, maxRows))}${more}`;
}

/** What `--out` is given: the network (or the factors), the code, the figure and the report. */
async function writeAll(outcome: Outcome, folder: string, language: TuneOptions["emit"]) {
  const { json, document } = outcome;
  const has = (field: string) => json[field] !== undefined;
  const text = (field: string) => `${JSON.stringify(json[field], null, 2)}\n`;
  const net = has("net") ? { netFile: await writeInto(folder, "net.json", text("net")) } : {};
  const factors = has("factors")
    ? { factorsFile: await writeInto(folder, "factors.json", text("factors")) }
    : {};
  const figure = await writeFigure(document.sections[0]!.figures[0]!, "tune", folder);
  const report = await writeReport(outcome, folder);
  if (language !== undefined && language !== "json") {
    await writeInto(folder, has("net") ? "initialise.py" : "rescale.py", String(json["code"]));
  }
  return { ...net, ...factors, figure, report };
}

async function answer(
  outcome: Outcome,
  context: Context,
  { emit, table }: { readonly emit: TuneOptions["emit"]; readonly table: Table },
): Promise<CommandResult> {
  const { folder } = context;
  const files: Partial<Awaited<ReturnType<typeof writeAll>>> =
    folder === undefined ? {} : await writeAll(outcome, folder, emit);
  const json = { ...outcome.json, ...files };
  // Code alone, so that it can be redirected into a file.
  if (emit !== undefined) return { json, text: String(outcome.json["code"]) };
  const { netFile, factorsFile, report } = files;
  const notes = [
    ...(netFile === undefined ? [] : [`Network: ${netFile}\n`]),
    ...(factorsFile === undefined ? [] : [`Factors: ${factorsFile}\n`]),
    ...(report === undefined ? [] : [`Report: ${report}\n`]),
  ];
  return { json, text: `${await tableText(outcome, context, table)}${notes.join("")}` };
}

export const tuneCommand: CommandSpec = {
  name: "tune",
  summary: "variances by layer at which a network is critical, and code that draws them",
  description:
    "Finds gains of all weights so that small changes pass every layer unchanged: layer by layer on sampled networks (sweep), by theory, by the AutoInit objective, or one σw² for all (scalars). Checks the result on fresh networks, and writes it as a network or as initialisation code. An ONNX model has weights instead of variances: the sweep finds a factor for each, block by block.",
  examples: [
    [
      "fathom tune mlp:depth=30,width=128,activation=gelu,sw2=9 --out tuned",
      "gains by layer; tuned/net.json is ready to use",
    ],
    [
      "fathom tune net.json --data mnist --emit pytorch > initialise.py",
      "code for a PyTorch module of these layers",
    ],
    [
      "fathom tune model.onnx --data cifar10 --emit pytorch > rescale.py",
      "factors for the weights of an ONNX model, by parameter name",
    ],
    ["fathom tune net.json --method theory", "the critical point of theory"],
    [
      "fathom tune mlp:depth=20,activation=tanh --method scalars --sb2 0.05",
      "one σw² for all layers at this σb²",
    ],
  ],
  declare: (command) =>
    withForeign(withOptionalData(command))
      .argument("<net>", "JSON file, - for standard input, one line, or an ONNX model")
      .addOption(
        new Option("--method <name>", `how: ${methods.join(", ")}`)
          .argParser(choiceOption("--method", methods))
          .default("sweep"),
      )
      .addOption(
        new Option("--emit <language>", `print initialisation code alone: ${languages.join(", ")}`).argParser(
          choiceOption("--emit", languages),
        ),
      )
      .addOption(
        new Option(
          "--lam <λ>",
          "weight of steady K (autoinit; default 0, 0.1 with normalisations)",
        ).argParser(numberOption("--lam", { min: 0 })),
      )
      .addOption(
        new Option("--sb2 <v>", "bias variance σb² (scalars; default: the first layer's)").argParser(
          numberOption("--sb2", { min: 0 }),
        ),
      ),
  assertable: "critical==true",
  async run(context, operands, raw) {
    const options = raw as unknown as TuneOptions;
    const subject = operands[0]!;
    checkOptions(subject, options);
    return isOnnx(subject) ? tuneModel(subject, context, options) : tuneNet(subject, context, options);
  },
};

/** Refuses options that the method or the subject does not read. */
function checkOptions(subject: string, options: TuneOptions): void {
  for (const [name, method] of Object.entries(methodOf)) {
    if (options[name as keyof typeof methodOf] === undefined || options.method === method) continue;
    throw badUsage(
      `--${name} is given without --method ${method}.`,
      `--${name}`,
      `It belongs to --method ${method}.`,
    );
  }
  if (isOnnx(subject)) {
    if (options.method === "sweep") return;
    throw badUsage(
      `--method ${options.method} draws fresh weights, whose law ${subject} does not say.`,
      "--method",
      "Leave it out: the sweep scales the weights that the model has.",
    );
  }
  const stray = options.dim === undefined ? (options.output === undefined ? undefined : "--output") : "--dim";
  if (stray !== undefined)
    throw badUsage(`${stray} is for ONNX models.`, stray, "Described networks have no open dimensions.");
}

async function tuneNet(subject: string, context: Context, options: TuneOptions): Promise<CommandResult> {
  const net = await readNetwork(subject, context.io);
  const { data, method, emit, lam, sb2 } = options;
  const dataset = data === undefined ? {} : { dataset: await readDataset({ ...options, data }, context) };
  const { tune } = await import("../../analyses/index.ts");
  const outcome = await tune({
    ...asking(context),
    net,
    method,
    ...dataset,
    ...(emit === undefined ? {} : { emit }),
    ...(lam === undefined ? {} : { lam }),
    ...(sb2 === undefined ? {} : { sb2 }),
  });
  return answer(outcome, context, { emit, table: gainsTable });
}

async function tuneModel(path: string, context: Context, options: TuneOptions): Promise<CommandResult> {
  await checkOnnxFile(path);
  const { data, dim, output, emit } = options;
  const source = {
    path,
    ...(dim === undefined ? {} : { dims: dim }),
    ...(output === undefined ? {} : { output }),
    ...(data === undefined ? {} : { dataset: await readDataset({ ...options, data }, context) }),
  };
  const { tuneForeign } = await import("../../analyses/index.ts");
  const asked = { ...asking(context), source, ...(emit === undefined ? {} : { emit }) };
  const outcome = await withDimFlag(() => tuneForeign(asked));
  return answer(outcome, context, { emit, table: factorsTable });
}
