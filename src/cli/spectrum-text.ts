/** @file The result of `spectrum` for people: the summary, and the density of the singular values in characters. */
import type { Outcome } from "../analyses/index.ts";
import type { Context } from "./context.ts";
import { summaryText } from "./report-files.ts";
import { sampled } from "./table.ts";

const rows = 8;
const eighths = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const maxColumns = 64;
/** The plot reaches to this multiple of the largest density behind the first eighth: what rises further at 0 is cut. */
const ceiling = 1.5;

interface Shown {
  readonly singular?: { readonly s: readonly number[]; readonly rho: readonly number[] };
}

function written(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * A density as bars of `rows` lines over its abscissa.
 * @example densityPlot({ s: [0.5, 1, 1.5], rho: [1, 2, 1] }, 80)
 */
function densityPlot({ s, rho }: NonNullable<Shown["singular"]>, width: number): string {
  if (s.length === 0) return "";
  const places = sampled([...s.keys()], Math.max(16, Math.min(maxColumns, width - 16)));
  const heights = places.map((place) => rho[place]!);
  const highest = Math.max(...heights);
  const top = Math.min(highest, ceiling * Math.max(...heights.slice(heights.length >> 3)));
  const label = String(Number(top.toPrecision(2)));
  const lines = Array.from({ length: rows }, (_, line) => {
    const below = rows - 1 - line;
    const bar = (height: number) => Math.min(8, Math.max(0, Math.round(8 * ((rows * height) / top - below))));
    const text = heights.map((height) => eighths[bar(height)]!).join("");
    return `  ${(line === 0 ? label : "").padStart(label.length)} │${text}`;
  });
  const margin = " ".repeat(label.length + 3);
  const [first, last] = [s[0]! < s.at(-1)! / 10 ? "0" : written(s[0]!), written(s.at(-1)!)];
  return [
    "  density of the singular values",
    ...lines,
    `${margin}└${"─".repeat(places.length)}`,
    `${margin} ${first}${last.padStart(places.length - first.length)}`,
    "",
  ].join("\n");
}

/** One screen. */
export async function spectrumText(outcome: Outcome, context: Context): Promise<string> {
  const { singular } = outcome.json as Shown;
  const plot = singular === undefined ? "" : densityPlot(singular, context.width);
  return `${await summaryText(outcome.document, context)}${plot === "" ? "" : `\n${plot}`}`;
}
