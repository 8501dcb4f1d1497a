/** @file `fathom criticality`: does a small change grow or die out with depth, and where is the critical point? */
import { type Command, Option } from "commander";
import type { Net } from "../../net/index.ts";
import { FathomError, relocated } from "../../tensor/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { criticalityText } from "../criticality-text.ts";
import { badUsage } from "../errors.ts";
import { muOption, normOption } from "../layer-options.ts";
import { readNetwork } from "../network.ts";
import { integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { writeReport } from "../report-files.ts";

interface CriticalityOptions {
  readonly activation?: string;
  readonly sw2?: number;
  readonly sb2?: number;
  readonly norm?: string;
  readonly mu?: number;
  readonly depth?: number;
  readonly width?: number;
  readonly measure?: true;
  readonly seeds?: number;
}

const defaultSeeds = 8;

/** Options that describe a network where no NET is given, with what stands in for them. */
const described = { sw2: 1, sb2: 0, norm: "none", mu: 0, depth: 30, width: 256 } as const;

function declare(command: Command): Command {
  const variance = (name: string, what: string) =>
    new Option(`--${name} <v>`, what).argParser(numberOption(`--${name}`, { min: 0 }));
  return command
    .argument("[net]", "JSON file, - for standard input, or one line; or --activation")
    .option("--activation <name>", "an activation instead of a network: tanh, leakyRelu(0.1)")
    .addOption(variance("sw2", "weight variance σw² (with --activation; default 1)"))
    .addOption(variance("sb2", "bias variance σb² (with --activation; default 0)"))
    .addOption(normOption("with --activation: "))
    .addOption(muOption(" (with --activation)"))
    .addOption(
      new Option("--depth <n>", "hidden layers (with --activation; default 30)").argParser(
        integerOption("--depth", { min: 1 }),
      ),
    )
    .addOption(
      new Option(
        "--width <n>",
        "units a layer of the sampled networks (with --activation; default 256)",
      ).argParser(integerOption("--width", { min: 2, max: 65_536 })),
    )
    .option("--measure", "sample networks and measure, beside the theory")
    .addOption(
      new Option("--seeds <n>", "networks to sample (with --measure; default 8)").argParser(
        integerOption("--seeds", { min: 2, max: 1000 }),
      ),
    );
}

/** The network of the options: uniform, on inputs as wide as its layers. */
async function describedNet(activation: string, options: CriticalityOptions): Promise<Net> {
  const { parseActivation, parseNetText } = await import("../../net/index.ts");
  const { sw2, sb2, norm, mu, depth, width } = { ...described, ...options };
  parseActivation(activation, "--activation");
  try {
    return parseNetText(
      `mlp:depth=${depth},width=${width},activation=${activation},sw2=${sw2},sb2=${sb2},norm=${norm},mu=${mu},out=10,in=${width}`,
    );
  } catch (error) {
    throw error instanceof FathomError && error.where?.startsWith("mlp:")
      ? relocated(error, { where: error.where.replace("mlp:", "--") })
      : error;
  }
}

async function readSubject(
  operand: string | undefined,
  options: CriticalityOptions,
  context: Context,
): Promise<Net> {
  const { activation } = options;
  if (operand !== undefined && activation !== undefined) {
    throw badUsage("Both NET and --activation are given.", "--activation", "Give one of the two.");
  }
  if (operand !== undefined) {
    const stray = Object.keys(described).find(
      (name) => options[name as keyof CriticalityOptions] !== undefined,
    );
    if (stray === undefined) return readNetwork(operand, context.io);
    throw badUsage(
      `--${stray} does not change NET.`,
      `--${stray}`,
      "Change the network itself, or use --activation.",
    );
  }
  if (activation !== undefined) return describedNet(activation, options);
  throw badUsage("No network is given.", "NET", "Give NET, or --activation with --sw2 and --sb2.");
}

export const criticalityCommand: CommandSpec = {
  name: "criticality",
  summary: "fixed point, growth by layer, critical point and exponents",
  description:
    "Computes how variances and small changes pass through the layers: fixed point, χ_J and χ_K, the partial Jacobians by layer, the class of the activation and its critical point. --measure adds sampled networks.",
  examples: [
    ["fathom criticality --activation erf --sw2 1.5 --sb2 0.1", "theory of one activation"],
    ["fathom criticality examples/tanh-mlp.json --measure", "theory beside sampled networks"],
    [
      "fathom criticality --activation gelu --norm ln-pre --mu 1 --depth 100 --json",
      "with LayerNorm and skip",
    ],
  ],
  declare,
  assertable: "fixedPoint.chiJ<1.1",
  async run(context, operands, raw) {
    const options = raw as unknown as CriticalityOptions;
    if (options.seeds !== undefined && !options.measure)
      throw badUsage("--seeds is given without --measure.", "--seeds", "Add --measure to sample networks.");
    const net = await readSubject(operands[0], options, context);
    const { criticality } = await import("../../analyses/index.ts");
    const measure = options.measure ? { measure: { seeds: options.seeds ?? defaultSeeds } } : {};
    const outcome = await criticality({ ...asking(context), net, ...measure });
    const report = context.folder === undefined ? {} : { report: await writeReport(outcome, context.folder) };
    const note = report.report === undefined ? "" : `Report: ${report.report}\n`;
    return { json: { ...outcome.json, ...report }, text: (await criticalityText(outcome, context)) + note };
  },
};
