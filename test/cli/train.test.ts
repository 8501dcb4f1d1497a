/** @file `fathom train`: its flags, what it says and leaves, and how it refuses. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LossTrace } from "../../src/cli/loss-trace.ts";
import { encodeSafetensors, ndarray } from "../../src/tensor/index.ts";
import { readRun } from "../../src/train/index.ts";
import { run } from "./run.ts";

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-train-"));
  data = join(root, "rows.csv");
  const row = (i: number) => `${Math.sin(i)},${Math.cos(3 * i)},${Math.sin(i) > 0 ? "up" : "down"}`;
  await writeFile(data, ["a,b,label", ...Array.from({ length: 80 }, (_, i) => row(i))].join("\n"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const net = "mlp:depth=1,width=8,activation=tanh";
let count = 0;
const argvOf = (...flags: string[]) => [
  ...["train", net, "--data", data, "--batch", "8", "--epochs", "6", "--out", join(root, `run${count++}`)],
  ...flags,
];

describe("fathom train", () => {
  it("trains with SAM and averages, and says which weights validation prefers", async () => {
    const argv = argvOf(
      ...["--sam", "0.05", "--average", "0.5", "--average", "0.75", "--ema", "0.9", "--validation", "0.2"],
      ...[
        "--clip",
        "5",
        "--label-smoothing",
        "0.1",
        "--nesterov",
        "--weight-decay",
        "0.001",
        "--tensorboard",
      ],
    );
    const { code, stdout, stderr } = await run([...argv, "--json"]);
    expect(code, stderr).toBe(0);
    const json = JSON.parse(stdout);
    expect(json.gradientEvaluations).toBe(2 * json.steps);
    expect(Object.keys(json.averaged)).toEqual(["swa-0.5", "swa-0.75", "ema-0.9"]);
    expect(json.averaged["swa-0.5"]).toMatchObject({ count: 4, test: { loss: expect.any(Number) } });
    expect(["last", "swa-0.5", "swa-0.75", "ema-0.9"]).toContain(json.best.of);
    expect(json.best.validation.loss).toBeLessThanOrEqual(json.validation.loss);
    expect(stdout).not.toContain("parameters");
    const { config, averages } = await readRun(json.run);
    expect(Object.keys(averages)).toHaveLength(3);
    expect(config).toMatchObject({
      optimizer: { kind: "sgd", nesterov: true, weightDecay: 0.001 },
      sam: { rho: 0.05 },
      schedule: { kind: "swa", start: 0.5 },
      clip: 5,
    });
    expect(existsSync(join(json.run, "tensorboard"))).toBe(true);
    const again = await run([...argv, "--resume"]);
    expect(again.stdout).toMatch(/weights +of +training loss +error +validation loss/);
    expect(again.stdout).toMatch(/Best by validation: .+ at step \d+/);
    expect(again.stdout).toMatch(/\d+ steps, \d+ gradients/);
  });

  it("takes every schedule and optimiser", async () => {
    for (const flags of [
      ["--schedule", "multistep", "--milestones", "2,4", "--factor", "0.5", "--optimizer", "adamw"],
      ["--schedule", "cyclic", "--cycle", "2", "--low", "0.2", "--average", "0.3"],
      ["--schedule", "swa", "--swa-start", "0.5", "--low", "0.4", "--sam", "0.05", "--sam-variant", "look"],
      ["--sam", "0.5", "--adaptive", "--micro-batch", "4", "--sam-every", "2"],
    ]) {
      const { code, stderr } = await run([...argvOf(...flags), "--quiet"]);
      expect(code, `${flags.join(" ")}\n${stderr}`).toBe(0);
    }
  });

  it("ends early where validation no longer improves, and keeps the best weights", async () => {
    const argv = argvOf(
      "--epochs",
      "300",
      "--lr",
      "0.5",
      "--validation",
      "20",
      "--patience",
      "4",
      "--watch",
      "error",
    );
    const { code, stdout, stderr } = await run([...argv, "--json"]);
    expect(code, stderr).toBe(0);
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({ stoppedEarly: true, best: { of: "last" } });
    expect((await readRun(json.run)).best).toBeDefined();
    expect((await run([...argv, "--resume"])).stdout).toContain("no longer improved");
  });

  it("starts from weights of PyTorch by the names of its modules", async () => {
    const file = join(root, "torch.safetensors");
    const zeros = (...shape: number[]) =>
      ndarray("float32", shape, new Array(shape.reduce((a, b) => a * b)).fill(0));
    const state = {
      "fc_a.weight": zeros(8, 2),
      "fc_a.bias": zeros(8),
      "fc_b.weight": zeros(10, 8),
      "fc_b.bias": zeros(10),
    };
    await writeFile(file, encodeSafetensors(state));
    const unnamed = await run(argvOf("--initial", file));
    expect(unnamed.code).toBe(2);
    expect(unnamed.stderr).toMatch(
      /nothing in it is 1\.weight \[8, 2\][\s\S]*fc_a\.weight[\s\S]*hint: .*fc1=0/,
    );
    const { code, stderr } = await run(argvOf("--initial", file, "--initial-names", "fc_a=1,fc_b=3"));
    expect(code, stderr).toBe(0);
  });

  it("says which layer or parameter was the first to break", async () => {
    const argv = [
      "train",
      "mlp:depth=1,width=8,activation=relu",
      "--data",
      data,
      "--lr",
      "1e30",
      "--batch",
      "8",
    ];
    const { code, stderr } = await run([...argv, "--out", join(root, "broken")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/diverged at step \d+: (the output of layers\[\d\]|the parameter \d\.|the loss)/);
    expect(stderr).toContain("where: --lr");
  });
});

describe("refusals of fathom train name the flag", () => {
  it.each<[string, string[]]>([
    ["--adaptive", ["--adaptive"]],
    ["--sam-every", ["--sam-every", "2"]],
    ["--average-every", ["--average-every", "3"]],
    ["--nesterov", ["--optimizer", "adam", "--nesterov"]],
    ["--milestones", ["--schedule", "multistep"]],
    ["--milestones", ["--milestones", "2"]],
    ["--milestones", ["--schedule", "multistep", "--milestones", "2,99"]],
    ["--cycle", ["--schedule", "cyclic"]],
    ["--low", ["--low", "0.5"]],
    ["--sam", ["--sam", "-1"]],
    ["--average", ["--average", "1"]],
    ["--average", ["--average", "0.9", "--average-every", "1000"]],
    ["--micro-batch", ["--sam", "0.1", "--micro-batch", "3"]],
    ["--label-smoothing", ["--label-smoothing", "1"]],
    ["--validation", ["--patience", "3"]],
    ["--validation", ["--validation", "80"]],
    ["--min-change", ["--min-change", "1"]],
    ["--initial-names", ["--initial-names", "a=0"]],
    ["--initial-names", ["--initial", "x", "--initial-names", "a"]],
  ])("%s, in %j", async (flag, flags) => {
    const { code, stdout, stderr } = await run(argvOf(...flags));
    expect(code, stderr).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`where: ${flag}\n`);
    expect(stderr).toContain("hint:");
  });
});

describe("the line of the loss", () => {
  it("falls with the loss on a logarithmic scale, whatever the number of steps", () => {
    for (const steps of [4, 100, 10_000]) {
      const trace = new LossTrace();
      for (let i = 0; i < steps; i++) trace.add(10 ** (-i / steps));
      const line = trace.line(20);
      expect(Array.from(line)).toHaveLength(Math.min(20, steps));
      expect(line.startsWith("█")).toBe(true);
      expect(line.endsWith("▁")).toBe(true);
      expect(Array.from(line).every((bar, i, all) => i === 0 || bar <= all[i - 1]!)).toBe(true);
    }
  });

  it("leaves a gap where the loss is no number", () => {
    const trace = new LossTrace();
    for (const loss of [1, Number.NaN, 0.1]) trace.add(loss);
    expect(trace.line(3)).toBe("█ ▁");
  });
});
