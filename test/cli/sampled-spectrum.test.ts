import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-spectrum-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const asked = ["spectrum", "--activation", "erf", "--q", "0.2", "--depth", "4"];

describe("fathom spectrum --measure --freeness --fisher", () => {
  it("gives the fields of the contract beside theory's, and a report with all figures", async () => {
    const { code, stdout } = await run([
      ...asked,
      ...["--measure", "--width", "48", "--seeds", "2", "--freeness", "--fisher", "--out", folder, "--json"],
    ]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    for (const field of ["edge", "mean", "variance", "atoms", "density", "measured", "freeness", "fisher"])
      expect(result).toHaveProperty(field);
    expect(result.measured).toMatchObject({ width: 48, seeds: 2 });
    expect(result.measured.max / result.edge).toBeGreaterThan(0.7);
    for (const field of ["word", "N", "mean", "se"]) expect(result.freeness.moments[0]).toHaveProperty(field);
    // Free of each other: O(1/N). The control is not.
    expect(result.freeness.slope).toBeLessThan(-0.6);
    expect(Math.abs(result.freeness.control.slope)).toBeLessThan(0.3);
    expect(result.fisher.lambdaMax).toHaveLength(4);
    const page = await readFile(join(folder, "report.html"), "utf8");
    for (const title of ["Mixed moments by width", "Eigenvalues of the Fisher at 4 layers"])
      expect(page).toContain(title);
  });

  it("gives none of them unasked", async () => {
    const { stdout } = await run([...asked, "--out", folder, "--json"]);
    for (const field of ["measured", "freeness", "fisher"])
      expect(JSON.parse(stdout)).not.toHaveProperty(field);
  });

  it("refuses sizes without --measure, and a width for a network that has one", async () => {
    for (const [argv, flag] of [
      [[...asked, "--seeds", "3"], "--seeds"],
      [["spectrum", "mlp:depth=3,width=8", "--measure", "--width", "9"], "--width"],
    ] as const) {
      const { code, stderr } = await run([...argv, "--out", folder]);
      expect(code).toBe(2);
      expect(stderr).toContain(flag);
    }
  });
});
