/** @file `fathom phase`: the phase diagram of an activation or a network over weight and bias variance. */
import { type Command, Option } from "commander";
import type { HeatFigure, Outcome } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import type { Context } from "../context.ts";
import { badUsage } from "../errors.ts";
import { muOption, normOption, type norms } from "../layer-options.ts";
import { readNetwork } from "../network.ts";
import { gridOption, integerOption } from "../options.ts";
import { phaseText } from "../phase-text.ts";
import { asking } from "../questions.ts";
import { writeFigure, writeReport } from "../report-files.ts";

interface PhaseOptions {
  readonly activation?: string;
  readonly norm?: (typeof norms)[number];
  readonly mu?: number;
  readonly sw2?: readonly number[];
  readonly sb2?: readonly number[];
  readonly measure?: true;
  readonly depth?: number;
  readonly width?: number;
  readonly seeds?: number;
}

/** The grid of an activation (criticality.md §7.5). */
const usualGrid = { sw2: "0.1:4:40", sb2: "0:2:21" } as const;

/** Sampled networks of an activation, and how many a cell. */
const sampled = { depth: 20, width: 200 } as const;
const defaultSeeds = 2;

function declare(command: Command): Command {
  const axis = (name: keyof typeof usualGrid, what: string) =>
    new Option(
      `--${name} <a:b:n>`,
      `${what}: first:last:count (default: ${usualGrid[name]}, or around NET)`,
    ).argParser(gridOption(`--${name}`));
  const count = (name: string, what: string, bounds: { min: number; max: number }) =>
    new Option(`--${name} <n>`, what).argParser(integerOption(`--${name}`, bounds));
  return command
    .argument("[net]", "JSON file, - for standard input, or one line; or --activation")
    .option("--activation <name>", "an activation instead of a network: tanh, relu, leakyRelu(0.1)")
    .addOption(axis("sw2", "weight variances σw²"))
    .addOption(axis("sb2", "bias variances σb²"))
    .addOption(normOption("with --activation: "))
    .addOption(muOption(" (with --activation)"))
    .option("--measure", "sample networks at some cells and draw them over the theory")
    .addOption(
      count("depth", "hidden layers of the sampled networks (with --activation; default 20)", {
        min: 2,
        max: 10_000,
      }),
    )
    .addOption(
      count("width", "their units a layer (with --activation; default 200)", { min: 3, max: 65_536 }),
    )
    .addOption(count("seeds", "networks a cell (with --measure; default 2)", { min: 1, max: 1000 }));
}

function heatOf({ document }: Outcome): HeatFigure | undefined {
  return document.sections.flatMap(({ figures }) => figures).find((figure) => figure.kind === "heat");
}

/** Options that only one kind of subject takes are refused with the other, never dropped. */
function checkOptions(operand: string | undefined, options: PhaseOptions): void {
  const { activation, measure } = options;
  if (operand === undefined && activation === undefined)
    throw badUsage("No network is given.", "--activation", "Give NET, or --activation.");
  if (operand !== undefined && activation !== undefined)
    throw badUsage("Both NET and --activation are given.", "--activation", "Give one of the two.");
  const given = (names: readonly (keyof PhaseOptions)[]) => names.find((name) => options[name] !== undefined);
  const stray = operand === undefined ? undefined : given(["norm", "mu", "depth", "width"]);
  if (stray !== undefined)
    throw badUsage(
      `--${stray} does not change NET.`,
      `--${stray}`,
      "Change the network itself, or use --activation.",
    );
  const idle = measure ? undefined : given(["depth", "width", "seeds"]);
  if (idle !== undefined)
    throw badUsage(`--${idle} is given without --measure.`, `--${idle}`, "Add --measure to sample networks.");
}

async function ask(operand: string | undefined, options: PhaseOptions, context: Context): Promise<Outcome> {
  const { activation, norm = "none", mu = 0, measure, seeds = defaultSeeds } = options;
  if (operand !== undefined) {
    const net = await readNetwork(operand, context.io);
    const { phaseOfNet } = await import("../../analyses/index.ts");
    const { sw2, sb2 } = options;
    const grid = { ...(sw2 === undefined ? {} : { sw2 }), ...(sb2 === undefined ? {} : { sb2 }) };
    return phaseOfNet({ ...asking(context), net, grid, ...(measure ? { measure: { seeds } } : {}) });
  }
  const axis = (name: keyof typeof usualGrid) => options[name] ?? gridOption(`--${name}`)(usualGrid[name]);
  const { parseActivation } = await import("../../net/index.ts");
  const { phase, measuredPhase } = await import("../../analyses/index.ts");
  const of = { activation: parseActivation(activation!, "--activation"), norm, mu };
  const asked = { ...asking(context), ...of, sw2: axis("sw2"), sb2: axis("sb2") };
  if (!measure) return phase(asked);
  const { depth = sampled.depth, width = sampled.width } = options;
  return measuredPhase({ ...asked, measure: { depth, width, seeds } });
}

export const phaseCommand: CommandSpec = {
  name: "phase",
  summary: "phase diagram over σw² and σb²",
  description:
    "Computes χ_J and ξ at the fixed point over a grid of weight and bias variances, and the critical line between order and chaos. With NET its own point is marked; a network whose hidden layers differ is shown by its growth a layer at its own depth. Writes the figure as SVG with its data.",
  examples: [
    ["fathom phase --activation tanh", "the usual diagram"],
    [
      "fathom phase --activation gelu --sw2 1:3:41 --sb2 0:0.5:26 --out gelu",
      "another window, into the folder gelu",
    ],
    ["fathom phase --activation relu --norm ln-pre --mu 0.9 --json", "with LayerNorm and a skip connection"],
    ["fathom phase --activation erf --measure", "with sampled networks at 20 cells"],
    ["fathom phase examples/tanh-mlp.json", "of a network, with its own point"],
  ],
  declare,
  defaultFolder: "fathom-out/phase",
  assertable: "criticalLine.length>0",
  async run(context, operands, raw) {
    const options = raw as unknown as PhaseOptions;
    checkOptions(operands[0], options);
    const outcome = await ask(operands[0], options, context);
    const heat = heatOf(outcome);
    const figure = heat && (await writeFigure(heat, "phase", context.folder!));
    const report = await writeReport(outcome, context.folder!);
    const files = `${figure === undefined ? "" : `Figure: ${figure}\n`}Report: ${report}\n`;
    return {
      json: { ...outcome.json, ...(figure === undefined ? {} : { figure }), report },
      text: `${await phaseText(outcome, heat, context)}${files}`,
    };
  },
};
