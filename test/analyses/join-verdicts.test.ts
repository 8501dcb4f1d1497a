/** @file The verdict of a survey: training judges last, but does not whitewash what is wrong before it. */
import { describe, expect, it } from "vitest";
import type { Tone } from "../../src/analyses/index.ts";
import { joinVerdicts } from "../../src/analyses/survey-run.ts";

const toneOf = (...tones: Tone[]) => joinVerdicts(tones.map((tone) => ({ sentence: "So.", tone }))).tone;

describe("the tone of joined verdicts", () => {
  it("is that of the last that judges", () => {
    expect(toneOf("bad", "neutral", "warn")).toBe("warn");
    expect(toneOf("good", "bad")).toBe("bad");
    expect(toneOf("warn", "good", "neutral")).toBe("good");
  });

  it("is worth a look where a network trains although something is wrong with it", () => {
    expect(toneOf("bad", "neutral", "good")).toBe("warn");
  });
});
