/** @file `fathom spectrum` and `fathom isometry` as they are typed: the fields of cli.md at reference values, and refusals. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../theory/close.ts";
import { run } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-spectra-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function json(...argv: string[]) {
  const { code, stdout } = await run([...argv, "--out", folder, "--json"]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

describe("fathom spectrum", () => {
  it("gives edge, mean, variance, density and figure at the reference values (criticality.md §8, §9)", async () => {
    const result = await json("spectrum", "--activation", "erf", "--depth", "10", "--q", "0.2");
    expectClose(result.edge, 4.384543629, 1e-9);
    expectClose(result.mean, 1, 1e-12);
    expectClose(result.variance, 1.16312611, 1e-8);
    expect(result.atoms).toEqual([]);
    expect(result.density.lambda).toHaveLength(result.density.rho.length);
    expect(await readFile(result.figure, "utf8")).toContain("<svg");
  });

  it("gives atoms: hardtanh keeps three quarters of the directions exactly (criticality.md §9)", async () => {
    const { atoms } = await json("spectrum", "--activation", "hardtanh", "--depth", "10", "--q", "0.2");
    expect(atoms).toHaveLength(2);
    expectClose(atoms[0].at, 0, 0);
    expectClose(atoms[0].mass, 1 - 0.97465268, 1e-8);
    expectClose(atoms[1].at, 1.29271022, 1e-8);
    expectClose(atoms[1].mass, 0.74652681, 1e-7);
  });

  it("takes Gaussian weights and its own variance (criticality.md §9, closed form)", async () => {
    const argv = ["--activation", "linear", "--depth", "5", "--weights", "gaussian", "--sw2", "1"];
    expectClose((await json("spectrum", ...argv)).edge, 14.92992, 1e-9);
  });

  it("puts the largest eigenvalue and the Kolmogorov distance of samples beside theory", async () => {
    const argv = ["--depth", "3", "--q", "0.1", "--measure", "--width", "40", "--seeds", "2"];
    const { measured, edge } = await json("spectrum", "--activation", "tanh", ...argv);
    // Two networks of width 40.
    expect(measured.ks).toBeLessThan(0.15);
    expect(Math.abs(Math.log(measured.max / edge))).toBeLessThan(0.7);
  });

  it("gives the Fisher's moments, and its largest eigenvalue by depth (criticality.md §12)", async () => {
    const argv = ["--activation", "erf", "--depth", "6", "--q", "0.5", "--fisher"];
    const { m1, m2, lambdaMax, lrMax } = (await json("spectrum", ...argv)).fisher;
    expectClose(m1, 2, 1e-12);
    expectClose(m2, 6.087804806, 1e-9);
    expect(lambdaMax).toHaveLength(6);
    expectClose(lrMax, 2 / lambdaMax[5], 1e-12);
  });

  it("takes an activation as an expression", async () => {
    const argv = ["--activation", "custom(x/(1+x^2))", "--depth", "3", "--q", "0.1"];
    const result = await json("spectrum", ...argv);
    expect(result.edge).toBeGreaterThan(1);
    expectClose(result.mean, 1, 1e-9);
  });

  it("is exactly an isometry at q = 0, where φ' is the same in all units", async () => {
    const result = await json("spectrum", "--activation", "erf", "--depth", "5", "--q", "0");
    expect(result).toMatchObject({ variance: 0, density: { lambda: [], rho: [] } });
    expect(result.atoms).toHaveLength(1);
  });
});

describe("fathom isometry", () => {
  it("gives q, sw2, sb2 and edge at the reference values of erf (criticality.md §10)", async () => {
    const result = await json("isometry", "--activation", "erf", "--depth", "100");
    expectClose(result.q, 0.018984499, 1e-8);
    expectClose(result.sw2, 0.8146733386, 1e-9);
    expectClose(result.sb2, 8.472273e-6, 1e-11);
    expectClose(result.edge, 2.25442, 1e-5);
    expect(JSON.parse(await readFile(join(folder, "net.json"), "utf8"))).toEqual(result.net);
  });

  it("says that relu has none, as an answer and not an error", async () => {
    const result = await json("isometry", "--activation", "relu", "--depth", "20");
    expect(result).toMatchObject({ possible: false, q: null, sw2: null, sb2: null, edge: null });
  });
});

describe("bad input (criticality.md §14.11)", () => {
  const erf = ["spectrum", "--activation", "erf"];
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["a negative q", [...erf, "--q", "-1"], "--q"],
    ["a q that is no number", [...erf, "--q", "NaN"], "--q"],
    ["no layers", [...erf, "--depth", "0"], "--depth"],
    ["a negative variance", [...erf, "--sw2", "-1"], "--sw2"],
    ["unknown weights", [...erf, "--weights", "foo"], "--weights"],
    ["one unit", [...erf, "--measure", "--width", "1"], "--width"],
    ["an unknown activation", ["spectrum", "--activation", "nosuch"], "--activation"],
    ["a flat activation", ["spectrum", "--activation", "custom(1)", "--depth", "3"], "activation"],
    ["nothing to compute", ["spectrum"], "NET"],
    ["both kinds of subject", [...erf, "mlp:depth=3,width=8"], "--activation"],
    ["options of equal layers with NET", ["spectrum", "mlp:depth=3,width=8", "--q", "1"], "--q"],
    ["an isometry of no layers", ["isometry", "--activation", "erf", "--depth", "0"], "--depth"],
    ["no variance", ["isometry", "--activation", "erf", "--depth", "3", "--sigma2", "0"], "--sigma2"],
    [
      "an isometry of a flat activation",
      ["isometry", "--activation", "custom(1)", "--depth", "3"],
      "activation",
    ],
  ];
  for (const [what, argv, where] of cases) {
    it(`refuses ${what} with place and hint`, async () => {
      const { code, stdout, stderr } = await run([...argv, "--out", folder]);
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(new RegExp(`where: ${where}\n`));
      expect(stderr).toContain("hint: ");
    });
  }

  it("refuses a network of different widths, naming the layer", async () => {
    const dense = (width: number) => ({ kind: "dense", width });
    const tanh = { kind: "activation", activation: "tanh" };
    const net = {
      fathom: 1,
      input: { kind: "vector", shape: [8] },
      layers: [dense(8), tanh, dense(9), tanh, dense(2)],
    };
    const { code, stderr } = await run(["spectrum", "-", "--out", folder], { stdin: JSON.stringify(net) });
    expect(code).toBe(2);
    expect(stderr).toContain("where: layers[2]");
    expect(stderr).toContain("--measure");
  });
});
