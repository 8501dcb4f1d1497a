/** @file The result of `criticality` for people: the summary, then the layers as a table. */
import type { Outcome } from "../analyses/index.ts";
import type { Context } from "./context.ts";
import { summaryText } from "./report-files.ts";
import { alignedTable, type Column, sampled } from "./table.ts";

/** Layers shown; the first and the last are among them. */
const maxRows = 16;

interface LayerRow {
  readonly status?: string;
  readonly index: number;
  readonly name: string;
  readonly K: number | null;
  readonly chiJ: number | null;
  readonly chiK: number | null;
  readonly lnJ: number | null;
}

interface MeasuredRow {
  readonly status?: string;
  readonly lnJ: number | null;
  readonly J: number | null;
  readonly se: number | null;
}

interface Shown {
  readonly layers?: readonly LayerRow[];
  readonly measured?: { readonly layers?: readonly MeasuredRow[] };
}

const columns: readonly Column[] = [
  { title: "layer", align: "right" },
  { title: "name", align: "left" },
  { title: "K", align: "right" },
  { title: "χ_J", align: "right" },
  { title: "χ_K", align: "right" },
  { title: "ln J(1, l)", align: "right" },
];

/** The standard error of ln J. */
function relativeError({ J, se }: MeasuredRow): number {
  return J && se ? se / J : Number.NaN;
}

/** The one-screen summary and the table of layers, thinned where there are many. */
export async function criticalityText(outcome: Outcome, context: Context): Promise<string> {
  const { formatNumber, formatWithError } = await import("../report/index.ts");
  const { layers = [], measured } = outcome.json as Shown;
  const rows = layers.map((layer, place) => {
    const { index, name, K, chiJ, chiK, lnJ, status } = layer;
    const variance = status === "dead" || status === "infinite" ? status : formatNumber(K);
    const numbers = [variance, ...[chiJ, chiK, lnJ].map((value) => formatNumber(value ?? null))];
    const found = measured?.layers?.[place];
    const shown =
      found?.lnJ == null ? (found?.status ?? "–") : formatWithError(found.lnJ, relativeError(found));
    return [String(index), name, ...numbers, ...(measured === undefined ? [] : [shown])];
  });
  const head: Column[] =
    measured === undefined ? [...columns] : [...columns, { title: "measured", align: "right" }];
  const table = rows.length === 0 ? "" : `\n${alignedTable(head, sampled(rows, maxRows))}`;
  const more = rows.length > maxRows ? `${maxRows} of ${rows.length} layers; --json has all.\n` : "";
  return `${await summaryText(outcome.document, context)}${table}${more}${await notesText(outcome, context)}`;
}

/** What the numbers take for granted: nobody should read them without. */
async function notesText({ document }: Outcome, { width }: Context): Promise<string> {
  const { wrapText } = await import("../report/index.ts");
  const notes = document.sections.flatMap((section) => section.notes ?? []);
  const lines = notes.flatMap((note) =>
    wrapText(note, Math.min(100, Math.max(60, width)) - 4).map((line, i) =>
      i === 0 ? `  · ${line}` : `    ${line}`,
    ),
  );
  return lines.length === 0 ? "" : `\nTaken for granted\n${lines.join("\n")}\n`;
}
