/** @file A phase diagram in characters: small enough for a terminal, enough to see where order ends. */
import type { HeatFigure } from "../analyses/index.ts";
import { sampled } from "./table.ts";

/** Within this of the midpoint a cell counts as critical. */
const band = 0.03;

const maxRows = 16;
const maxColumns = 60;

function cellMark(value: number | null, midpoint: number): string {
  if (value === null) return "?";
  if (Math.abs(value - midpoint) <= band) return "+";
  return value < midpoint ? "·" : "█";
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * Rows from the largest bias variance down, a character a cell, with the ends of the axes.
 * @example phaseMap(figure, 80)
 */
export function phaseMap(figure: HeatFigure, width: number): string {
  const midpoint = figure.midpoint ?? 1;
  const columns = sampled([...figure.xs.keys()], Math.max(2, Math.min(maxColumns, width - 14)));
  const rows = sampled([...figure.ys.keys()], maxRows).reverse();
  const labels = rows.map((row) => shown(figure.ys[row]!));
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = rows.map((row, index) => {
    const cells = columns.map((column) => cellMark(figure.z[row]?.[column] ?? null, midpoint)).join("");
    return `  ${labels[index]!.padStart(margin)} │${cells}`;
  });
  const [first, last] = [shown(figure.xs[0] ?? 0), shown(figure.xs.at(-1) ?? 0)];
  const foot = first.padEnd(Math.max(columns.length - last.length, first.length + 1)) + last;
  return [
    `  ${figure.y.label}`,
    ...lines,
    `  ${" ".repeat(margin)} └${"─".repeat(columns.length)}`,
    `  ${" ".repeat(margin)}  ${foot}  ${figure.x.label}`,
    `  · below ${shown(midpoint)}   + within ${band} of ${shown(midpoint)}   █ above   ? no value      (${figure.zLabel})`,
    "",
  ].join("\n");
}
