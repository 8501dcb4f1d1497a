/** @file `fathom widths`: what width and depth do to the first steps of training and to the best learning rate. */
import { Option } from "commander";
import type { CommandSpec } from "../command.ts";
import { type DataOptions, readDataset, withData } from "../dataset.ts";
import { badUsage } from "../errors.ts";
import { readNetwork } from "../network.ts";
import { choiceOption, integerOption, numberOption } from "../options.ts";
import { asking } from "../questions.ts";
import { reported } from "../report-files.ts";

const optimizers = ["adam", "sgd"] as const;

interface WidthsOptions extends DataOptions {
  readonly widths?: number[];
  readonly depths?: number[];
  readonly optimizer: (typeof optimizers)[number];
  readonly lr?: number;
  readonly batch?: number;
  readonly steps: number;
  readonly seeds: number;
  readonly minutes: number;
}

/** `64,128,256`. */
function sizesOption(name: string): (text: string) => number[] {
  return (text) => {
    const sizes = text.split(",").map((part) => (/^[1-9]\d{0,6}$/.test(part.trim()) ? Number(part) : 0));
    if (sizes.length > 1 && !sizes.includes(0)) return sizes;
    throw badUsage(`${name} is "${text}".`, name, "Give two or more whole numbers, as 64,128,256.");
  };
}

const count = (name: string, least: number) => integerOption(name, { min: least, max: 100_000 });

export const widthsCommand: CommandSpec = {
  name: "widths",
  summary: "does the learning rate of a narrow network suit a wide one",
  description:
    "Makes the network wider and narrower, as it is written and in µP, and looks at how much the first steps of training change every layer (the coordinate check) and at which learning rate each width trains best. Interrupted runs go on where they stopped when --out is the same.",
  examples: [
    ["fathom widths mlp:depth=3,width=64,activation=relu,sw2=2", "four widths from the network's own, Adam"],
    [
      "fathom widths examples/transformer-block.json --widths 32,64,128 --minutes 5",
      "widths of the first hidden layer; the others have the same factor",
    ],
    ["fathom widths examples/tanh-mlp.json --depths 4,8,16,32 --optimizer sgd", "along depth too"],
  ],
  declare: (command) =>
    withData(command)
      .argument("<net>", "JSON file, - for standard input, or one line")
      .addOption(
        new Option(
          "--widths <a,b,c>",
          "widths of the first hidden layer (default: four, doubling)",
        ).argParser(sizesOption("--widths")),
      )
      .addOption(
        new Option("--depths <a,b,c>", "how often the repeated block stands in the network").argParser(
          sizesOption("--depths"),
        ),
      )
      .addOption(
        new Option("--optimizer <name>", optimizers.join(", "))
          .argParser(choiceOption("--optimizer", optimizers))
          .default("adam"),
      )
      .addOption(
        new Option(
          "--lr <r>",
          "rate of the coordinate check (default: 0.001 for adam, 0.05 for sgd)",
        ).argParser(numberOption("--lr", { above: 0 })),
      )
      .addOption(new Option("--batch <n>", "rows a step (default 64)").argParser(count("--batch", 1)))
      .addOption(
        new Option("--steps <n>", "steps of the coordinate check").argParser(count("--steps", 1)).default(5),
      )
      .addOption(new Option("--seeds <n>", "runs of every rate").argParser(count("--seeds", 1)).default(2))
      .addOption(
        new Option("--minutes <m>", "time for the search of the best rates")
          .argParser(numberOption("--minutes", { above: 0, max: 10_080 }))
          .default(2),
      ),
  defaultFolder: "fathom-out/widths",
  assertable: "slopes.length>0",
  async run(context, operands, raw) {
    const { lr, optimizer, minutes, ...options } = raw as unknown as WidthsOptions;
    const { widths, depths, batch, steps, seeds } = options;
    const net = await readNetwork(operands[0]!, context.io);
    const dataset = await readDataset(options, context);
    const analyses = await import("../../analyses/index.ts");
    const outcome = await analyses.widths({
      ...asking(context),
      net,
      dataset,
      optimizer: { kind: optimizer },
      steps,
      seeds,
      seconds: minutes * 60,
      folder: context.folder!,
      ...(widths === undefined ? {} : { widths }),
      ...(depths === undefined ? {} : { depths }),
      ...(lr === undefined ? {} : { learningRate: lr }),
      ...(batch === undefined ? {} : { batch }),
    });
    return reported(outcome, context, "");
  },
};
