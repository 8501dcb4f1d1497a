/** @file Aligned tables for terminals. */
import { safeText } from "./errors.ts";

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

function pad(cell: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - Array.from(cell).length));
  return align === "left" ? cell + space : space + cell;
}

/**
 * Lines of a table with a ruled head; columns are two spaces apart.
 * @example alignedTable([{ title: "layer", align: "right" }], [["1"], ["2"]])
 */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) =>
    columns.map((_, index) => safeText(row[index] ?? "").replaceAll("\n", " ")),
  );
  const widths = columns.map(({ title }, index) =>
    Math.max(...[title, ...cells.map((row) => row[index]!)].map((cell) => Array.from(cell).length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => pad(cell, widths[index]!, columns[index]!.align))
      .join("  ")
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return `${[head, rule, ...cells.map(line)].join("\n")}\n`;
}

/** Names and values, the values in one column. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => Array.from(name).length));
  return rows.map(([name, value]) => `${pad(safeText(name), width, "left")}  ${safeText(value)}\n`).join("");
}

/** At most `limit` of the items, evenly spaced, the first and the last among them. */
export function sampled<T>(items: readonly T[], limit: number): T[] {
  if (items.length <= limit) return [...items];
  return Array.from(
    { length: limit },
    (_, index) => items[Math.round((index * (items.length - 1)) / (limit - 1))]!,
  );
}
