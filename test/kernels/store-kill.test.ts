/** @file Kernel stores whose process is killed, or whose disk is full, and what is left of them. */
import { spawn } from "node:child_process";
import { cp, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { kernelMatrix } from "../../src/kernels/index.ts";
import { killedJob } from "./killed-kernel.ts";
import { filesUnder, temporaryFolder } from "./store-folders.ts";

const root = temporaryFolder();
const whole = join(root, "whole.zarr");
beforeAll(async () => {
  await kernelMatrix({ ...killedJob, threads: 1, store: { path: whole } });
});

const script = join(import.meta.dirname, "killed-kernel.ts");

/** Runs the job in a process; kills it when it has said that this share is done. */
function runOnce(folder: string, share = 2, command = [process.execPath, script]) {
  const [program, ...words] = command as [string, ...string[]];
  const child = spawn(program, [...words, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
    const shares = [...out.matchAll(/kernel: (\d+)\/(\d+)/g)].map(
      ([, done, total]) => Number(done) / Number(total),
    );
    if ((shares.at(-1) ?? 0) >= share) child.kill("SIGKILL");
  });
  return new Promise<{ out: string; killed: boolean }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (_, signal) => resolve({ out, killed: signal === "SIGKILL" }));
  });
}

const chunksIn = async (folder: string) =>
  [...(await filesUnder(folder)).keys()].filter((name) => /c\/\d+\/\d+$/.test(name));

describe("a kernel store whose process dies", () => {
  it("by kill -9, again and again, is gone on with to the same bits, and nothing finished is done again", async () => {
    const folder = join(root, "killed.zarr");
    const times = new Map<string, number>();
    let kills = 0;
    for (const share of [0.3, 0.7]) {
      const { killed } = await runOnce(folder, share);
      if (killed) kills++;
      for (const chunk of await chunksIn(folder)) {
        const { mtimeMs } = await stat(join(folder, chunk));
        expect(times.get(chunk) ?? mtimeMs).toBe(mtimeMs);
        times.set(chunk, mtimeMs);
      }
    }
    expect(kills).toBeGreaterThan(0);
    expect(times.size).toBeGreaterThan(0);
    expect((await runOnce(folder)).out).toMatch(/finished\n$/);
    expect(await filesUnder(folder)).toEqual(await filesUnder(whole));
  });

  it("because the disk takes no more says so, and what was finished is whole", async () => {
    const folder = join(root, "full.zarr");
    await cp(whole, folder, { recursive: true });
    const before = await filesUnder(folder);
    await rm(join(folder, "nngp/c/2/1"));
    before.delete("nngp/c/2/1");
    // Files of this process end at 512 kB; chunks are of 1 MiB.
    const limited = ["sh", "-c", `ulimit -f 1000; exec "$0" "$@"`, process.execPath, script];
    const { out } = await runOnce(folder, 2, limited);
    expect(JSON.parse(out.trim().split("\n").at(-1)!)).toEqual({
      code: "io",
      where: join(folder, "nngp/c/2/1"),
    });
    expect(await filesUnder(folder)).toEqual(before);
  });

  it("because a file is in its way names it", async () => {
    const folder = join(root, "blocked.zarr");
    await mkdir(folder);
    await cp(join(whole, "zarr.json"), join(folder, "zarr.json"));
    await mkdir(join(folder, "nngp"));
    await cp(join(whole, "nngp/zarr.json"), join(folder, "nngp/zarr.json"));
    await cp(join(whole, "zarr.json"), join(folder, "nngp/c"));
    await expect(kernelMatrix({ ...killedJob, store: { path: folder } })).rejects.toMatchObject({
      code: "bad-input",
      where: expect.stringContaining(join(folder, "nngp/c")),
    });
  });
});
