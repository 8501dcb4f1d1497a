import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { train } from "../../src/train/index.ts";
import { killedRun } from "./killed-run.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-kill-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the training in a process; kills it `delay` ms after its first steps (not at all when undefined). */
function runOnce(folder: string, delay?: number): Promise<{ out: string; killed: boolean }> {
  const script = join(import.meta.dirname, "killed-run.ts");
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on("data", (text) => {
    out += text;
    if (delay !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== "SIGKILL") reject(new Error(`the run ended with ${code ?? signal}`));
      else resolve({ out, killed: signal === "SIGKILL" });
    });
  });
}

it("a run killed at random moments and resumed ends in the same bits as one that was not", async () => {
  const folder = join(root, "killed");
  let kills = 0;
  for (let round = 0; round < 4; round++) {
    const { killed } = await runOnce(folder, Math.random() * 250);
    if (killed) kills++;
  }
  const { out } = await runOnce(folder);
  expect(out).toMatch(/done\n$/);
  expect(kills).toBeGreaterThan(0);

  const whole = join(root, "whole");
  await train({ ...killedRun, runFolder: whole });
  for (const name of [
    "config.json",
    "metrics.jsonl",
    "weights.safetensors",
    "weights-swa-0.1.safetensors",
    "weights-ema-0.99.safetensors",
    "checkpoint/state.safetensors",
  ]) {
    expect(await readFile(join(folder, name)), name).toEqual(await readFile(join(whole, name)));
  }
});
