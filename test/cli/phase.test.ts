/** @file `fathom phase` on the command line: networks, sampled cells, and what it refuses. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-phase-"));
});
afterAll(() => rm(folder, { recursive: true }));

const refused = async (argv: readonly string[], where: string) => {
  const { code, stderr } = await run(["phase", ...argv, "--out", folder]);
  expect(code).toBe(2);
  expect(stderr).toContain(`where: ${where}`);
  return stderr;
};

describe("fathom phase", () => {
  it("marks a network's own point in the map and writes figure and report", async () => {
    const { stdout, code } = await run([
      ...["phase", "mlp:depth=5,activation=tanh,sw2=2.5,sb2=0.1", "--sw2", "0.5:3:6", "--sb2", "0:0.4:5"],
      ...["--out", folder],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain("○ this network");
    expect(stdout.split("\n").find((line) => line.includes(" 0.1 │"))).toMatch(/│....○.$/);
    expect(stdout).toContain("Taken for granted");
    expect(await readFile(join(folder, "phase.svg"), "utf8")).toContain("this network");
    expect(await readFile(join(folder, "report.html"), "utf8")).toContain("Phase diagram");
  });

  it("labels rows at even distances, however many there are", async () => {
    const { stdout } = await run([
      ...["phase", "--activation", "relu", "--sw2", "0:4:5", "--sb2", "0:1:101", "--out", folder],
    ]);
    const labels = stdout.split("\n").flatMap((line) => {
      const found = /^\s+([\d.]+) │/.exec(line);
      return found === null ? [] : [Number(found[1])];
    });
    const steps = labels.slice(1).map((value, i) => (labels[i]! - value).toFixed(2));
    expect(labels.length).toBeGreaterThan(10);
    expect(new Set(steps).size).toBe(1);
  });

  it("shows sampled cells beside the theory", async () => {
    const { stdout } = await run([
      ...["phase", "--activation", "erf", "--measure", "--depth", "3", "--width", "32"],
      ...["--sw2", "1:2:2", "--sb2", "0.1", "--out", folder],
    ]);
    expect(stdout).toContain("Sampled cells");
    expect(stdout).toMatch(/Sampled 2 cells of 2 networks of 3 hidden layers and width 32/);
  });

  it("refuses what it would have to ignore, and says where", async () => {
    const net = "mlp:depth=5";
    await refused([], "--activation");
    await refused([net, "--activation", "tanh"], "--activation");
    await refused([net, "--norm", "ln-pre"], "--norm");
    await refused([net, "--depth", "4", "--measure"], "--depth");
    await refused(["--activation", "tanh", "--seeds", "4"], "--seeds");
    await refused(["--activation", "tanh", "--sw2", "-1:2:3"], "--sw2");
    await refused(["--activation", "tanh", "--sb2", "nan"], "--sb2");
    await refused(["--activation", "tanh", "--mu", "-0.1"], "--mu");
    await refused(["--activation", "tanh", "--norm", "ln"], "--norm");
    expect(await refused(["--activation", "tanh", "--mu", "1.2"], "--mu")).toContain("explodes");
    // LayerNorm over two units leaves nothing of the input.
    await refused(["--activation", "tanh", "--norm", "ln-pre", "--measure", "--width", "2"], "--width");
  });
});
