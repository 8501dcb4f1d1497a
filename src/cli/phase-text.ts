/** @file A phase diagram for people: the sentence, the map, where the line runs, sampled cells in a table. */
import type { DataTable, HeatFigure, Outcome } from "../analyses/index.ts";
import type { Context } from "./context.ts";
import { phaseMap } from "./phase-map.ts";
import { alignedTable } from "./table.ts";

export async function phaseText(
  { document }: Outcome,
  heat: HeatFigure | undefined,
  context: Context,
): Promise<string> {
  const { wrapText } = await import("../report/index.ts");
  const width = Math.min(100, Math.max(60, context.width));
  const paragraph = (text: string) => `${wrapText(text, width).join("\n")}\n`;
  const items = (texts: readonly string[]) =>
    texts
      .map((text) =>
        wrapText(text, width - 4)
          .map((line, i) => (i === 0 ? `  · ${line}\n` : `    ${line}\n`))
          .join(""),
      )
      .join("");
  const { sections, verdict } = document;
  const tables = await Promise.all(sections.flatMap(({ tables = [] }) => tables).map(tableText));
  return [
    paragraph(verdict.sentence),
    heat === undefined ? "" : `\n${phaseMap(heat, context.width)}`,
    items(sections.flatMap(({ findings }) => findings.map(({ text }) => text))),
    ...tables,
    `\nTaken for granted\n${items(sections.flatMap(({ notes = [] }) => notes))}`,
  ].join("");
}

async function tableText({ title, columns, rows }: DataTable): Promise<string> {
  const { formatNumber } = await import("../report/index.ts");
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : formatNumber(cell))));
  return `\n${title}\n${alignedTable(
    columns.map((column) => ({ title: column, align: "right" as const })),
    cells,
  )}`;
}
