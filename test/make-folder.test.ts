/** @file Folders are made with those above them, and names that cannot be made are refused instead of tried for ever. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeFolder } from "../src/make-folder.ts";

it("makes a folder and those above it, once", async () => {
  const root = await mkdtemp(join(tmpdir(), "fathom-folder-"));
  const deep = join(root, "a", "b", "c");
  await Promise.all([makeFolder(deep), makeFolder(deep)]);
  await makeFolder(deep);
  expect(existsSync(deep)).toBe(true);
  await rm(root, { recursive: true });
});

it("refuses a name under a file", async () => {
  const root = await mkdtemp(join(tmpdir(), "fathom-folder-"));
  await writeFile(join(root, "file"), "");
  await expect(makeFolder(join(root, "file", "x"))).rejects.toMatchObject({ code: "EEXIST" });
  await rm(root, { recursive: true });
});

it.runIf(existsSync("/proc/self"))("refuses a name that the kernel cannot make", async () => {
  await expect(makeFolder("/proc/fathom")).rejects.toMatchObject({ code: "ENOENT" });
});
