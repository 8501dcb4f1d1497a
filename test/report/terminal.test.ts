import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReportDocument } from "../../src/analyses/index.ts";
import { sparkline, terminalSummary, wrapText } from "../../src/report/index.ts";
import { sample } from "./sample.ts";

const length = (line: string) => Array.from(line).length;

describe("the report on one screen", () => {
  it("says verdict, profile, findings, advice and time in at most 24 lines of at most 80 characters", () => {
    const text = terminalSummary(sample, { width: 80 });
    const lines = text.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const line of lines) expect(length(line)).toBeLessThanOrEqual(80);
    for (const part of ["Chaotic", "ln J by layer", "█", "Findings", "Advice", "kernel", "1 min 23 s"]) {
      expect(text).toContain(part);
    }
  });

  it("keeps to the screen whatever the document holds, and puts the worst finding first", () => {
    const texts = fc.string({ maxLength: 400 });
    const tone = fc.constantFrom("good", "warn", "bad", "neutral") as fc.Arbitrary<
      "good" | "warn" | "bad" | "neutral"
    >;
    const findings = fc.array(fc.record({ text: texts, tone }), { maxLength: 20 });
    const advice = fc.array(
      fc.record({
        about: fc.constant("initialisation" as const),
        what: texts,
        why: texts,
        evidence: texts,
        expected: texts,
      }),
      {
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(
        findings,
        advice,
        texts,
        fc.integer({ min: 1, max: 200 }),
        (found, advised, subject, width) => {
          const section = { ...sample.sections[0]!, findings: found };
          const document: ReportDocument = {
            ...sample,
            subject,
            verdict: { sentence: subject, tone: "bad" },
            advice: advised,
            sections: [section],
          };
          const lines = terminalSummary(document, { width }).trimEnd().split("\n");
          expect(lines.length).toBeLessThanOrEqual(24);
          for (const line of lines) expect(length(line)).toBeLessThanOrEqual(100);
        },
      ),
    );
    const text = terminalSummary(sample);
    expect(text.indexOf("indistinguishable")).toBeLessThan(text.indexOf("No layer stands out"));
  });

  it("prints advice of six lines whole, and says where the rest is once it cuts", () => {
    const words = (count: number) => Array.from({ length: count }, (_, i) => `word${100 + i}`).join(" ");
    const advised = (what: string) =>
      terminalSummary(
        { ...sample, advice: [{ ...sample.advice[0]!, what }] },
        { width: 80, rest: "--out has the rest" },
      );
    expect(advised(words(45))).toContain("word144");
    const cut = advised(words(90));
    expect(cut).toContain("…");
    expect(cut).toContain("(--out has the rest)");
  });

  it("says once what two sections find", () => {
    const finding = { text: "theory ends here", tone: "neutral" as const };
    const section = { ...sample.sections[0]!, findings: [finding] };
    const text = terminalSummary({ ...sample, sections: [section, section] });
    expect(text.split(finding.text)).toHaveLength(2);
  });

  it("is plain without colour, and has no control characters of others with it", () => {
    expect(terminalSummary(sample)).not.toContain("\u001b");
    const hostile: ReportDocument = { ...sample, subject: "a\u001b]0;title\u0007b\u001b[2J" };
    const shown = terminalSummary(hostile, { color: true });
    for (const sequence of ["\u001b]", "\u001b[2J", "\u0007"]) expect(shown).not.toContain(sequence);
  });

  it("draws one bar a value, gaps as spaces, a constant in the middle", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([0, null, 1])).toBe("▁ █");
    expect(sparkline([2, 2])).toBe("▅▅");
    expect(
      length(
        sparkline(
          Array.from({ length: 10_000 }, (_, i) => i),
          60,
        ),
      ),
    ).toBe(60);
  });

  it("breaks lines at spaces, keeps a number with its %, and cuts words that are too long", () => {
    expect(wrapText("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapText("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
    expect(wrapText("an error of 26.2 % here", 16)).toEqual(["an error of", "26.2 % here"]);
  });
});
