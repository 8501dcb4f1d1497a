/**
 * @file The report as one HTML page: no scripts, nothing loaded from elsewhere, every text escaped. The verdict
 * comes first, then advice, then the analyses, and at the end what one needs to run it again.
 */
import type {
  Advice,
  NotApplicable,
  ReportDocument,
  Reproduction,
  Tone,
  Verdict,
} from "../analyses/index.ts";
import { breakableHtml, escapeHtml, richText, slug } from "./escape.ts";
import { formatSeconds } from "./format.ts";
import { sectionHtml } from "./section.ts";
import { styleSheet } from "./styles.ts";

const toneWords: Readonly<Record<Tone, string>> = {
  good: "Good to go",
  warn: "Worth a look",
  bad: "Needs a change",
  neutral: "Verdict",
};

/** The first sentence stands out; what follows it is read at ease. */
function verdictText(sentence: string): string {
  const [first = "", ...rest] = sentence.split(/(?<=[.!?])\s+(?=\p{Lu})/u);
  return rest.length === 0
    ? richText(first)
    : `${richText(first)} <span class="rest">${richText(rest.join(" "))}</span>`;
}

function verdictHtml({ sentence, tone }: Verdict): string {
  return `<div class="card verdict ${tone}" id="verdict"><span class="tag">${toneWords[tone]}</span><p>${verdictText(sentence)}</p></div>`;
}

function factsHtml(facts: readonly (readonly [string, string])[]): string {
  if (facts.length === 0) return "";
  const rows = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return `<dl class="facts">${rows.join("")}</dl>`;
}

/** Nothing to change and nothing that asks for it: then "no advice" would say no more than the verdict does. */
function needsNoAdvice({ advice, advises, verdict }: ReportDocument): boolean {
  return advice.length === 0 && (advises === false || verdict.tone === "good" || verdict.tone === "neutral");
}

function adviceHtml(advice: readonly Advice[]): string {
  const body =
    advice.length === 0
      ? "<p>No analysis has a change to propose.</p>"
      : `<table class="stack advice"><thead><tr><th>What</th><th>Why</th><th>Evidence</th><th>Expected</th></tr></thead><tbody>${advice
          .map(
            ({ what, why, evidence, expected }) =>
              `<tr><td>${richText(what)}</td><td data-label="Why">${richText(why)}</td><td data-label="Evidence">${richText(evidence)}</td><td data-label="Expected">${richText(expected)}</td></tr>`,
          )
          .join("")}</tbody></table>`;
  return `<section class="card" id="advice"><h2>Advice</h2>${body}</section>`;
}

function notApplicableHtml(items: readonly NotApplicable[]): string {
  if (items.length === 0) return "";
  const rows = items.map(({ id, because }) => `<li><b>${escapeHtml(id)}</b>: ${richText(because)}</li>`);
  return `<section class="card" id="not-applicable"><h2>What does not apply</h2><ul class="notes">${rows.join("")}</ul></section>`;
}

function reproductionHtml(run: Reproduction): string {
  const rows: (readonly [string, string])[] = [
    ["seed", String(run.seed)],
    ["version", `Fathom ${run.version}`],
    ["hardware", run.hardware],
    ["device", run.device],
    ["threads", String(run.threads)],
    ["time", formatSeconds(run.seconds)],
    ...(run.more ?? []),
  ];
  return `<section class="card" id="again"><h2>Run it again</h2><pre>${breakableHtml(run.command)}</pre>${factsHtml(rows)}</section>`;
}

function navigationHtml(document: ReportDocument): string {
  const links = [
    ...(needsNoAdvice(document) ? [] : [["advice", "Advice"] as const]),
    ...document.sections.map(({ id, title }) => [slug(id), title] as const),
    ...(document.notApplicable.length > 0 ? [["not-applicable", "What does not apply"] as const] : []),
    ["again", "Run it again"] as const,
  ];
  return `<nav aria-label="Contents">${links.map(([id, title]) => `<a href="#${id}">${escapeHtml(title)}</a>`).join(" ")}</nav>`;
}

/**
 * The report as one self-contained page.
 * @example await writeFile("report.html", reportHtml(document))
 */
export function reportHtml(document: ReportDocument): string {
  const { title, subject } = document;
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width,initial-scale=1">`,
    `<meta name="color-scheme" content="light dark">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    `<title>${escapeHtml(`${title}: ${subject}`)}</title>`,
    `<style>${styleSheet}</style></head><body><main>`,
    `<header><p class="kicker">Fathom</p><h1>${escapeHtml(title)}</h1>`,
    `<p class="subject">${breakableHtml(subject)}</p></header>`,
    verdictHtml(document.verdict),
    factsHtml(document.facts),
    navigationHtml(document),
    needsNoAdvice(document) ? "" : adviceHtml(document.advice),
    ...document.sections.map(sectionHtml),
    notApplicableHtml(document.notApplicable),
    reproductionHtml(document.reproduction),
    `</main></body></html>\n`,
  ].join("\n");
}
