/** @file `fathom landscape` on the command line: runs, averages, what it writes, and how it refuses. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./run.ts";

let root: string;
let data: string;
const runFolder = (name: string) => join(root, name);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-landscape-"));
  data = join(root, "rows.csv");
  const row = (i: number) => `${Math.sin(i)},${Math.cos(3 * i)},${Math.sin(i) > 0 ? "up" : "down"}`;
  await writeFile(data, ["a,b,label", ...Array.from({ length: 80 }, (_, i) => row(i))].join("\n"));
  const trained = (name: string, width: number, ...flags: string[]) => {
    const net = `mlp:depth=1,width=${width},activation=tanh`;
    return run([
      "train",
      net,
      "--data",
      data,
      "--batch",
      "8",
      "--epochs",
      "6",
      "--out",
      runFolder(name),
      ...flags,
    ]);
  };
  expect((await trained("a", 8, "--average", "0.5")).code).toBe(0);
  expect((await trained("b", 8, "--seed", "1")).code).toBe(0);
  expect((await trained("other", 6)).code).toBe(0);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const look = (...argv: string[]) =>
  run(["landscape", ...argv, "--data", data, "--quiet", "--out", join(root, "out")]);

it("looks at two runs and an average of one, and writes a report with a figure for each view", async () => {
  const { code, stdout } = await look(
    runFolder("a"),
    runFolder("b"),
    `${runFolder("a")}:swa-0.5`,
    "--side",
    "3",
    "--points",
    "5",
    "--json",
  );
  expect(code).toBe(0);
  const json = JSON.parse(stdout);
  expect(json.solutions.map(({ name }: { name: string }) => name)).toEqual(["a", "b", "a:swa-0.5"]);
  expect(json).toMatchObject({ lambdaMax: expect.any(Number), barrier: { value: expect.any(Number) } });
  for (const path of [...json.figures, json.report]) expect(existsSync(path), path).toBe(true);
});

it("measures what --measure names, in tables", async () => {
  const { code, stdout } = await look(runFolder("a"), "--measure", "eigenvalues,trace");
  expect(code).toBe(0);
  expect(stdout).toMatch(/solution +loss +error .*λ_max +λ_min +trace/);
  expect(stdout).not.toContain("Rise of the loss where");
});

const refusals: [string, () => string[], string][] = [
  ["a folder that is no run", () => [join(root, "nothing")], "holds no finished run"],
  ["an average that the run lacks", () => [`${runFolder("a")}:ema`], 'no average "ema"'],
  ["runs of two networks", () => [runFolder("a"), runFolder("other")], "another network"],
  ["a measurement that is none", () => [runFolder("a"), "--measure", "flatness"], "--measure"],
  ["a radius of 0", () => [runFolder("a"), "--rho", "0"], "--rho"],
  ["rows that the data lack", () => [runFolder("a"), "--rows", "0:999"], "--rows"],
  ["a model beside a run", () => ["model.onnx", runFolder("a")], "looked at alone"],
];
it.each(refusals)("refuses %s", async (_, argv, said) => {
  const { code, stderr } = await look(...argv());
  expect(code).toBe(2);
  expect(stderr).toContain(said);
});
