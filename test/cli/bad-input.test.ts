import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A refusal: exit 2, nothing on stdout, a message, a hint and no stack. */
async function refused(argv: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await run(argv, stdin === undefined ? {} : { stdin });
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toContain("  hint: ");
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe("");
  expect(code).toBe(2);
  return stderr;
}

const survey = (net: string, ...rest: string[]) => ["survey", net, "--out", join(folder, "out"), ...rest];

describe("bad input ends with exit code 2 and says what would mend it", () => {
  it("suggests the nearest command and option", async () => {
    expect(await refused(["surve"])).toContain("survey");
    expect(await refused(["survey", "mlp:depth=2", "--minuts", "3"])).toContain("--minutes");
  });

  it("refuses help on a command that is not there, and knows the nested ones", async () => {
    expect(await refused(["help", "nonsense"])).toContain("survey");
    expect((await run(["help", "data", "get"])).stdout).toContain("fathom data get");
  });

  it("names a misspelt field of the one-line form", async () => {
    expect(await refused(survey("mlp:depth=2,widht=8"))).toMatch(/widht[\s\S]*width/);
  });

  it.each([
    "mlp:width=0",
    "mlp:sw2=NaN",
    "mlp:sw2=-1",
    "mlp:depth=1e9",
    "mlp:activation=tanhh",
    "transformer:depth=3",
  ])("refuses the network %s", async (net) => {
    await refused(survey(net));
  });

  it("refuses what needs more memory than allowed, before anything is compiled", async () => {
    const message = await refused(survey("mlp:depth=2,width=8", "--memory", "0.00001", "--quiet"));
    expect(message).toMatch(/needs about .* the bound is 10.0 kB/);
  });

  it("refuses an unknown layer and keys that would pollute prototypes, naming file and place", async () => {
    const layer = join(folder, "layer.json");
    await writeFile(
      layer,
      '{"fathom":1,"input":{"kind":"vector","shape":[4]},"layers":[{"kind":"dens","width":3}]}',
    );
    const message = await refused(survey(layer));
    expect(message).toContain("layer.json: layers[0]");
    expect(message).toContain("dense");
    const hostile = join(folder, "hostile.json");
    await writeFile(hostile, '{"fathom":1,"layers":[{"kind":"dense","width":3,"__proto__":{"sw2":9}}]}');
    await refused(survey(hostile));
    expect(({} as Record<string, unknown>)["sw2"]).toBeUndefined();
  });

  it("reads standard input, and names it in the error", async () => {
    expect(await refused(survey("-"), "{not json")).toContain("standard input");
    await refused(survey("-"), "");
  });

  it("says that a file is missing, a folder or an ONNX model", async () => {
    expect(await refused(survey(join(folder, "none.json")))).toContain("none.json");
    await refused(survey(folder));
    expect(await refused(survey("model.onnx"))).toContain("There is no file model.onnx");
    expect(await refused(["criticality", "model.onnx"])).toContain("ONNX");
  });

  it("refuses an --out that cannot be written before any work", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const message = await refused(["survey", "mlp:depth=2", "--out", join(file, "under")]);
    expect(message).toContain("where: --out");
    await refused(["phase", "--activation", "tanh", "--out", file]);
  });

  it.each([
    [["survey", "mlp:depth=2", "--minutes", "0"], "--minutes"],
    [["survey", "mlp:depth=2", "--seed", "-1"], "--seed"],
    [["survey", "mlp:depth=2", "--threads", "0"], "--threads"],
    [["survey", "mlp:depth=2", "--device", "tpu"], "--device"],
    [["survey", "mlp:depth=2", "--assert", "x<"], "--assert"],
    [["phase", "--activation", "tanh", "--sw2", "4:1:3"], "--sw2"],
    [["criticality"], "--activation"],
    [["criticality", "mlp:depth=2", "--sw2", "2"], "--sw2"],
    [["criticality", "mlp:depth=2", "--activation", "tanh"], "--activation"],
    [["criticality", "--activation", "tanh", "--sw2", "-1"], "--sw2"],
    [["train", "mlp:depth=2", "--optimizer", "adamm"], "adam"],
    [["train", "mlp:depth=2", "--epochs", "1", "--steps", "3"], "--steps"],
    [["train", "mlp:depth=2", "--optimizer", "adam", "--momentum", "0.5"], "--momentum"],
    [["phase"], "--activation"],
    [["doctor", "extra"], "argument"],
    [["survey"], "net"],
  ])("refuses %j", async (argv, names) => {
    expect(await refused(argv)).toContain(names);
  });

  it("drops control characters of what it quotes", async () => {
    expect(await refused(survey("mlp:\u001b[31mdepth=2"))).not.toContain("\u001b");
  });

  it("shows the stack only with --debug", async () => {
    const { stderr } = await run(["survey", join(folder, "none.json"), "--debug"]);
    expect(stderr).toMatch(/^\s+at /m);
  });
});

it("refuses devices that have no part in kernels, rather than to name them in the result", async () => {
  for (const [name, ...rest] of [["kernel", "--rows", "0:2"], ["predict", "--train", "0:9"], ["compare"]])
    for (const device of ["cuda", "webgpu"]) {
      const net = "mlp:depth=1,activation=relu";
      const stderr = await refused([name!, net, ...rest, "--device", device]);
      expect(stderr).toContain(`it has no use for ${device}`);
      expect(stderr).toContain("where: --device");
    }
});
