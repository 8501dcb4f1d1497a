/** @file `fathom choose`: which optimiser suits a network and data. */
import { Option } from "commander";
import type { CommandSpec } from "../command.ts";
import { type DataOptions, dataFacts, dataLines, readDataset, withData } from "../dataset.ts";
import { badUsage, inFlags } from "../errors.ts";
import { readNetwork } from "../network.ts";
import { integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { reported } from "../report-files.ts";
import { alignedTable } from "../table.ts";

const optimizers = ["sgd", "adam", "adamw"] as const;
type OptimizerName = (typeof optimizers)[number];

interface ChooseOptions extends DataOptions {
  readonly budget: number;
  readonly optimizers?: OptimizerName[];
  readonly rho?: number[];
  readonly batch?: number;
}

function optimizersOption(text: string): OptimizerName[] {
  const names = text.split(",").map((name) => name.trim());
  const known = names.every((name) => (optimizers as readonly string[]).includes(name));
  if (known && new Set(names).size === names.length) return names as OptimizerName[];
  throw badUsage(
    `--optimizers is "${text}".`,
    "--optimizers",
    `Give some of ${optimizers.join(", ")}, each once.`,
  );
}

/** `0.05,0.1`, or `none`. */
function rhosOption(text: string): number[] {
  if (text.trim() === "none") return [];
  const rhos = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (rhos.every((rho) => rho > 0 && Number.isFinite(rho))) return [...new Set(rhos)].sort((a, b) => a - b);
  throw badUsage(
    `--rho is "${text}".`,
    "--rho",
    "Give numbers above 0, as 0.05,0.1,0.2, or none to leave SAM out; every optimiser runs without SAM too.",
  );
}

/** Columns of the terminal's table, by their names in the JSON. */
interface MethodRow {
  readonly name: string;
  readonly lr: number;
  readonly validation: number;
  readonly error: number;
  readonly ci: readonly [number, number] | null;
  readonly lambdaMax: number | null;
}

function methodsText(methods: readonly MethodRow[]): string {
  const percent = (x: number) => `${(100 * x).toFixed(2)} %`;
  const left = { title: "method", align: "left" } as const;
  const right = ["lr", "validation", "test error", "95 % interval", "λ_max"].map(
    (title) => ({ title, align: "right" }) as const,
  );
  return alignedTable(
    [left, ...right],
    methods.map(({ name, lr, validation, error, ci, lambdaMax }) => [
      name,
      String(lr),
      percent(validation),
      percent(error),
      ci === null ? "" : `${percent(ci[0])} to ${percent(ci[1])}`,
      lambdaMax === null ? "" : lambdaMax.toPrecision(3),
    ]),
  );
}

export const chooseCommand: CommandSpec = {
  name: "choose",
  summary: "which optimiser on this problem",
  description:
    "Races SGD and AdamW, each alone, with averaged weights (SWA), with sharpness-aware minimisation (SAM) and with both, over learning rates of their own, at equal gradient evaluations and on the same seeds. Validation rows pick, test errors are reported with intervals; a difference within the scatter of seeds is called none. Interrupted runs go on where they stopped when --out is the same.",
  examples: [
    [
      "fathom choose mlp:depth=2,width=64,activation=relu,sw2=2 --budget 2",
      "on the generated digits, in about two minutes",
    ],
    [
      "fathom choose net.json --data mine.csv --standardize --budget 20 --rho 0.05,0.1,0.2,0.4",
      "on a table of your own, with four radii of SAM",
    ],
    ["fathom choose net.json --data mnist --optimizers sgd --rho none", "is averaging enough?"],
  ],
  declare: (command) =>
    withData(command)
      .argument("<net>", "JSON file, - for standard input, or one line")
      .addOption(
        new Option("--budget <minutes>", "time for all runs together, as predicted on two cores")
          .argParser(numberOption("--budget", { above: 0, max: 10_080 }))
          .default(5),
      )
      .addOption(
        new Option("--optimizers <a,b>", `some of ${optimizers.join(", ")} (default: sgd,adamw)`).argParser(
          optimizersOption,
        ),
      )
      .addOption(
        new Option("--rho <a,b>", "radii of SAM, or none to leave it out (default: 0.05,0.1,0.2)").argParser(
          rhosOption,
        ),
      )
      .addOption(
        new Option("--batch <n>", "rows a step (default 64)").argParser(
          integerOption("--batch", { min: 1, max: 100_000 }),
        ),
      ),
  defaultFolder: "fathom-out/choose",
  assertable: "outcome=='better'",
  async run(context, operands, raw) {
    const { budget, optimizers: names, rho, batch, ...options } = raw as unknown as ChooseOptions;
    const net = await readNetwork(operands[0]!, context.io);
    const dataset = await readDataset(options, context);
    const analyses = await import("../../analyses/index.ts");
    const outcome = await analyses
      .choose({
        ...asking(context),
        net,
        dataset,
        seconds: 60 * budget,
        folder: context.folder!,
        ...(names === undefined ? {} : { optimizers: names }),
        ...(rho === undefined ? {} : { rhos: rho }),
        ...(batch === undefined ? {} : { batch }),
      })
      .catch((error) => {
        throw inFlags(error, { rhos: "--rho" });
      });
    const { methods } = outcome.json as { readonly methods: readonly MethodRow[] };
    const said = { ...outcome, json: { ...outcome.json, data: dataFacts(dataset) } };
    return reported(said, context, methodsText(methods) + dataLines(dataset));
  },
};
