/** @file `fathom predict` as it is typed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseNetText } from "../../src/net/index.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "fathom-predict-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Three clusters on a line, alternating: fast to read, easy to learn. */
const table = join(folder, "clusters.csv");
const row = (i: number) => {
  const label = i % 3;
  return `${(label + 0.3 * Math.sin(7 * i)).toFixed(4)},${Math.cos(3 * i).toFixed(4)},${label}`;
};
writeFileSync(table, `${Array.from({ length: 150 }, (_, i) => row(i)).join("\n")}\n`);

const net = "mlp:depth=2,activation=relu,sw2=2,sb2=0.1";
const command = ["predict", net, "--data", table, "--train", "0:80", "--test", "test:0:20", "--quiet"];

it("answers in JSON with the fields of the contract", async () => {
  const { code, stdout, stderr } = await run([...command, "--json", "--variance"]);
  expect(code, stderr).toBe(0);
  expect(stdout).not.toMatch(/NaN|Infinity/);
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({
    get: "nngp",
    train: { split: "train", count: 80 },
    test: { split: "test", count: 20 },
    jitter: expect.any(Number),
    condition: expect.any(Number),
    logEvidence: expect.any(Number),
    seconds: { kernel: expect.any(Number), solve: expect.any(Number), predict: expect.any(Number) },
  });
  expect(found.errorRate).toBe(found.errors / 20);
  expect(found.mean.length).toBe(20);
  expect(found.variance.length).toBe(20);
});

it("says the error with its interval", async () => {
  const { stdout } = await run([...command, "--assert", "errorRate<0.9"]);
  expect(stdout).toMatch(/Test error [\d.]+ % \(\d+ of 20, 95 % interval [\d.]+ to [\d.]+ %\)/);
});

it("keeps the fit, goes on with it, and predicts other rows from it", async () => {
  const out = join(folder, "kept");
  const first = JSON.parse((await run([...command, "--json", "--out", out])).stdout);
  for (const name of ["model.safetensors", "predictions.csv", "report.html", "predict-confusion.svg"])
    expect(readFileSync(join(out, name)).length).toBeGreaterThan(100);
  const again = JSON.parse((await run([...command, "--json", "--out", out])).stdout);
  expect(again.mean).toEqual(first.mean);
  expect(again.model).toBe(first.model);
  expect(again.seconds.solve).toBe(0);
  const other = [...command, "--json", "--out", out].map((word) =>
    word === "test:0:20" ? "test:10:12" : word,
  );
  const later = await run(other);
  expect(later.code, later.stderr).toBe(0);
  const part = JSON.parse(later.stdout);
  expect(part.seconds.solve).toBe(0);
  part.mean.flat().forEach((value: number, i: number) => {
    expect(value).toBeCloseTo(first.mean.slice(10, 12).flat()[i], 10);
  });
  const lines = readFileSync(join(out, "predictions.csv"), "utf8").trim().split("\n");
  expect(lines[0]).toMatch(/^row,label,predicted,margin,mean0/);
  expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(["10", "11"]);
  const changed = other.map((word) => (word === "0:80" ? "0:79" : word));
  const { code, stderr } = await run(changed);
  expect(code).toBe(2);
  expect(stderr).toContain("--out");
});

it("prints the whole learning curve, and gives the scale of variances beside them", async () => {
  const out = join(folder, "curve");
  const { code, stdout, stderr } = await run([...command, "--curve", "20,40", "--variance", "--out", out]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(
    /items +errors +test error +95 % interval +log evidence\n.*\n +20 .*\n +40 .*\n +80 /,
  );
  const lines = readFileSync(join(out, "predictions.csv"), "utf8").trim().split("\n");
  expect(lines[0]).toMatch(/^row,label,predicted,margin,variance,scale,mean0/);
  const json = JSON.parse((await run([...command, "--variance", "--json"])).stdout);
  expect(json.probabilityScale).toBe(json.scale);
  expect(Number(lines[1]!.split(",")[5])).toBeCloseTo(json.scale, 9);
});

it("searches, and writes the best network", async () => {
  const out = join(folder, "search");
  const ranges = ["--search", "evidence", "--search-space", "sw2=0.5:8:3,sb2=0:1:2", "--search-rows", "40"];
  const { code, stderr, stdout } = await run([...command, ...ranges, "--out", out, "--json"]);
  expect(code, stderr).toBe(0);
  const { search } = JSON.parse(stdout);
  expect(search.tries.length).toBe(7);
  expect(parseNetText(readFileSync(join(out, "net.json"), "utf8"))).toEqual(search.net);
});

it("takes time and whose prediction it is", async () => {
  const timed = JSON.parse((await run([...command, "--json", "--get", "ntk", "--time", "50"])).stdout);
  expect(timed).toMatchObject({ get: "ntk", time: 50, learningRate: 1, maxLearningRate: expect.any(Number) });
  const process = JSON.parse((await run([...command, "--json", "--get", "ntkgp"])).stdout);
  expect(process).toMatchObject({ get: "ntkgp", logEvidence: expect.any(Number) });
});

it("says of fewer outputs than classes that the kernel does not depend on them", async () => {
  const warned = async (line: string) =>
    (await run([...command, "--json"].map((word) => (word === net ? line : word)))).stdout.includes(
      "outputs for 3 classes",
    );
  expect(await warned(`${net},out=2`)).toBe(true);
  for (const line of [net, `${net},out=1`, `${net},out=3`]) expect(await warned(line)).toBe(false);
});

describe("bad input", () => {
  const cases: [string, string[], string][] = [
    ["rows beyond the data", ["--train", "0:99999999"], "--train"],
    ["rows of another form", ["--test", "5"], "--test"],
    ["rows named twice", ["--train", "0:5,3:8"], "--train"],
    ["orders beyond the infinite width", ["--order", "1"], "--order"],
    ["times before the start", ["--time", "-1"], "--time"],
    ["a rate without steps", ["--learning-rate", "1"], "--learning-rate"],
    ["a process with a time", ["--get", "ntkgp", "--time", "3"], "--time"],
    ["negative jitter", ["--jitter", "-1"], "--jitter"],
    ["no such prediction", ["--get", "gp"], "--get"],
    ["a search without an objective", ["--tries", "3"], "--tries"],
    [
      "validation rows in a search by evidence",
      ["--search", "evidence", "--validation", "0:3"],
      "--validation",
    ],
    ["unknown hyper-parameters", ["--search", "evidence", "--search-space", "width=1:2"], "--search-space"],
    ["a curve beyond the rows", ["--curve", "81"], "--curve"],
    [
      "tries that see more rows than there are",
      ["--search", "evidence", "--search-rows", "81"],
      "--search-rows",
    ],
    ["depths below 1", ["--search", "evidence", "--search-space", "depth=0:2"], "--search-space"],
    [
      "a file of test rows beside generated data",
      ["--data", "digits", "--test-file", "x.csv"],
      "--test-file",
    ],
  ];
  it.each(cases)("refuses %s", async (_, flags, where) => {
    const { code, stderr } = await run([...command, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`where: .*${where}\\b`));
    expect(stderr).toContain("hint:");
  });

  it.each([
    [["--train", "0:2100", "--memory", "0.01"], "--memory", /takes [\d.]+ MB; 10.0 MB are allowed/],
    [["--train", "0:2100", "--time", "5"], "--time", /2,100 training items are more than 2,000/],
  ])("refuses before any kernel is computed what would not be held: %j", async (flags, where, message) => {
    const large = join(folder, "large.csv");
    writeFileSync(large, `${Array.from({ length: 2200 }, (_, i) => row(i)).join("\n")}\n`);
    const argv = ["predict", net, "--data", large, "--split", "0.01", "--test", "test:0:5"];
    const { code, stderr } = await run([...argv, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(`where: ${where}`);
    expect(stderr).not.toContain("kernel of training items");
  });

  it("needs training rows", async () => {
    const { code, stderr } = await run(["predict", net]);
    expect(code).toBe(2);
    expect(stderr).toContain("--train");
  });
});
