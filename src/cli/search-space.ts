/** @file Ranges of hyper-parameters as they are typed: `sw2=0.5:8,sb2=0:1:5,depth=1:6`. */
import type { SearchSpace } from "../analyses/index.ts";
import { badUsage } from "./errors.ts";

const names = ["sw2", "sb2", "depth", "jitter"];
const number = "(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?";
const range = new RegExp(`^(\\w+)=(${number}):(${number})(?::(\\d{1,6}))?$`);

/**
 * The ranges by name; whether they can be searched is the search's to say.
 * @throws FathomError bad-input for what is no range, an unknown name or a name given twice.
 * @example searchSpaceOption("sw2=0.5:8,depth=1:3:3") // { sw2: { low: 0.5, high: 8 }, depth: { low: 1, high: 3, points: 3 } }
 */
export function searchSpaceOption(text: string): SearchSpace {
  const space: Record<string, { low: number; high: number; points?: number }> = {};
  for (const part of text.split(",")) {
    const [, name, low, , , high, , , points] = range.exec(part.trim()) ?? [];
    if (name === undefined || !names.includes(name) || Object.hasOwn(space, name)) throw refused(text);
    space[name] = {
      low: Number(low),
      high: Number(high),
      ...(points === undefined ? {} : { points: Number(points) }),
    };
  }
  return space;
}

function refused(text: string) {
  return badUsage(
    `--search-space is "${text}".`,
    "--search-space",
    `Give name=low:high or name=low:high:points, each of ${names.join(", ")} once, joined by commas; numbers are 0 or more, as sw2=0.5:8,depth=1:6, and points below 1,000,000.`,
  );
}
