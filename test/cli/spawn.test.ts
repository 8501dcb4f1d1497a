/** @file The process as scripts see it: exit codes, the two streams, a reader that goes away. */
import { execFile, spawn } from "node:child_process";
import { describe, expect, it } from "vitest";

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;

function fathom(...argv: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...argv], (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe("the fathom process", () => {
  it("prints help and version on stdout with exit code 0", async () => {
    const help = await fathom("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("survey");
    const manifest = await import("../../package.json", { with: { type: "json" } });
    expect((await fathom("--version")).stdout.trim()).toBe(manifest.default.version);
  });

  it("says errors on stderr, with exit code 2 and without a stack", async () => {
    const { code, stdout, stderr } = await fathom("survey", "mlp:depth=2,widht=3");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("width");
    expect(stderr).not.toContain("node:internal");
  });

  it("lets nothing but the document on stdout, whatever native libraries say", async () => {
    const { code, stdout } = await fathom("doctor", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).checks.length).toBeGreaterThan(3);
  });

  it("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [main, "schema"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
