/** @file The main job as a user runs it: the real command line, its JSON and exit codes, and the page in Chromium. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fathom, type Result, run } from "./fathom.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fathom-e2e-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const survey = (...args: string[]) =>
  fathom(
    "survey",
    "examples/tanh-mlp.json",
    "--data",
    "digits",
    "--minutes",
    "0.4",
    "--out",
    join(folder, "survey"),
    ...args,
  );

describe("fathom survey", () => {
  let result: Result;
  beforeAll(async () => {
    result = await survey("--json");
  }, 300_000);

  it("prints one JSON document and exits 0", () => {
    expect(result.code).toBe(0);
    const json = JSON.parse(result.stdout) as Record<string, { phase: string }>;
    expect(json["criticality"]!.phase).toBe("chaotic");
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        "verdict",
        "advice",
        "analyses",
        "notApplicable",
        "learningRate",
        "separation",
        "training",
        "report",
      ]),
    );
  });

  it("exits 3 when an assertion does not hold, and says which", async () => {
    const { code, stderr } = await survey("--assert", "criticality.fixedPoint.chiJ<1.1");
    expect(code).toBe(3);
    expect(stderr).toContain("criticality.fixedPoint.chiJ<1.1");
  });
});

describe("the report", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  afterAll(() => browser.close());

  async function open(width: number) {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(pathToFileURL(join(folder, "survey", "report.html")).href);
    return { page, requests, complaints };
  }

  it.each([360, 768, 1200])("fits a screen of %i pixels without loading anything", async (width) => {
    const { page, requests, complaints } = await open(width);
    const overflow = await page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    expect(requests.length).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("has figures whose labels can be read on a phone", async () => {
    const { page } = await open(360);
    const sizes = (await page.evaluate(`
      [...document.querySelectorAll("svg text")]
        .map((text) => text.getBoundingClientRect().height)
        .filter((height) => height > 0)`)) as number[];
    expect(sizes.length).toBeGreaterThan(20);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(9);
    await page.close();
  });

  it("prints", async () => {
    const { page } = await open(1200);
    const pdf = await page.pdf({ format: "A4" });
    expect(pdf.length).toBeGreaterThan(20_000);
    await page.close();
  });

  it("says what was found", async () => {
    const html = await readFile(join(folder, "survey", "report.html"), "utf8");
    for (const words of ["Chaotic", "Learning rate", "Separation of inputs", "Run it again"])
      expect(html).toContain(words);
  });
});

describe("the built package", () => {
  beforeAll(() => run("npm", ["run", "--silent", "build"]), 120_000);

  it("has the command", async () => {
    const { stdout } = await run(process.execPath, [
      "dist/cli/main.mjs",
      "criticality",
      "--activation",
      "gelu",
      "--json",
    ]);
    expect((JSON.parse(stdout) as { critical: { sw2: number } }).critical.sw2).toBeCloseTo(
      1.9830582574375,
      10,
    );
  });

  it("has the library", async () => {
    const library = (await import(pathToFileURL(join(process.cwd(), "dist/index.mjs")).href)) as Record<
      string,
      unknown
    >;
    expect(library["parseNetText"]).toBeTypeOf("function");
  });
});
