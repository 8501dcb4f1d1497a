/** @file `fathom probe` as typed: the fields of cli.md, tensors by name, and refusals. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "./run.ts";

const model = join(import.meta.dirname, "../probes/foreign-fixtures/mlp-fathom.onnx");

describe("fathom probe", () => {
  it("gives the fields of the contract, with a gain and its error for every block", async () => {
    const { code, stdout } = await run(["probe", model, "--json"]);
    expect(code).toBe(0);
    const { pairs, blocks, verdict } = JSON.parse(stdout);
    expect(pairs).toMatchObject([
      { from: "input", to: expect.any(String), J: expect.any(Number), se: expect.any(Number) },
    ]);
    for (const block of blocks.slice(1)) {
      expect(block).toMatchObject({ name: expect.any(String), gain: expect.any(Number) });
      expect(block.se).toBeGreaterThan(0);
    }
    expect(verdict).toMatch(/^Small changes/);
  });

  it("takes J between tensors that --list names", async () => {
    const { stdout: listed } = await run(["probe", model, "--list", "--json"]);
    const ends = JSON.parse(listed).tensors.filter(({ place }: { place: string }) => place === "block");
    const [from, to] = [ends[0].name, ends[1].name];
    const { stdout } = await run(["probe", model, "--from", from, "--to", to, "--json"]);
    expect(JSON.parse(stdout).pairs).toMatchObject([{ from, to, J: expect.any(Number) }]);
  });

  it("leaves with 3 where an assertion does not hold", async () => {
    const { code, stderr } = await run(["probe", model, "--assert", "pairs.0.J<0"]);
    expect(code).toBe(3);
    expect(stderr).toContain("pairs.0.J is");
  });

  it.each([
    [["missing.onnx"], "where: MODEL"],
    [["mlp:depth=3"], "fathom criticality NET --measure"],
    [[model, "--from", "nothing"], "--list"],
    [[model, "--dim", "batch"], "--dim"],
  ])("refuses %j with 2, and says what to give", async (words, said) => {
    const { code, stderr } = await run(["probe", ...words]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
  });
});
