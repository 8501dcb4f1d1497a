/** @file The checks behind `fathom doctor`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { folderCheck, nodeCheck, nodeVersions } from "../../src/runtime/doctor.ts";
import { doctor } from "../../src/runtime/index.ts";

describe("doctor", () => {
  it("finds both runtimes, float64 and a writeable folder here, and says why what is missing is missing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fathom-doctor-"));
    const checks = await doctor({ cacheFolder: join(folder, "new") });
    rmSync(folder, { recursive: true });
    const fine = checks.filter(({ optional }) => optional !== true);
    expect(fine.map(({ name }) => name)).toEqual([
      "node",
      "onnxruntime-node",
      "onnxruntime-web",
      "float64",
      "cores",
      "memory",
      "cache",
    ]);
    for (const { name, ok, detail } of fine) expect(ok, `${name}: ${detail}`).toBe(true);
    for (const { ok, hint, detail } of checks) {
      expect(detail).not.toBe("");
      if (!ok) expect(hint).toBeDefined();
    }
  });

  it("knows the versions of Node that package.json states", () => {
    expect(`${manifest.engines.node}.0`).toBe(`>=${nodeVersions.least}`);
    expect(manifest.devDependencies.node).toBe(nodeVersions.pinned);
    expect(nodeCheck("22.11.9").ok).toBe(false);
    expect(nodeCheck("22.12.0").ok).toBe(true);
    expect(nodeCheck("100.0.0").ok).toBe(true);
    expect(nodeCheck(undefined).ok).toBe(true);
  });

  it("reports a folder that cannot be made", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fathom-doctor-"));
    writeFileSync(join(folder, "file"), "");
    const check = await folderCheck(join(folder, "file", "below"));
    rmSync(folder, { recursive: true });
    expect(check).toMatchObject({ name: "cache", ok: false });
    expect(check.hint).toContain("FATHOM_DATA");
  });
});
