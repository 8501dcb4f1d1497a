/** @file What a search says of the ends of its ranges: a best value there may be better still beyond. */
import type { Finding } from "../document.ts";
import { significant } from "../words.ts";
import type { SearchResult } from "./search.ts";
import { type ParameterRange, parameterNames } from "./search-space.ts";

/** Part of a range, on its scale, from which a drawn value counts as at its end: twenty draws leave gaps as wide. */
const near = 0.05;
/** Grids meet the ends of a range to the six digits that their values have. */
const exact = 1e-5;

/** One finding a parameter whose best value is at an end of its range, beyond which there are values. */
export function edgeFindings({ space, best }: Pick<SearchResult, "space" | "best">): Finding[] {
  return parameterNames.flatMap((name) => {
    const [range, value] = [space[name], best.candidate[name]];
    if (range === undefined || value === undefined) return [];
    const least = name === "depth" ? 1 : 0;
    const end = endOf(range, value, name === "depth" ? exact : near);
    if (end === undefined || (end === "lower" && range.low <= least)) return [];
    return [
      {
        tone: "neutral",
        text: `The best ${name}, ${significant(value)}, is at the ${end} end of its range (${significant(range.low)} to ${significant(range.high)}): ${end === "lower" ? "smaller" : "larger"} values may be better.`,
      },
    ];
  });
}

function endOf({ low, high, points }: ParameterRange, value: number, drawn: number) {
  if (low === high) return undefined;
  const part = low > 0 ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  const reach = points === undefined ? drawn : exact;
  if (part <= reach) return "lower";
  return part >= 1 - reach ? "upper" : undefined;
}
