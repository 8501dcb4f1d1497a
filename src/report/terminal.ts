/** @file The report on one screen of a terminal: verdict, profile by depth, findings, advice. */
import pc from "picocolors";
import type { Profile, ReportDocument, Tone } from "../analyses/index.ts";
import { plainText } from "./escape.ts";
import { formatNumber, formatSeconds } from "./format.ts";

export interface TerminalOptions {
  /** Columns; between 60 and 100 are used. */
  readonly width?: number;
  /** Colour is for terminals; the caller knows NO_COLOR and whether the output is one. */
  readonly color?: boolean;
  /** Where the rest is, said where something is cut or left out; a report page is written unless said. */
  readonly rest?: string;
}

const maxLines = 24;
/** A finding or a piece of advice is cut off only where it is longer than this: fewer whole ones say more than many halves. */
const maxItemLines = 6;
const bars = "▁▂▃▄▅▆▇█";

/**
 * A line of bars, one character a value, at most `width` of them; gaps are spaces.
 * @example sparkline([0, 1, 2, 3]) // "▁▃▆█"
 */
export function sparkline(values: readonly (number | null)[], width = values.length): string {
  const shown = resampled(values, width);
  const finite = shown.filter((value) => value !== null && Number.isFinite(value)) as number[];
  const [lo, hi] = [Math.min(...finite), Math.max(...finite)];
  const bar = (value: number | null) => {
    if (value === null || !Number.isFinite(value)) return " ";
    const level = hi > lo ? (value - lo) / (hi - lo) : 0.5;
    return bars[Math.min(bars.length - 1, Math.floor(level * bars.length))]!;
  };
  return shown.map(bar).join("");
}

/** Values at `width` evenly spaced places, the first and the last among them. */
function resampled(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width || width < 2) return values.slice(0, Math.max(1, width));
  return Array.from(
    { length: width },
    (_, index) => values[Math.round((index * (values.length - 1)) / (width - 1))] ?? null,
  );
}

/** Breaks text at spaces, but not before %, into lines of at most `width` characters; longer words are cut. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of plainText(text)
    .split(/\s+(?!%)/u)
    .filter((part) => part !== "")) {
    let rest = word;
    while (Array.from(rest).length > width) {
      if (line !== "") lines.push(line);
      line = "";
      const characters = Array.from(rest);
      lines.push(characters.slice(0, width).join(""));
      rest = characters.slice(width).join("");
    }
    const joined = line === "" ? rest : `${line} ${rest}`;
    if (Array.from(joined).length <= width) line = joined;
    else {
      lines.push(line);
      line = rest;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** At most `limit` lines, the last one saying that something was cut. */
function limited(lines: readonly string[], limit: number): string[] {
  if (lines.length <= limit) return [...lines];
  const kept = lines.slice(0, limit);
  const last = Array.from(kept[limit - 1] ?? "");
  const room = last.slice(0, Math.max(0, last.length - 2)).join("");
  return [...kept.slice(0, -1), `${room.replace(/\s+\S*$/, "")} …`];
}

/** `head` before the first line and as much space before the others. */
function hanging(head: string, text: string, width: number, limit: number): string[] {
  const indent = " ".repeat(Array.from(head).length);
  const lines = limited(wrapText(text, width - indent.length), limit);
  return lines.map((line, index) => (index === 0 ? head : indent) + line);
}

function profileLines(profile: Profile, width: number): string[] {
  const finite = profile.values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (finite.length < 2) return [];
  const range = `${formatNumber(finite[0]!, 3)} → ${formatNumber(finite.at(-1)!, 3)}`;
  const label = Array.from(plainText(profile.label)).slice(0, 24).join("");
  const room = width - Array.from(`  ${label}  ${range} `).length;
  return [`  ${label} ${sparkline(profile.values, Math.max(8, Math.min(room, 60)))} ${range}`];
}

const marks: Readonly<Record<Tone, string>> = { good: "✓", warn: "!", bad: "✗", neutral: "·" };

function painter(tone: Tone, colors: ReturnType<typeof pc.createColors>): (text: string) => string {
  if (tone === "good") return colors.green;
  if (tone === "warn") return colors.yellow;
  return tone === "bad" ? colors.red : (text) => text;
}

/** Findings of all sections that neither the verdict nor an earlier section says already, the most serious first. */
function findingsByWeight(document: ReportDocument) {
  const weight: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, good: 2, neutral: 3 };
  const said = plainText(document.verdict.sentence);
  const all = document.sections
    .flatMap((section) => section.findings)
    .filter(({ text }) => !said.includes(plainText(text)));
  return [...new Map(all.map((finding) => [finding.text, finding])).values()]
    .map((finding, index) => ({ finding, index }))
    .sort((a, b) => weight[a.finding.tone] - weight[b.finding.tone] || a.index - b.index);
}

interface Item {
  readonly head: string;
  readonly text: string;
  readonly paint: (text: string) => string;
}

/** Lines of as many items as there is room for, each whole; `isAll` is false where one is cut or left out. */
function itemLines(
  items: readonly Item[],
  width: number,
  room: number,
): { readonly lines: string[]; readonly isAll: boolean } {
  const lines: string[] = [];
  let isAll = true;
  for (const { head, text, paint } of items) {
    const limit = Math.min(maxItemLines, room - lines.length);
    const whole = hanging(head, text, width, Number.POSITIVE_INFINITY);
    const fits = whole.length <= limit;
    if (!fits) isAll = false;
    // A long item is cut where it may take all the lines that an item gets, or where nothing else would be shown.
    if (limit < 1 || (!fits && limit < maxItemLines && lines.length > 0)) break;
    lines.push(...(fits ? whole : hanging(head, text, width, limit)).map(paint));
  }
  return { lines, isAll };
}

/** What finds a place between the verdict and the foot; the first findings keep a few lines beside much advice. */
function bodyLines(
  document: ReportDocument,
  width: number,
  room: number,
  colors: ReturnType<typeof pc.createColors>,
): { readonly lines: string[]; readonly isAll: boolean } {
  const found = findingsByWeight(document).map(({ finding: { tone, text } }) => ({
    head: `  ${marks[tone]} `,
    text,
    paint: painter(tone, colors),
  }));
  const advised = document.advice.map(({ what, expected }) => ({
    head: "  → ",
    text: `${what} (expected: ${expected})`,
    paint: (line: string) => line,
  }));
  const kept = found.length === 0 ? 0 : 4;
  const advice = itemLines(advised.slice(0, 3), width, room - 1 - kept);
  const titled = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [colors.bold(title), ...lines];
  const below = titled("Advice", advice.lines);
  const findings = itemLines(found, width, room - 1 - below.length);
  return {
    lines: [...titled("Findings", findings.lines), ...below],
    isAll: findings.isAll && advice.isAll && advised.length <= 3,
  };
}

/**
 * The report in at most 24 lines: what matters most is kept when room is short.
 * @example process.stdout.write(terminalSummary(document, { width: 80, color: true }))
 */
export function terminalSummary(document: ReportDocument, options: TerminalOptions = {}): string {
  const width = Math.min(100, Math.max(60, options.width ?? 80));
  const colors = pc.createColors(options.color ?? false);
  const paint = painter(document.verdict.tone, colors);
  const mark = `${marks[document.verdict.tone]} `;
  const verdict = itemLines([{ head: mark, text: document.verdict.sentence, paint }], width, maxItemLines);
  const head = [
    ...limited(wrapText(document.subject, width), 2).map((line) => colors.dim(line)),
    ...verdict.lines.map(colors.bold),
    ...(document.profiles ?? []).slice(0, 2).flatMap((profile) => profileLines(profile, width)),
  ];
  const foot = footLines(document, width).map((line) => colors.dim(line));
  // One line below is the caller's (where the report is), one says where the rest is.
  const body = bodyLines(document, width, maxLines - 2 - head.length - foot.length, colors);
  const rest =
    verdict.isAll && body.isAll ? [] : [colors.dim(`(${options.rest ?? "the report has the rest"})`)];
  return `${[...head, ...body.lines, ...rest, ...foot].join("\n")}\n`;
}

function footLines(document: ReportDocument, width: number): string[] {
  const { seconds, threads, device, seed } = document.reproduction;
  const skipped = document.notApplicable.map(({ id }) => id).join(", ");
  return [
    ...(skipped === ""
      ? []
      : limited(wrapText(`Does not apply: ${skipped} (the report says why)`, width), 1)),
    ...limited(
      wrapText(`${formatSeconds(seconds)} on ${device}, ${threads} threads, seed ${seed}`, width),
      1,
    ),
  ];
}
