/** @file What `fathom probe` prints below the summary: the table of blocks, and the list of tensors. */
import type { ReportDocument } from "../analyses/index.ts";
import { alignedTable, sampled } from "./table.ts";

/** Blocks that are shown; the report has all. */
const mostRows = 40;

/** The table of blocks for people. */
export function blocksText({ sections }: ReportDocument): string {
  const table = sections.flatMap(({ tables = [] }) => tables)[0];
  if (table === undefined || table.rows.length === 0) return "";
  const wanted = ["block", "name", "units", "K", "gain", "± se", "J from first"];
  const places = wanted.map((column) => table.columns.indexOf(column));
  const rows = sampled(table.rows, mostRows).map((row) => places.map((place) => cell(row[place] ?? null)));
  const columns = wanted.map((title) => ({
    title,
    align: title === "name" ? ("left" as const) : ("right" as const),
  }));
  const left = table.rows.length - rows.length;
  return `\n${alignedTable(columns, rows)}${left > 0 ? `(${left} more in the report, --out)\n` : ""}`;
}

function cell(value: string | number | null): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : value.toPrecision(3).replace("e+", "e");
}

/** Tensors with shapes, one a line. */
export function tensorsText(
  tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly place: string;
    readonly block?: string;
  }[],
): string {
  const columns = ["tensor", "shape", "place", "block"].map((title) => ({ title, align: "left" as const }));
  return alignedTable(
    columns,
    tensors.map(({ name, shape, place, block }) => [name, `[${shape.join(", ")}]`, place, block ?? ""]),
  );
}
