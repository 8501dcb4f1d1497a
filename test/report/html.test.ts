import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/analyses/index.ts";
import { reportHtml } from "../../src/report/index.ts";
import { sample } from "./sample.ts";

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> & ' \u0000 \u202e`;

/** The document with every text replaced. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === "string") return text;
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text));
  if (typeof value !== "object" || value === null) return value;
  const kept = new Set(["kind", "role", "form", "tone", "scale", "along"]);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, kept.has(key) ? item : withTexts(item, text)]),
  );
}

describe("the report as a page", () => {
  const html = reportHtml(sample);
  const { document } = parseHTML(html);

  it("says the verdict first, then advice, the analyses, what does not apply, and how to run it again", () => {
    const ids = [...document.querySelectorAll("main > .card")].map((card) => card.id);
    expect(ids).toEqual([
      "verdict",
      "advice",
      "criticality",
      "separation",
      "training",
      "not-applicable",
      "again",
    ]);
    expect(document.querySelector("#verdict")!.textContent).toContain(sample.verdict.sentence);
  });

  it("shows advice with its grounds, numbers with their uncertainty and where they come from", () => {
    expect(document.querySelectorAll("#advice tbody tr")).toHaveLength(2);
    const numbers = document.querySelector("#criticality .numbers")!.textContent!;
    for (const text of ["1.355 ± 0.021", "0.3 [0.28, 0.33]", "infinite", "theory", "measured", "n = 8"]) {
      expect(numbers).toContain(text);
    }
  });

  it("draws each figure once for wide pages and once for phones", () => {
    expect(document.querySelectorAll(".wide svg")).toHaveLength(4);
    expect(document.querySelectorAll(".phone svg")).toHaveLength(4);
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("loads nothing and runs nothing", () => {
    expect(document.querySelectorAll("script, link, img, iframe, object")).toHaveLength(0);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\/|@import|url\((?!#)/);
    expect(html).toContain("default-src 'none'");
  });

  it("keeps every text of others a text", () => {
    const page = reportHtml(withTexts(sample, hostile) as ReportDocument);
    expect(page.replaceAll("\n", "")).not.toMatch(/<script|<img|\p{Cc}|\u202e/u);
    const parsed = parseHTML(page).document;
    expect(parsed.querySelectorAll("script, img")).toHaveLength(0);
    expect(parsed.querySelectorAll("main > .card").length).toBe(7);
    for (const element of parsed.querySelectorAll("*")) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/);
    }
  });

  it("stands without advice, sections and facts", () => {
    const bare: ReportDocument = { ...sample, advice: [], sections: [], facts: [], notApplicable: [] };
    expect(reportHtml(bare)).toContain("No analysis has a change to propose");
    const verdict = { sentence: "All is well.", tone: "good" } as const;
    expect(reportHtml({ ...bare, verdict })).not.toContain("Advice");
    expect(reportHtml({ ...bare, advises: false })).not.toContain("Advice");
  });
});
