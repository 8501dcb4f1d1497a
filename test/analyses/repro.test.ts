/** @file Reproductions: every claim at the scale of tests, and going on after an interruption. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { papers, repro } from "../../src/analyses/index.ts";
import { nonFinite } from "./non-finite.ts";

const asked = { seed: 0, scale: "test", command: "fathom repro" } as const;

/** Claims that take hours, or data that are not everywhere. */
const needsMore = /^(full|few-rows)-/;

/** Claims that Fathom does not reproduce, at this scale or a larger one: docs/flat-minima.md has the numbers. */
const notReproduced = ["averages-flatter"];

describe.each(papers.map(({ id }) => id))("repro %s", (id) => {
  it("reproduces every claim at the scale of tests but those known to fail, in numbers that are all finite", async () => {
    const { json, document } = await repro({ ...asked, id });
    const failed = json.claims.filter(({ status }) => status === "not reproduced");
    expect(failed.filter((claim) => !notReproduced.includes(claim.id))).toEqual([]);
    const untested = json.claims.filter(({ status }) => status === "not tested").map(({ id }) => id);
    expect(untested.filter((claim) => !needsMore.test(claim))).toEqual([]);
    expect(nonFinite({ json, document })).toEqual([]);
  });
});

describe("a reproduction", () => {
  it("goes on where it was interrupted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fathom-repro-"));
    const paper = papers.find(({ id }) => id === "freeness")!;
    const claims = paper.claims.map(({ claim }) => claim);
    const labelsUntil = async (last: string) => {
      const labels = new Set<string>();
      const stop = new AbortController();
      const onProgress = ({ label }: { readonly label: string }) => {
        labels.add(label);
        if (label === last) stop.abort();
      };
      const asking = { ...asked, id: paper.id, folder, onProgress, signal: stop.signal };
      await expect(repro(asking)).rejects.toThrow();
      return [...labels];
    };
    try {
      expect(await labelsUntil(claims[1]!)).toEqual(claims.slice(0, 2));
      expect(await labelsUntil(claims[2]!)).toEqual(claims.slice(1, 3));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("names the paper that was meant", async () => {
    await expect(repro({ ...asked, id: "partial-jacobian" })).rejects.toMatchObject({
      code: "bad-input",
      where: "ID",
      hint: expect.stringContaining('"partial-jacobians"'),
    });
  });
});
