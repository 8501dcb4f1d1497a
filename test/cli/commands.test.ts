import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-commands-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The one document on stdout; stderr may hold progress. */
async function json(...argv: string[]) {
  const { code, stdout, stderr } = await run([...argv, "--json"]);
  expect(stderr).not.toMatch(/^error/m);
  expect(code).toBe(0);
  // Bare ones are no JSON.
  expect(stdout).not.toMatch(/"-?(NaN|Infinity)"/);
  return JSON.parse(stdout);
}

describe("fathom criticality", () => {
  it("gives the fields of the contract, with the reference fixed point of erf (2, .2)", async () => {
    const result = await json(
      "criticality",
      "--activation",
      "erf",
      "--sw2",
      "2",
      "--sb2",
      "0.2",
      "--depth",
      "5",
    );
    for (const field of ["activation", "class", "critical", "fixedPoint", "layers", "zeta", "verdict"]) {
      expect(result).toHaveProperty(field);
    }
    // criticality.md §3, spot values of the phase diagram.
    expect(result.fixedPoint.K).toBeCloseTo(1.1968007, 6);
    expect(result.fixedPoint.chiJ).toBeCloseTo(1.05853631, 7);
    expect(result.layers).toHaveLength(6);
    for (const field of ["index", "name", "K", "chiJ", "chiK", "J"])
      expect(result.layers[0]).toHaveProperty(field);
  });

  it("reads a network from standard input and shows its layers as an aligned table", async () => {
    const net =
      '{"fathom":1,"input":{"kind":"vector","shape":[8]},"layers":[{"kind":"dense","width":8},{"kind":"activation","activation":{"kind":"tanh"}},{"kind":"dense","width":8}]}';
    const { code, stdout } = await run(["criticality", "-"], { stdin: net });
    expect(code).toBe(0);
    expect(stdout).toContain("χ_J");
    expect(stdout).toContain("dense");
  });

  it("ends with 3 when an assertion does not hold, and with 2 when its path is unknown; the result is printed all the same", async () => {
    const ask = (assertion: string) =>
      run([
        "criticality",
        "--activation",
        "tanh",
        "--sw2",
        "2",
        "--depth",
        "3",
        "--json",
        "--assert",
        assertion,
      ]);
    expect((await ask("fixedPoint.chiJ>1")).code).toBe(0);
    const failed = await ask("fixedPoint.chiJ<1 && layers.length==4");
    expect(failed.code).toBe(3);
    expect(failed.stderr).toMatch(/fixedPoint\.chiJ<1 \(fixedPoint\.chiJ is 1\.\d+\)/);
    expect(failed.stderr).not.toContain("layers.length");
    expect(JSON.parse(failed.stdout).fixedPoint.chiJ).toBeGreaterThan(1);
    const unknown = await ask("fixedPoint.chi<1");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("chiJ");
  });

  it("writes the page and the result into --out", async () => {
    const out = join(folder, "criticality");
    const result = await json(
      "criticality",
      "--activation",
      "relu",
      "--sw2",
      "2",
      "--depth",
      "3",
      "--out",
      out,
    );
    expect(await readFile(result.report, "utf8")).toMatch(/^<!doctype html>/);
    expect(JSON.parse(await readFile(join(out, "result.json"), "utf8"))).toEqual(result);
  });
});

describe("fathom phase", () => {
  it("gives the grid, the critical line and the figure with its data", async () => {
    const out = join(folder, "phase");
    const result = await json(
      "phase",
      "--activation",
      "tanh",
      "--sw2",
      "0.5:3:6",
      "--sb2",
      "0:0.4:3",
      "--out",
      out,
    );
    expect(result.grid.sw2).toHaveLength(6);
    expect(result.grid.chiJ).toHaveLength(3);
    expect(result.grid.chiJ[0]).toHaveLength(6);
    expect(result.grid.xi).toHaveLength(3);
    expect(result.criticalLine[0]).toHaveProperty("sw2");
    expect(await readFile(result.figure, "utf8")).toMatch(/^<svg xmlns/);
    expect(JSON.parse(await readFile(join(out, "phase.json"), "utf8"))).toMatchObject({ kind: "heat" });
  });

  it("prints a map that has order on the left and chaos on the right", async () => {
    const argv = [
      "phase",
      "--activation",
      "tanh",
      "--sw2",
      "0.2:4:20",
      "--sb2",
      "0:0.5:5",
      "--out",
      join(folder, "map"),
    ];
    const { stdout } = await run(argv);
    const rows = stdout.split("\n").filter((line) => line.includes("│"));
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatch(/│·+[·+◆]*█*$/);
    expect(stdout).toContain("weight variance");
  });
});

/** IDX bytes: two zeros, unsigned bytes, the number of sizes, the sizes, the data. */
function idx(sizes: readonly number[], byteAt: (index: number) => number): Uint8Array {
  const count = sizes.reduce((product, size) => product * size, 1);
  const head = [0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, size >> 8, size & 255])];
  return Uint8Array.from([...head, ...Array.from({ length: count }, (_, index) => byteAt(index))]);
}

/** A folder of few and tiny images, so that training takes no time. */
async function tinyData(): Promise<string> {
  const path = join(folder, "tiny");
  await mkdir(path, { recursive: true });
  for (const [part, rows] of [
    ["train", 64],
    ["t10k", 16],
  ] as const) {
    await writeFile(
      join(path, `${part}-images-idx3-ubyte`),
      idx([rows, 4, 4], (index) => (index * 37) % 256),
    );
    await writeFile(
      join(path, `${part}-labels-idx1-ubyte`),
      idx([rows], (index) => index % 10),
    );
  }
  return path;
}

describe("fathom train", () => {
  it("trains into a run folder, refuses to use it twice, goes on with --resume", async () => {
    const out = join(folder, "run");
    const argv = [
      "train",
      "mlp:depth=1,width=16",
      "--steps",
      "5",
      "--batch",
      "32",
      "--out",
      out,
      "--data",
      await tinyData(),
    ];
    const result = await json(...argv);
    expect(result).toMatchObject({ run: out, status: "done", steps: 5, gradientEvaluations: 5 });
    for (const part of ["train", "test"]) {
      expect(result[part].loss).toBeGreaterThan(0);
      expect(result[part].error).toBeLessThanOrEqual(1);
    }
    const twice = await run(argv);
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("--resume");
    expect((await json(...argv, "--resume")).test).toEqual(result.test);
  });

  it("says that a training diverged, with exit code 1 and the numbers that there are", async () => {
    const argv = [
      "train",
      "mlp:depth=1,width=8,activation=relu",
      "--steps",
      "9",
      "--lr",
      "1e30",
      "--json",
      "--batch",
      "32",
      "--data",
      await tinyData(),
    ];
    const { code, stdout, stderr } = await run([...argv, "--out", join(folder, "diverged")]);
    expect(code).toBe(1);
    expect(stderr).toContain("diverged");
    expect(JSON.parse(stdout)).toMatchObject({ status: "diverged", train: { loss: null } });
  });

  it("blames the network and no rate where the first loss is no number, with the layer that divides by 0", async () => {
    const dead = { kind: "dense", width: 4, parameters: { weight: { init: "zeros" } } };
    const layers = [{ kind: "flatten" }, dead, { kind: "layerNorm" }, { kind: "dense", width: 10 }];
    const net = join(folder, "dead.json");
    await writeFile(net, JSON.stringify({ fathom: 1, layers }));
    const argv = ["train", net, "--steps", "2", "--batch", "8", "--data", await tinyData()];
    const { code, stderr } = await run([...argv, "--out", join(folder, "dead")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/first batch is not finite[\s\S]*Give layers\[2\] \(layerNorm\) "epsilon": 1e-5/);
    expect(stderr).not.toContain("--lr");
  });
});

describe("the small commands", () => {
  it("schema prints a JSON Schema, with and without --json", async () => {
    const schema = await json("schema");
    expect(schema.$schema).toContain("json-schema.org");
    expect(JSON.parse((await run(["schema"])).stdout)).toEqual(schema);
  });

  it("data list names what there is and how to get the rest", async () => {
    const { datasets } = await json("data", "list");
    expect(datasets.map(({ name }: { name: string }) => name)).toContain("digits");
    expect((await run(["data", "list"])).stdout).toMatch(/digits[\s\S]*mnist/);
    expect((await run(["data", "get", "nothing"])).code).toBe(2);
  });

  it("every command has examples in its help", async () => {
    for (const name of [
      "survey",
      "criticality",
      "phase",
      "train",
      "doctor",
      "schema",
      "data list",
      "data get",
    ]) {
      const { code, stdout } = await run([...name.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:");
      expect(stdout).toContain(`fathom ${name}`);
      expect(stdout).toContain("--json");
    }
  });

  it("help and the bare command go to stdout with exit code 0", async () => {
    expect((await run([])).stdout).toContain("survey");
    expect((await run(["help", "phase"])).stdout).toContain("--sw2");
  });
});
