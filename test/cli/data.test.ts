/** @file `--data` takes files: what is read, which flags apply, and how a fault in a file is told. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-cli-data-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}
let runs = 0;
const train = (net: string, ...rest: string[]) =>
  run(["train", net, ...rest, "--out", join(folder, `run${runs++}`), "--json", "--quiet"]);

/** Two classes, apart in their first column; the second is constant, the third large. */
const rows = Array.from({ length: 40 }, (_, i) => [
  i % 2 ? "cat" : "dog",
  (i % 2) * 2 - 1,
  7,
  1000 * (i % 7),
]);

describe("--data", () => {
  it("trains on a table, its label by name, scaled by column", async () => {
    const table = await file("t.csv", ["kind,a,b,c", ...rows.map((row) => row.join(","))].join("\n"));
    const flags = ["--data", table, "--label", "kind", "--standardize", "--split", ".25"];
    const { code, stdout, stderr } = await train("mlp:depth=1,width=16", ...flags, "--steps", "60");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      data: { classes: 2, classNames: ["dog", "cat"] },
      train: { error: 0, count: 30 },
      test: { error: 0, count: 10 },
    });
  });

  it("says where the data come from, and which class each name became", async () => {
    const table = await file("named.csv", ["kind,a,b,c", ...rows.map((row) => row.join(","))].join("\n"));
    const out = join(folder, "named");
    const { stdout } = await run(["train", "mlp:depth=1", "--data", table, "--label", "1", "--out", out]);
    expect(stdout).toContain(`Data: ${table}, 8 of 40 rows for testing\nClasses: 0 dog, 1 cat\n`);
  });

  it("trains on texts through an embedding", async () => {
    const lines = rows.map(([kind], i) => JSON.stringify({ text: `the ${kind} ${i % 3}`, label: kind }));
    const layers = [
      { kind: "embedding", vocabulary: 16, width: 4 },
      { kind: "flatten" },
      { kind: "dense", width: 2 },
    ];
    const net = await file("net.json", JSON.stringify({ fathom: 1, layers }));
    const flags = ["--data", await file("t.jsonl", lines.join("\n")), "--steps", "60", "--lr", "0.5"];
    const { stdout, stderr } = await train(net, ...flags, "--batch", "16");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).train.error).toBe(0);
    const small = net.replace("net.json", "small.json");
    await writeFile(
      small,
      JSON.stringify({ fathom: 1, layers: [{ ...layers[0], vocabulary: 3 }, ...layers.slice(1)] }),
    );
    expect((await train(small, ...flags)).stderr).toMatch(/knows 3 token ids.*\n.*layers\[0\]\.vocabulary/);
  });

  it("tells file, line and column of a fault, and ends with 2", async () => {
    const table = await file("bad.csv", "a;y\n1;0\noops;1\n");
    const { code, stderr } = await train("mlp:depth=1", "--data", table);
    expect(code).toBe(2);
    expect(stderr).toContain(`${table}, line 3, column "a"`);
    expect((await train("mlp:depth=1", "--data", table, "--delimiter", "comma")).stderr).toMatch(
      /single column/,
    );
  });

  it("refuses flags that do not apply, by their names", async () => {
    const { code, stderr } = await train("mlp:depth=1", "--split-seed", "1");
    expect(code).toBe(2);
    expect(stderr).toMatch(/--split-seed does not apply to digits/);
    expect((await train("mlp:depth=1", "--shape", "1x0")).stderr).toMatch(/1x28x28/);
    expect((await train("mlp:depth=1", "--split", "1.5")).code).toBe(2);
  });

  it("lists what it reads", async () => {
    const { stdout } = await run(["data", "list", "--json"]);
    expect(JSON.parse(stdout).formats.map(({ name }: { name: string }) => name)).toContain("npz");
    expect((await run(["data", "list"])).stdout).toMatch(/\.libsvm/);
  });
});
