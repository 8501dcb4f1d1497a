/** @file ONNX models through the command line: what a probe and a survey find, advise, list and refuse. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildModel, initialise, parseNetText } from "../../src/net/index.ts";
import { Key, ndarray } from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";
import { run } from "../cli/run.ts";

const folder = mkdtempSync(join(tmpdir(), "fathom-foreign-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A net as a file, with the weights of some layers multiplied. */
function exported(name: string, text: string, factors: Record<string, number> = {}): string {
  const model = buildModel(parseNetText(text));
  const weights = initialise(model, Key.fromSeed(1));
  for (const [weight, factor] of Object.entries(factors)) {
    const { dtype, shape, data } = weights[weight]!;
    weights[weight] = ndarray(
      dtype,
      shape,
      Array.from(data as Float32Array, (value) => value * factor),
    );
  }
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, exportOnnx(model, weights, { batch: 8 }));
  return path;
}

const plain = "mlp:depth=9,width=48,in=784,out=10,activation=tanh,sw2=1.05";
const healthy = exported("healthy", plain);
/** Layers of the list: dense and tanh in turn. */
const spoiled = exported("spoiled", plain, { "10.weight": 2 });

async function json(...argv: string[]) {
  const { code, stdout, stderr } = await run([...argv, "--json", "--quiet"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/NaN|Infinity/);
  return JSON.parse(stdout);
}

async function refusal(...argv: string[]): Promise<string> {
  const { code, stderr } = await run([...argv, "--quiet"]);
  expect(code).toBe(2);
  return stderr;
}

describe("fathom probe", () => {
  it("names the block that amplifies, and a mend that holds when it is measured", async () => {
    const { blocks, culprit, advice, pairs, mend } = await json("probe", spoiled, "--data", "digits");
    expect(culprit.name).toBe("10");
    const { index, gain } = blocks.find(({ name }: { name: string }) => name === "10");
    expect(gain).toBeGreaterThan(2.5);
    expect(advice[0].what).toMatch(
      new RegExp(`last weights of block ${index} \\(10\\) by 1\\.\\d+ \\(10\\.weight\\)`),
    );
    expect(Math.abs(mend.lnJ)).toBeLessThan(0.8);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ from: "input", to: "output", side: "vjp" });
  });

  it("names the tensor that brings the one block back, with a factor above 1", async () => {
    const text = "mlp:depth=2,width=48,in=784,out=10,activation=linear,sw2=0.4";
    const { advice, mend } = await json("probe", exported("weak", text));
    const { weights, by } = mend.divisions[0];
    expect(by).toBeLessThan(1);
    const [, weight, times] = /^Multiply (\S+) by ([\d.]+)\.$/.exec(advice[0].what)!;
    expect(weights).toEqual([weight]);
    const { verdict } = await json("probe", exported("mended", text, { [weight!]: Number(times) }));
    expect(verdict).toMatch(/^Small changes keep their size/);
  });

  it("blames nobody where all blocks are alike, on random inputs as well", async () => {
    const { culprit, advice, settings } = await json("probe", healthy);
    expect(culprit).toBeNull();
    expect(advice).toEqual([]);
    expect(settings.data).toContain("standard normal inputs");
  });

  it("tells no law of depth from two gains, but the gains", async () => {
    const cnn = join(import.meta.dirname, "..", "probes", "foreign-fixtures", "cnn-fathom.onnx");
    const { diagnosis, law, verdict } = await json("probe", cnn);
    expect([diagnosis, law]).toEqual([null, null]);
    expect(verdict).toMatch(/block by block [\d.]+ in block0, [\d.]+ in block1\.$/);
  });

  it("lists the tensors, blocks marked", async () => {
    const { tensors } = await json("probe", healthy, "--list");
    const blocks = tensors.filter(({ block }: { block?: string }) => block !== undefined);
    expect(blocks).toHaveLength(10);
    expect(tensors[0]).toEqual({ name: "input", shape: [8, 784], place: "input" });
  });

  it("prints the blocks as a table and writes the report", async () => {
    const out = join(folder, "out");
    const { code, stdout } = await run(["probe", spoiled, "--data", "digits", "--out", out, "--quiet"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/block\s+name\s+units\s+K\s+gain/);
    expect(stdout).toContain(join(out, "report.html"));
  });

  it("refuses what it cannot measure, with the mend", async () => {
    expect(await refusal("probe", "mlp:depth=3")).toContain("fathom criticality");
    expect(await refusal("probe", healthy, "--to", "outptu")).toContain("Did you mean output");
    expect(await refusal("probe", healthy, "--dim", "batch")).toContain("batch=8");
    expect(await refusal("probe", healthy, "--dim", "seq=3")).toContain("All dimensions are fixed");
    const open = join(import.meta.dirname, "..", "net", "onnx-fixtures", "mlp-script.onnx");
    expect(await refusal("probe", open, "--dim", "batches=3")).toContain("Open dimensions: batch");
    expect(await refusal("probe", healthy, "--data", "digits", "--shape", "2x14x28")).toContain("--shape");
    writeFileSync(join(folder, "empty.onnx"), "");
    expect(await refusal("probe", join(folder, "empty.onnx"))).toContain("empty");
    const wide = exported("wide", "mlp:depth=2,width=8,in=20,out=3");
    expect(await refusal("probe", wide, "--data", "digits")).toContain("[1, 28, 28]");
  });
});

describe("fathom survey of an ONNX model", () => {
  it("answers what can be measured, says why the rest cannot be, and learns from the file's weights", async () => {
    const out = join(folder, "survey");
    const found = await json("survey", spoiled, "--data", "digits", "--out", out);
    expect(Object.keys(found.analyses)).toEqual(["criticality", "learningRate"]);
    const reasons = Object.fromEntries(
      found.notApplicable.map(({ id, because }: { id: string; because: string }) => [id, because]),
    );
    expect(reasons["spectrum"]).toContain("fixes a batch of 8");
    expect(reasons["theory"]).toContain("one draw");
    expect(found.verdict).toMatch(/block 6 \(10\)( alone)? amplifies/);
    const { bySource, max, maxSource, perLayer, status } = found.learningRate;
    expect([max, maxSource, bySource.ntk]).toEqual([bySource.measured, "measured", null]);
    expect(status.ntk).toContain("one draw");
    expect(perLayer.map(({ layer }: { layer: string }) => layer)).toContain("10");
    expect(bySource.measured / bySource.fisher).toBeGreaterThan(1 / 3);
    expect(bySource.measured / bySource.fisher).toBeLessThan(3);
  });

  it("leaves out what the budget does not reach, and says what would", async () => {
    // At width 300 the search for the edge costs well beyond the 5 seconds of grace.
    const large = exported("large", "mlp:depth=12,width=300,in=784,out=10,sw2=1");
    const { notApplicable } = await json(
      "survey",
      large,
      "--minutes",
      "0.001",
      "--out",
      join(folder, "short"),
    );
    const [left] = notApplicable.filter(({ id }: { id: string }) => id === "learningRate");
    expect(left.because).toContain("--minutes");
  });

  it("is asserted upon, and compared with nothing", async () => {
    const out = join(folder, "asserted");
    const argv = ["survey", spoiled, "--out", out, "--quiet", "--assert", "criticality.lnJ<0.1"];
    expect((await run(argv)).code).toBe(3);
    expect(await refusal("survey", spoiled, "--versus", "mlp:depth=3")).toContain("--versus");
  });

  it("is what other commands point to", async () => {
    expect(await refusal("criticality", spoiled)).toContain(`fathom survey ${spoiled}`);
    expect(await refusal("train", spoiled)).toContain("fathom probe");
  });
});
