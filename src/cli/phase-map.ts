/** @file A phase diagram in characters: small enough for a terminal, enough to see where order ends. */
import type { HeatFigure, Mark } from "../analyses/index.ts";

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

/** Every k-th of the values, from the first on, so that what is shown is evenly spaced. */
function everyKth(count: number, limit: number): number[] {
  const step = Math.ceil(count / limit);
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}

/** The character of a marked point: the network's own, or the critical one. */
function pointMark({ role = "before" }: Mark): string {
  return role === "before" ? "○" : "◆";
}

/** Which of the shown values lies nearest, undefined for a point outside of them. */
function nearest(values: readonly number[], at: number): number | undefined {
  const step = values.length < 2 ? Number.POSITIVE_INFINITY : values[1]! - values[0]!;
  if (at < values[0]! - step / 2 || at > values.at(-1)! + step / 2) return undefined;
  const distances = values.map((value) => Math.abs(value - at));
  return distances.indexOf(Math.min(...distances));
}

/**
 * Rows from the largest bias variance down, a character a cell, with the ends of the axes and the marked points.
 * @example phaseMap(figure, 80)
 */
export function phaseMap(figure: HeatFigure, width: number): string {
  const midpoint = figure.midpoint ?? 1;
  const columns = everyKth(figure.xs.length, Math.max(2, Math.min(maxColumns, width - 14)));
  const rows = everyKth(figure.ys.length, maxRows);
  const cells = rows.map((row) =>
    columns.map((column) => cellMark(figure.z[row]?.[column] ?? null, midpoint)),
  );
  const [xs, ys] = [columns.map((column) => figure.xs[column]!), rows.map((row) => figure.ys[row]!)];
  const marks = (figure.marks ?? []).filter((mark) => {
    const [row, column] = [nearest(ys, mark.y), nearest(xs, mark.x)];
    if (row === undefined || column === undefined) return false;
    cells[row]![column] = pointMark(mark);
    return true;
  });
  const labels = ys.map(shown);
  const margin = Math.max(...labels.map((label) => label.length));
  const lines = cells.map((row, index) => `  ${labels[index]!.padStart(margin)} │${row.join("")}`).reverse();
  const [first, last] = [shown(xs[0] ?? 0), shown(xs.at(-1) ?? 0)];
  const foot = first.padEnd(Math.max(columns.length - last.length, first.length + 1)) + last;
  const points = marks.map((mark) => `   ${pointMark(mark)} ${mark.label}`).join("");
  const gaps = cells.flat().includes("?") ? "   ? no value" : "";
  return [
    `  ${figure.y.label}`,
    ...lines,
    `  ${" ".repeat(margin)} └${"─".repeat(columns.length)}`,
    `  ${" ".repeat(margin)}  ${foot}  ${figure.x.label}`,
    `  ${figure.zLabel}: · below ${shown(midpoint)}   + within ${band} of it   █ above${gaps}${points}`,
    "",
  ].join("\n");
}
