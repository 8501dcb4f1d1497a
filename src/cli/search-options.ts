/** @file The options of `predict --search`: what hyper-parameters are tried, on which rows, and by what they are judged. */
import { Option } from "commander";
import type { SearchOptions, SearchSpace } from "../analyses/index.ts";
import type { Dataset } from "../data/index.ts";
import { badUsage } from "./errors.ts";
import { choiceOption, integerOption } from "./options.ts";
import { type RowRange, rowsOf, rowsOption } from "./rows.ts";
import { searchSpaceOption } from "./search-space.ts";

const objectives = ["evidence", "validation"] as const;

/** Values of {@link searchFlags}. */
export interface SearchFlags {
  readonly search?: (typeof objectives)[number];
  readonly searchSpace?: SearchSpace;
  readonly searchRows?: number;
  readonly tries?: number;
  readonly validation?: RowRange[];
}

export function searchFlags(): Option[] {
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

/** @throws FathomError bad-input for an option of a search where there is none, or another one. */
export function checkSearch({ search, ...options }: SearchFlags): void {
  const alone: Record<string, boolean> = {
    "--search-space": search === undefined && options.searchSpace !== undefined,
    "--search-rows": search === undefined && options.searchRows !== undefined,
    "--tries": search === undefined && options.tries !== undefined,
    "--validation": search !== "validation" && options.validation !== undefined,
  };
  const flag = Object.keys(alone).find((name) => alone[name]);
  if (flag === undefined) return;
  const hint = `Add --search validation${flag === "--validation" ? "" : " (or evidence)"}.`;
  throw badUsage(`${flag} belongs to a search.`, flag, hint);
}

/** What the library is asked with. @throws FathomError bad-input as `rowsOf`. */
export function searchOf(
  { search: by, searchSpace: space, searchRows: rows, tries, validation }: SearchFlags,
  dataset: Dataset,
): { search?: SearchOptions } {
  if (by === undefined) return {};
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
