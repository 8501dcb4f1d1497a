/** @file `fathom tune` as it is typed. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseNetText } from "../../src/net/index.ts";
import { run } from "./run.ts";

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

it.each([
  [["tune", net, "--lam", "1"], "--lam"],
  [["tune", net, "--sb2", "1"], "--sb2"],
  [["tune", net, "--method", "guess"], "--method"],
  [["tune", net, "--emit", "keras"], "--emit"],
  [["tune", net, "--data", "digits"], "input"],
  [["tune", "model.onnx"], "model.onnx"],
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
