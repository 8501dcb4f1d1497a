/** @file `fathom tune`: the variances at which a network is critical, layer by layer, and the code that draws them. */
import { Option } from "commander";
import type { Outcome } from "../../analyses/index.ts";
import type { CommandResult, CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { type DataOptions, readDataset, withOptionalData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { writeInto } from "../folder.ts";
import { readNetwork } from "../network.ts";
import { choiceOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { summaryText, writeFigure, writeReport } from "../report-files.ts";
import { alignedTable, type Column, sampled } from "../table.ts";

const methods = ["sweep", "theory", "autoinit", "scalars"] as const;
const languages = ["json", "pytorch", "jax"] as const;

interface TuneOptions extends Omit<DataOptions, "data"> {
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

async function gainsText(outcome: Outcome, context: Context): Promise<string> {
  const { formatNumber } = await import("../../report/index.ts");
  const gains = outcome.json["gains"] as readonly GainRow[];
  const rows = gains.map(({ layer, weight, bias, sw2, sb2 }) => [
    layer,
    formatNumber(weight),
    bias === null ? "added" : formatNumber(bias),
    formatNumber(sw2),
    formatNumber(sb2),
  ]);
  const more = rows.length > maxRows ? `${maxRows} of ${rows.length} layers; --json has all.\n` : "";
  return `${await summaryText(outcome.document, context)}\n${alignedTable(columns, sampled(rows, maxRows))}${more}`;
}

const fileOf = { json: "initialise.json", pytorch: "initialise.py", jax: "initialise.py" } as const;

/** What `--out` is given: the network, its code, the figure and the report. */
async function writeAll(outcome: Outcome, folder: string, language: TuneOptions["emit"]) {
  const { json, document } = outcome;
  const net = await writeInto(folder, "net.json", `${JSON.stringify(json["net"], null, 2)}\n`);
  const figure = await writeFigure(document.sections[0]!.figures[0]!, "tune", folder);
  const report = await writeReport(outcome, folder);
  if (language !== undefined && language !== "json") {
    await writeInto(folder, fileOf[language], String(json["code"]));
  }
  return { netFile: net, figure, report };
}

async function answer(outcome: Outcome, context: Context, options: TuneOptions): Promise<CommandResult> {
  const { folder } = context;
  const files = folder === undefined ? undefined : await writeAll(outcome, folder, options.emit);
  const json = { ...outcome.json, ...files };
  // Code alone, so that it can be redirected into a file.
  if (options.emit !== undefined) return { json, text: String(outcome.json["code"]) };
  const note = files ? `Network: ${files.netFile}\nReport: ${files.report}\n` : "";
  return { json, text: `${await gainsText(outcome, context)}${note}` };
}

export const tuneCommand: CommandSpec = {
  name: "tune",
  summary: "variances by layer at which a network is critical, and code that draws them",
  description:
    "Finds gains of all weights so that small changes pass every layer unchanged: layer by layer on sampled networks (sweep), by theory, by the AutoInit objective, or one σw² for all (scalars). Checks the result on fresh networks, and writes it as a network or as initialisation code.",
  examples: [
    [
      "fathom tune mlp:depth=30,width=128,activation=gelu,sw2=9 --out tuned",
      "gains by layer; tuned/net.json is ready to use",
    ],
    [
      "fathom tune net.json --data mnist --emit pytorch > initialise.py",
      "code for a PyTorch module of these layers",
    ],
    ["fathom tune net.json --method theory", "the critical point of theory"],
    [
      "fathom tune mlp:depth=20,activation=tanh --method scalars --sb2 0.05",
      "one σw² for all layers at this σb²",
    ],
  ],
  declare: (command) =>
    withOptionalData(command.argument("<net>", "JSON file, - for standard input, or one line"))
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
    for (const [name, method] of Object.entries(methodOf)) {
      if (options[name as keyof typeof methodOf] === undefined || options.method === method) continue;
      throw badUsage(
        `--${name} is given without --method ${method}.`,
        `--${name}`,
        `It belongs to --method ${method}.`,
      );
    }
    const net = await readNetwork(operands[0]!, context.io);
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
    return answer(outcome, context, options);
  },
};
