/** @file One analysis in the report: its question, what it found, figures, numbers, tables, limits. */
import type { DataTable, Figure, Finding, NumberRow, ReportSection } from "../analyses/index.ts";
import { escapeHtml, richText, slug } from "./escape.ts";
import { figureSvg } from "./figure-svg.ts";
import { formatNumber, formatRow } from "./format.ts";

/** Widths for which each figure is drawn: text in a scaled-down figure would be too small to read on a phone. */
const widePixels = 860;
const phonePixels = 340;

function findingsHtml(findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  const items = findings.map(({ text, tone }) => `<li class="${tone}">${richText(text)}</li>`);
  return `<ul class="findings">${items.join("")}</ul>`;
}

function figureHtml(figure: Figure): string {
  return [
    `<figure id="${slug(figure.id)}"><h3>${richText(figure.title)}</h3>`,
    `<div class="wide">${figureSvg(figure, { width: widePixels })}</div>`,
    `<div class="phone">${figureSvg(figure, { width: phonePixels })}</div>`,
    `<figcaption>${richText(figure.caption)}</figcaption></figure>`,
  ].join("");
}

function numberRowHtml(row: NumberRow): string {
  const n = row.n === undefined ? "" : `n = ${formatNumber(row.n)}`;
  const note = [n, row.note ?? ""].filter((part) => part !== "").join("; ");
  return `<tr><td>${richText(row.name)}</td><td class="value">${escapeHtml(formatRow(row))}</td><td><span class="kind ${row.kind}">${row.kind}</span></td><td class="note">${richText(note)}</td></tr>`;
}

function numbersHtml(numbers: readonly NumberRow[]): string {
  if (numbers.length === 0) return "";
  return `<table class="stack numbers"><caption>Numbers <span class="note">value ± standard error, [95 % interval]</span></caption><thead><tr><th>Quantity</th><th>Value</th><th>From</th><th>Note</th></tr></thead><tbody>${numbers.map(numberRowHtml).join("")}</tbody></table>`;
}

function cellHtml(cell: string | number | null): string {
  return typeof cell === "string"
    ? `<td>${escapeHtml(cell)}</td>`
    : `<td class="num">${escapeHtml(formatNumber(cell))}</td>`;
}

/** Long tables fold away; the browser opens them without a script. */
function tableHtml({ title, columns, rows }: DataTable): string {
  const numeric = (column: number) => rows.length > 0 && rows.every((row) => typeof row[column] !== "string");
  const head = columns.map(
    (name, column) => `<th${numeric(column) ? ' class="num"' : ""}>${richText(name)}</th>`,
  );
  const body = rows.map((row) => `<tr>${row.map(cellHtml).join("")}</tr>`);
  const table = `<div class="scroll"><table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
  const open = rows.length <= 12 ? " open" : "";
  return `<details${open}><summary><b>${escapeHtml(title)}</b> (${rows.length} rows)</summary>${table}</details>`;
}

function notesHtml(section: ReportSection): string {
  const notes = (section.notes ?? []).map((note) => `<li>${richText(note)}</li>`);
  if (section.source) notes.push(`<li>Source: ${richText(section.source)}</li>`);
  return notes.length === 0 ? "" : `<ul class="notes">${notes.join("")}</ul>`;
}

/** The section as HTML, with each figure drawn once for wide pages and once for phones. */
export function sectionHtml(section: ReportSection): string {
  return [
    `<section class="card" id="${slug(section.id)}"><h2>${escapeHtml(section.title)}</h2>`,
    `<p class="question">${richText(section.question)}</p>`,
    findingsHtml(section.findings),
    ...section.figures.map(figureHtml),
    numbersHtml(section.numbers),
    ...(section.tables ?? []).map(tableHtml),
    notesHtml(section),
    "</section>",
  ].join("\n");
}
