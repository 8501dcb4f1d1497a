/** @file `fathom compare` on the command line: the table, the files, and what it refuses. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./run.ts";

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "fathom-compare-"));
});
afterAll(() => rm(out, { recursive: true, force: true }));

const shallow = "mlp:depth=1,activation=relu,sw2=2";
const deep = "mlp:depth=3,activation=relu,sw2=2";

it("compare ranks networks in a table, numbers those of one name, and writes JSON and figures", async () => {
  const rows = ["--train", "0:60", "--test", "test:0:40", "--curve", "30", "--subsets", "2"];
  const { code, stdout } = await run(["compare", shallow, deep, shallow, ...rows, "--out", out, "--quiet"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/network +log evidence +noise +alignment +test error/);
  const json = JSON.parse(await readFile(join(out, "result.json"), "utf8"));
  const names = json.rows.map(({ net }: { net: string }) => net);
  expect([...names].sort()).toEqual([shallow, `${shallow} (2)`, deep].sort());
  expect(json.rows[0].logEvidence).toBeGreaterThanOrEqual(json.rows[1].logEvidence);
  expect(json.comparisons).toHaveLength(2);
  expect(json.figures[0]).toMatch(/compare-learning-curves\.svg$/);
});

it("compare gives numbers of one network, and names the network of an error", async () => {
  const rows = ["--train", "0:30", "--test", "test:0:10", "--curve", "15", "--subsets", "1", "--out", out];
  const alone = await run(["compare", shallow, ...rows, "--quiet"]);
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining("another network to compare") });
  const wrong = "mlp:depth=1,activation=curious";
  const refused = await run(["compare", shallow, wrong, ...rows]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`where: ${wrong}: `) });
});

it("compare refuses a curve that is none before it reads data", async () => {
  const refused = await run(["compare", shallow, deep, "--curve", "10,x", "--out", out]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--curve") });
});

it("compare reads one network from standard input, and refuses two", async () => {
  const refused = await run(["compare", "-", "-"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("where: NET") });
});
