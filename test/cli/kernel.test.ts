import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { denseMatrix, openKernelStore } from "../../src/kernels/index.ts";
import { Key, normal } from "../../src/tensor/index.ts";
import { run } from "./run.ts";

const root = mkdtempSync(join(tmpdir(), "fathom-kernel-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const net = "mlp:depth=1,activation=relu,sw2=2";

/** Small rows are soon read: three numbers and a class, 1100 for training and 10 for testing. */
const table = join(root, "table.csv");
const testTable = join(root, "test.csv");
writeFileSync(table, csv(1100, "train"));
writeFileSync(testTable, csv(10, "test"));
const kernel = ["kernel", net, "--data", table, "--test", testTable];

function csv(count: number, name: string): string {
  const { data } = normal(Key.fromSeed(3).split(name), "float32", [count, 3]);
  const rows = Array.from({ length: count }, (_, i) => [...data.subarray(3 * i, 3 * i + 3), i % 2].join(","));
  return `a,b,c,label\n${rows.join("\n")}\n`;
}

async function json(...argv: string[]) {
  const { code, stdout, stderr } = await run([...kernel, ...argv, "--json", "--threads", "1"]);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("fathom kernel", () => {
  it("prints both kernels, symmetric, with what their entries say", async () => {
    const { nngp, ntk, summary, ...rest } = await json("--rows", "0:5", "--get", "nngp,ntk");
    expect(rest).toMatchObject({
      rows: { split: "train", count: 5 },
      symmetric: true,
      precision: "float32",
      parameterisation: "ntk",
      pairs: 15,
      warnings: [],
    });
    expect(rest.pairsPerSecond).toBeGreaterThan(0);
    for (const matrix of [nngp, ntk])
      for (let i = 0; i < 5; i++) for (let j = 0; j < 5; j++) expect(matrix[i][j]).toBe(matrix[j][i]);
    const diagonal = nngp.map((row: number[], i: number) => row[i]);
    expect(summary.nngp.meanDiagonal).toBeCloseTo(diagonal.reduce((a: number, b: number) => a + b) / 5, 12);
    expect(summary.nngp.largest).toBe(Math.max(...nngp.flat()));
    expect(summary.nngp.condition).toBeGreaterThan(1);
    expect(summary.ntk.meanCorrelation).toBeLessThan(summary.nngp.meanCorrelation);
  });

  it("takes rows of either part, and the same rows on both sides as one set of items", async () => {
    const across = await json("--rows", "test:0:3", "--cols", "0:4");
    expect(across).toMatchObject({
      rows: { split: "test" },
      columns: { split: "train", count: 4 },
      pairs: 12,
    });
    expect(across.nngp.map((row: number[]) => row.length)).toEqual([4, 4, 4]);
    const same = await json("--rows", "0:4", "--cols", "0:4");
    expect(same).toMatchObject({ symmetric: true, pairs: 10 });
  });

  it("writes a store that a second run has nothing to add to, and nothing else beside it", async () => {
    const path = join(root, "kernel.zarr");
    const first = await json("--rows", "0:600", "--out", path);
    expect(first).toMatchObject({ pairs: (600 * 601) / 2, store: { path, bytes: 3 * (2 ** 20 + 4) } });
    expect(first.nngp).toBeUndefined();
    expect((await readdir(path)).sort()).toEqual(["nngp", "zarr.json"]);
    const store = await openKernelStore(path);
    expect(store.attributes.about).toBe("table.csv, train rows 0:600");
    const corner = await json("--rows", "0:2");
    const { data } = await denseMatrix(store.matrix("nngp"));
    expect([data[0], data[1], data[601]]).toEqual([corner.nngp[0][0], corner.nngp[0][1], corner.nngp[1][1]]);
    const again = await json("--rows", "0:600", "--out", path);
    expect(again.pairs).toBe(0);
    expect(again.summary).toEqual(first.summary);
    const other = await run([...kernel, "--rows", "1:601", "--out", path]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("the items of the rows")]);
  });

  it("says in text what the entries are, and that a kernel of copies is singular", async () => {
    const { code, stdout } = await run([...kernel, "--rows", "0:3"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/3 × 3 kernel is computed/);
    expect(stdout).toMatch(/nngp, the first items/);
    const { summary } = await json("--rows", "0:3");
    expect(stdout).toContain(`condition number of K is ${Number(summary.nngp.condition.toPrecision(2))}`);
  });

  it("says that a kernel is 0 everywhere, and of a missing option which it is", async () => {
    const tiny = ["kernel", "mlp:depth=2,activation=relu,sw2=1e-30", ...kernel.slice(2)];
    const zero = await run([...tiny, "--rows", "0:3"]);
    expect(zero.stdout).toMatch(/K is 0 everywhere/);
    expect(zero.stdout).not.toMatch(/copies among the items/);
    expect(await run(kernel)).toMatchObject({ code: 2, stderr: expect.stringContaining("where: --rows") });
  });

  it("names the layer whose variances leave the numbers", async () => {
    const huge = ["kernel", "mlp:depth=2,activation=tanh,sw2=1e300", ...kernel.slice(2)];
    const failed = await run([...huge, "--rows", "0:3"]);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("where: layers[") });
    expect(failed.stderr).not.toContain("fault of Fathom");
  });

  it("names the items by their rows in the data", async () => {
    const ranges = ["--rows", "100:102,8:9", "--cols", "test:3:5"];
    const found = await json(...ranges);
    expect(found.rows.indices).toEqual([100, 101, 8]);
    expect(found.columns.indices).toEqual([3, 4]);
    const { stdout } = await run([...kernel, ...ranges]);
    const [, head, ...lines] = stdout.slice(stdout.indexOf("nngp, the first items")).split("\n");
    expect(head!.trim().split(/\s+/)).toEqual(["3", "4"]);
    expect(lines.slice(1, 4).map((line) => line.trim().split(/\s+/)[0])).toEqual(["100", "101", "8"]);
  });

  it("prints large entries to the digits that were rounded to", async () => {
    const { stdout } = await run(
      [...kernel, "--rows", "0:2"].map((word) => (word === net ? `${net}e12` : word)),
    );
    expect(stdout).toMatch(/ \d(\.\d{1,5})?e2\d\b/);
    expect(stdout).not.toMatch(/\d000000\b/);
  });

  it("says why a large kernel has no condition number", async () => {
    const large = ["--rows", "0:520", "--out", join(root, "large.zarr")];
    const { summary } = await json(...large);
    expect(summary.nngp).toMatchObject({
      condition: null,
      conditionStatus: "not computed beyond 512 rows",
    });
    expect((await run([...kernel, ...large])).stdout).toMatch(
      /condition\s+number\s+of\s+K\s+is\s+not\s+computed\s+beyond\s+512\s+rows/,
    );
  });

  it("names the rows that there are before it speaks of what is printed", async () => {
    const { stderr } = await run([...kernel, "--rows", "0:100000000"]);
    expect(stderr).toContain("Its rows are 0:1100.");
  });

  it("warns of a kernel that belongs to no network", async () => {
    const odd = JSON.stringify({
      fathom: 1,
      layers: [
        { kind: "dense", width: 4 },
        {
          kind: "sum",
          branches: [
            [{ kind: "activation", activation: "relu" }],
            [
              { kind: "dense", width: 4 },
              { kind: "activation", activation: "relu" },
            ],
          ],
        },
        { kind: "dense", width: 1 },
      ],
    });
    const { code, stdout } = await run(["kernel", "-", "--data", table, "--rows", "0:2"], { stdin: odd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/valid\s+kernel,\s+no\s+network/);
  });

  it.each([
    [["--rows", "0:513"], "--out"],
    [["--rows", "5:5"], "--rows"],
    [["--rows", "1100:1101"], "--rows"],
    [["--rows", "0:2", "--cols", "exam:0:2"], "--cols"],
    [["--rows", "0:2", "--get", "nngp,nngp"], "--get"],
    [["--rows", "0:2", "--limit", "1GB"], "--limit"],
    [["--rows", "0:2", "--limit", "much", "--out", "x.zarr"], "--limit"],
    [["--rows", "0:600", "--limit", "1MB", "--out", join(root, "small.zarr")], "--limit"],
  ])("refuses %j by the name of the flag", async (argv, flag) => {
    const { code, stderr } = await run([...kernel, ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(`where: ${flag}`);
  });

  it("stopped by Ctrl-C says how to go on", async () => {
    const path = join(root, "stopped.zarr");
    const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
    const deep = ["kernel", "mlp:depth=30,activation=relu,sw2=2", ...kernel.slice(2)];
    const argv = [main, ...deep, "--rows", "0:1100", "--get", "ntk", "--out", path, "--threads", "1"];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => {
      if (!stderr.includes("kernel, pairs") && `${stderr}${text}`.includes("kernel, pairs"))
        child.kill("SIGINT");
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(1);
    expect(stderr).toContain(`Finished chunks are kept in ${path}: run the same command again`);
  });
});
