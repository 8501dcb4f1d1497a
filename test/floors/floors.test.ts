/** @file The lint rule of the floors holds for the sources, sees their modules, and catches a planted violation. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { describe, expect, it } from "vitest";
import config, { floors } from "../../.dependency-cruiser.mjs";

async function violationsIn(baseDir: string): Promise<ICruiseResult> {
  const options = { ...config.options, baseDir, ruleSet: { forbidden: config.forbidden }, validate: true };
  const { output } = await cruise(["src"], options as never, undefined, {
    tsConfig: extractTSConfig("tsconfig.json"),
  });
  return output as ICruiseResult;
}

/** A small house with one file a room, and one forbidden import. */
function plantedHouse(from: string, to: string): string {
  const house = mkdtempSync(join(tmpdir(), "fathom-floors-"));
  for (const room of [from, to]) mkdirSync(join(house, "src", room), { recursive: true });
  writeFileSync(join(house, "src", to, "index.ts"), "export interface Thing { a: number }\n");
  writeFileSync(
    join(house, "src", from, "index.ts"),
    `import type { Thing } from "../${to}/index.ts";\nexport const thing: Thing = { a: 1 };\n`,
  );
  return house;
}

async function plantedViolations(from: string, to: string): Promise<string[]> {
  const house = plantedHouse(from, to);
  try {
    return (await violationsIn(house)).summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(house, { recursive: true });
  }
}

describe("floors", () => {
  it("hold for every module of the sources", async () => {
    const { modules, summary } = await violationsIn(process.cwd());
    expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    const seen = modules.filter(({ source }) => source.startsWith("src/")).length;
    expect(seen).toBeGreaterThan(20);
  });

  it("catch an import from a higher floor", async () => {
    expect(await plantedViolations("tensor", "expr")).toContain("floor-of-tensor");
  });

  it("catch an import from a room on the same floor, types included", async () => {
    expect(await plantedViolations("net", "runtime")).toContain("floor-of-net");
  });

  it("catch theory reaching for anything but tensor", async () => {
    expect(await plantedViolations("theory", "jobs")).toContain("theory-is-pure");
  });

  it("let a room import from below", async () => {
    expect(await plantedViolations("probes", "train")).toEqual([]);
  });

  it("know every room once", () => {
    expect(new Set(floors.flat()).size).toBe(floors.flat().length);
  });
});
