/** @file Options that describe one layer of a uniform network: its normalisation and its skip. */
import { Option } from "commander";
import type { Norm } from "../theory/index.ts";
import { badUsage } from "./errors.ts";
import { choiceOption, numberOption } from "./options.ts";

/** As theory's own list, which is not loaded for a help text; the types hold them equal. */
const known: Readonly<Record<Norm, true>> = {
  none: true,
  "ln-pre": true,
  "ln-act": true,
  "ln-skip": true,
  "ln-block": true,
  batchnorm: true,
};
export const norms = Object.keys(known) as readonly Norm[];

/** `--norm KIND`. */
export function normOption(what = ""): Option {
  return new Option("--norm <kind>", `${what}${norms.join(", ")}`).argParser(choiceOption("--norm", norms));
}

/** `--mu µ`, from 0 to 1. */
export function muOption(what = ""): Option {
  const finite = numberOption("--mu");
  return new Option("--mu <µ>", `strength of the skip connection, 0 to 1${what}`).argParser((text) => {
    const mu = finite(text);
    if (mu >= 0 && mu <= 1) return mu;
    throw badUsage(
      `--mu is ${text}.`,
      "--mu",
      "Give a number from 0 to 1: a skip above 1 multiplies the signal by µ² in every layer, so it explodes at any initialisation.",
    );
  });
}
