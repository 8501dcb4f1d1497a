/** @file `fathom phase`: the phase diagram of an activation over weight and bias variance. */
import { type Command, Option } from "commander";
import type { HeatFigure, Outcome } from "../../analyses/index.ts";
import type { CommandSpec } from "../command.ts";
import { muOption, normOption, type norms } from "../layer-options.ts";
import { gridOption } from "../options.ts";
import { phaseMap } from "../phase-map.ts";
import { asking } from "../questions.ts";
import { writeFigure } from "../report-files.ts";

interface PhaseOptions {
  readonly activation: string;
  readonly norm: (typeof norms)[number];
  readonly mu: number;
  readonly sw2: readonly number[];
  readonly sb2: readonly number[];
}

function declare(command: Command): Command {
  const axis = (name: string, what: string, otherwise: string) =>
    new Option(`--${name} <a:b:n>`, `${what}: first:last:count`)
      .argParser(gridOption(`--${name}`))
      .default(gridOption(`--${name}`)(otherwise), otherwise);
  return command
    .requiredOption("--activation <name>", "tanh, relu, leakyRelu(0.1), …")
    .addOption(axis("sw2", "weight variances σw²", "0.1:4:40"))
    .addOption(axis("sb2", "bias variances σb²", "0:1:21"))
    .addOption(normOption().default("none"))
    .addOption(muOption().default(0));
}

function heatOf({ document }: Outcome): HeatFigure | undefined {
  return document.sections.flatMap(({ figures }) => figures).find((figure) => figure.kind === "heat");
}

export const phaseCommand: CommandSpec = {
  name: "phase",
  summary: "phase diagram over σw² and σb²",
  description:
    "Computes χ_J and ξ at the fixed point over a grid of weight and bias variances, and the critical line between order and chaos. Writes the figure as SVG with its data.",
  examples: [
    ["fathom phase --activation tanh", "the usual diagram"],
    [
      "fathom phase --activation gelu --sw2 1:3:41 --sb2 0:0.5:26 --out gelu",
      "another window, into the folder gelu",
    ],
    ["fathom phase --activation relu --norm ln-pre --mu 0.9 --json", "with LayerNorm and a skip connection"],
  ],
  declare,
  defaultFolder: "fathom-out/phase",
  assertable: "criticalLine.length>0",
  async run(context, _operands, raw) {
    const { activation, ...rest } = raw as unknown as PhaseOptions;
    const { parseActivation } = await import("../../net/index.ts");
    const spec = parseActivation(activation, "--activation");
    const { phase } = await import("../../analyses/index.ts");
    const { norm, mu, sw2, sb2 } = rest;
    const outcome = phase({ ...asking(context), activation: spec, norm, mu, sw2, sb2 });
    const heat = heatOf(outcome);
    const figure = heat && (await writeFigure(heat, "phase", context.folder!));
    const map = heat === undefined ? "" : phaseMap(heat, context.width);
    const { sentence } = outcome.document.verdict;
    return {
      json: { ...outcome.json, ...(figure === undefined ? {} : { figure }) },
      text: `${sentence}\n\n${map}${figure === undefined ? "" : `Figure: ${figure}\n`}`,
    };
  },
};
