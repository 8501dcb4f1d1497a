/** @file `fathom tune` as it is typed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { parseNetText } from "../../src/net/index.ts";
import { run } from "./run.ts";

const fixture = (name: string) => join(import.meta.dirname, "../probes/foreign-fixtures", `${name}.onnx`);

const data = mkdtempSync(join(tmpdir(), "fathom-tune-data-"));
afterAll(() => rmSync(data, { recursive: true }));
/** Rows of two numbers and a class, too short for the network. */
const table = join(data, "rows.csv");
writeFileSync(table, Array.from({ length: 20 }, (_, i) => `${i},${-i},${i % 2}\n`).join(""));

const net = "mlp:depth=3,width=32,activation=tanh,sw2=400,in=16";

it("shows gains by layer, and leaves a network that is ready to use", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fathom-tune-"));
  try {
    const { code, stdout, stderr } = await run(["tune", net, "--out", folder, "--assert", "critical==true"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("gain of weights");
    expect(stdout).toContain("layers[4] (dense)");
    const tuned = parseNetText(await readFile(join(folder, "net.json"), "utf8"));
    expect(tuned.layers.length).toBe(parseNetText(net).layers.length);
    expect(await readFile(join(folder, "tune.svg"), "utf8")).toContain("<svg");
  } finally {
    await rm(folder, { recursive: true });
  }
});

it("prints code and nothing else where code is asked for", async () => {
  const { code, stdout } = await run(["tune", net, "--emit", "pytorch", "--quiet"]);
  expect(code).toBe(0);
  expect(stdout.startsWith('"""')).toBe(true);
  expect(stdout.trimEnd().endsWith("return module")).toBe(true);
});

it("answers in JSON with the fields of the contract", async () => {
  const { stdout } = await run(["tune", net, "--json", "--quiet", "--method", "theory"]);
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({
    gains: expect.arrayContaining([expect.objectContaining({ layer: "layers[0] (dense)" })]),
    before: { J: expect.any(Array) },
    after: { J: expect.any(Array) },
    net: { fathom: 1 },
  });
});

it("multiplies the weights of an ONNX model by factors, as JSON by name and as PyTorch", async () => {
  const { code, stdout, stderr } = await run(["tune", fixture("cnn-fathom"), "--json", "--quiet"]);
  expect(code, stderr).toBe(0);
  expect(stdout).not.toMatch(/NaN|Infinity/);
  const { gains, factors, before, after, critical } = JSON.parse(stdout);
  expect(critical).toBe(true);
  expect(gains.map(({ layer }: { layer: string }) => layer)).toContain("block0.bn2.weight");
  expect(before.J).toHaveLength(4);
  expect(after.J).toHaveLength(4);
  const emitted = await run(["tune", fixture("cnn-fathom"), "--emit", "pytorch", "--quiet"]);
  const lines = emitted.stdout.match(/parameters\["[\w.]+"\]\.mul_\(/g);
  expect(lines).toHaveLength(Object.keys(factors).length);
});

it.each([
  [["tune", net, "--lam", "1"], "--lam"],
  [["tune", net, "--sb2", "1"], "--sb2"],
  [["tune", net, "--method", "guess"], "--method"],
  [["tune", net, "--emit", "keras"], "--emit"],
  [["tune", net, "--data", table], "input"],
  [["tune", net, "--dim", "batch=4"], "--dim"],
  [["tune", "model.onnx"], "There is no file model.onnx"],
  [["tune", fixture("cnn-fathom"), "--method", "theory"], "--method"],
  [["tune", fixture("cnn-fathom"), "--emit", "jax"], "emit"],
  [["tune", fixture("transformer-script"), "--emit", "pytorch"], "onnx::MatMul"],
  [["tune", "mlp:depth=3,width=8,in=4,sw2=0"], "layers"],
])("%j is refused with a place and a mend", async (argv, where) => {
  const { code, stdout, stderr } = await run(argv);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(where);
});

it("fails, and says so, where no σw is critical", async () => {
  const given = "mlp:depth=6,width=32,activation=erf,norm=ln-pre,in=16";
  const { code, stderr } = await run(["tune", given, "--method", "scalars", "--quiet"]);
  expect(code).toBe(1);
  expect(stderr).toContain("no critical sw for this sb");
});
