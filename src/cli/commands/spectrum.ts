/** @file `fathom spectrum`: the singular values of the Jacobian in the limit of infinite width. */
import { type Command, Option } from "commander";
import type { LineFigure, Outcome, SpectrumQuestion } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { badUsage } from "../errors.ts";
import { readNetwork } from "../network.ts";
import { choiceOption, integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { writeFigure, writeReport } from "../report-files.ts";
import { spectrumText } from "../spectrum-text.ts";

const ensembles = ["haar", "gaussian"] as const;

interface SpectrumOptions {
  readonly activation?: string;
  readonly depth?: number;
  readonly q?: number;
  readonly sw2?: number;
  readonly weights?: (typeof ensembles)[number];
  readonly measure?: true;
  readonly freeness?: true;
  readonly fisher?: true;
  readonly seeds?: number;
  readonly width?: number;
}

/** Options that describe equal layers where no NET is given, with what stands in for them. */
const described = { depth: 10, q: 1, weights: "haar" } as const;

function declare(command: Command): Command {
  return command
    .argument("[net]", "JSON file, - for standard input, or one line; or --activation")
    .option("--activation <name>", "an activation instead of a network: tanh, leakyRelu(0.1)")
    .addOption(
      new Option("--depth <n>", `layers (with --activation; default ${described.depth})`).argParser(
        integerOption("--depth", { min: 1, max: 100_000 }),
      ),
    )
    .addOption(
      new Option("--q <v>", `second moment of the preactivations (default ${described.q})`).argParser(
        numberOption("--q", { min: 0 }),
      ),
    )
    .addOption(
      new Option("--weights <kind>", `${ensembles.join(" or ")} (default ${described.weights})`).argParser(
        choiceOption("--weights", ensembles),
      ),
    )
    .addOption(
      new Option("--sw2 <v>", "weight variance σw² (default: that of χ_J = 1)").argParser(
        numberOption("--sw2", { above: 0 }),
      ),
    )
    .option("--measure", "sample networks too: their singular values over the prediction")
    .option("--freeness", "test on sampled networks that slopes and weights are free of each other")
    .option("--fisher", "the spectrum of the parameters' Fisher by depth, and the learning rate it allows")
    .addOption(
      new Option("--seeds <n>", "networks to sample (with --measure; default 4)").argParser(
        integerOption("--seeds", { min: 1, max: 1000 }),
      ),
    )
    .addOption(
      new Option(
        "--width <n>",
        "units of sampled layers (with --measure and --activation; default 200, of more than 100 layers 100)",
      ).argParser(integerOption("--width", { min: 2, max: 2048 })),
    );
}

/** What is asked beyond theory. */
function samplingOf({ measure, freeness, fisher, seeds, width }: SpectrumOptions, isNetwork: boolean) {
  const stray = seeds !== undefined ? "--seeds" : width !== undefined ? "--width" : undefined;
  if (stray !== undefined && !measure)
    throw badUsage(`${stray} is given without --measure.`, stray, "Add --measure to sample networks.");
  if (width !== undefined && isNetwork)
    throw badUsage("--width does not change NET.", "--width", "Change the network itself.");
  const sampling = { ...(seeds === undefined ? {} : { seeds }), ...(width === undefined ? {} : { width }) };
  return {
    ...(measure ? { measure: sampling } : {}),
    ...(freeness ? { freeness: {} } : {}),
    ...(fisher ? { fisher: true } : {}),
  };
}

async function subjectOf(
  operand: string | undefined,
  { activation, depth, q, sw2, weights }: SpectrumOptions,
  context: Context,
): Promise<Pick<SpectrumQuestion, "net" | "uniform">> {
  if (operand !== undefined && activation !== undefined)
    throw badUsage("Both NET and --activation are given.", "--activation", "Give one of the two.");
  const rest = {
    ...(depth === undefined ? {} : { depth }),
    ...(q === undefined ? {} : { q }),
    ...(sw2 === undefined ? {} : { sw2 }),
    ...(weights === undefined ? {} : { weights }),
  };
  if (activation !== undefined) {
    const { parseActivation } = await import("../../net/index.ts");
    return { uniform: { ...described, ...rest, activation: parseActivation(activation, "--activation") } };
  }
  const stray = (["depth", "q", "sw2", "weights"] as const).find((name) => rest[name] !== undefined);
  if (stray !== undefined)
    throw badUsage(
      `--${stray} is given without --activation.`,
      `--${stray}`,
      "Change the network itself, or use --activation.",
    );
  if (operand !== undefined) return { net: await readNetwork(operand, context.io) };
  throw badUsage("No network is given.", "NET", "Give NET, or --activation with --depth and --q.");
}

/** The first figure as SVG with its data, and the report. */
async function writeFiles(outcome: Outcome, folder: string): Promise<Record<string, string>> {
  const figures = outcome.document.sections.flatMap((section) => section.figures);
  const [first] = figures.filter((figure): figure is LineFigure => figure.kind === "lines");
  const figure = first === undefined ? {} : { figure: await writeFigure(first, "spectrum", folder) };
  return { ...figure, report: await writeReport(outcome, folder) };
}

export const spectrumCommand: CommandSpec = {
  name: "spectrum",
  summary: "singular values of the Jacobian: density, edge, atoms",
  description:
    "Computes the spectrum of the Jacobian through the hidden layers in the limit of infinite width: density, upper edge, atoms, moments, and how far it is from a dynamical isometry. Of a NET, the square hidden layers are taken, each at its own second moment. --measure draws sampled networks over the prediction, --freeness tests its premise, --fisher turns to the parameters. Writes figure and report.",
  examples: [
    ["fathom spectrum --activation erf --depth 10 --q 0.2", "orthogonal weights at χ_J = 1"],
    ["fathom spectrum --activation relu --depth 10 --weights gaussian --json", "Gaussian weights, as JSON"],
    [
      "fathom spectrum --activation tanh --depth 20 --q 0.05 --measure --freeness --fisher",
      "beside sampled networks, with the test of freeness and the Fisher",
    ],
    ["fathom spectrum mlp:depth=20,width=200,activation=tanh,init=haar", "the hidden layers of a network"],
  ],
  declare,
  defaultFolder: "fathom-out/spectrum",
  assertable: "isometry.sMax<3",
  async run(context, operands, raw) {
    const options = raw as SpectrumOptions;
    const subject = await subjectOf(operands[0], options, context);
    const sampling = samplingOf(options, operands[0] !== undefined);
    const { sampledSpectrum } = await import("../../analyses/index.ts");
    const outcome = await sampledSpectrum({ ...asking(context), ...subject, ...sampling });
    const files = await writeFiles(outcome, context.folder!);
    const written = Object.entries(files).map(
      ([name, path]) => `${name === "figure" ? "Figure" : "Report"}: ${path}\n`,
    );
    return {
      json: { ...outcome.json, ...files },
      text: (await spectrumText(outcome, context)) + written.join(""),
    };
  },
};
