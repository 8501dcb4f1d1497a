/** @file Kernels and predictions as a user runs them: a store whose process is killed and goes on, and a prediction from it. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { Key, normal } from "../../src/tensor/index.ts";
import { filesUnder, temporaryFolder } from "../kernels/store-folders.ts";
import { fathom, main } from "./fathom.ts";

const folder = temporaryFolder();

/** Points in three dimensions; the class says whether the first two coordinates agree in sign. 10 chunks of kernel. */
const [trained, tested] = [1600, 100];
const csv = (name: string, count: number) => {
  const path = join(folder, `${name}.csv`);
  const { data } = normal(Key.fromSeed(5).split(name), "float32", [count, 3]);
  const rows = Array.from({ length: count }, (_, i) => {
    const [a, b, c] = data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    return [a, b, c, Number(a * b > 0)].join(",");
  });
  writeFileSync(path, `a,b,c,label\n${rows.join("\n")}\n`);
  return path;
};
const [table, testTable] = [csv("train", trained), csv("test", tested)];

const net = "mlp:depth=20,activation=relu,sw2=2,sb2=0.1";
const kernelTo = (store: string) => [
  ...["kernel", net, "--data", table, "--test", testTable, "--rows", `0:${trained}`],
  ...["--out", store, "--json", "--threads", "1"],
];

async function chunksIn(store: string): Promise<number> {
  const names = await readdir(store, { recursive: true }).catch(() => []);
  return names.filter((name) => /c\/\d+\/\d+$/.test(name)).length;
}

/** Kills the command when the store has some chunks. */
async function killed(store: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [main, ...kernelTo(store)], { stdio: "ignore" });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on("close", (_, signal) => resolve(signal)),
  );
  while (child.exitCode === null && (await chunksIn(store)) < 2) await setTimeout(10);
  child.kill("SIGKILL");
  return ended;
}

it("a kernel that was killed goes on to the same bits, and predicts", async () => {
  const [store, whole] = [join(folder, "kernel.zarr"), join(folder, "whole.zarr")];
  const all = (trained * (trained + 1)) / 2;
  expect(await killed(store)).toBe("SIGKILL");

  const { code, stdout, stderr } = await fathom(...kernelTo(store));
  expect(code, stderr).toBe(0);
  const { pairs, pairsPerSecond } = JSON.parse(stdout);
  expect(pairs).toBeGreaterThan(0);
  expect(pairs).toBeLessThan(all);
  expect(pairsPerSecond).toBeGreaterThan(0);
  expect(JSON.parse((await fathom(...kernelTo(whole))).stdout).pairs).toBe(all);
  expect(await filesUnder(store)).toEqual(await filesUnder(whole));

  const rows = ["--train", `0:${trained}`, "--test", `test:0:${tested}`];
  const predict = ["predict", net, "--data", table, "--test-file", testTable, ...rows, "--kernel", store];
  const predicted = await fathom(...predict, "--json", "--assert", "errorRate<0.2");
  expect(predicted.code, predicted.stderr).toBe(0);
  const found = JSON.parse(predicted.stdout);
  expect(found.pairs).toBe(trained * tested);
  expect(found.mean).toHaveLength(tested);
  expect(found.seconds.solve).toBeGreaterThan(0);
});
