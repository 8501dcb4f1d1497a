/** @file The guide tells the truth: its code compiles, runs and prints what it says; its commands, links and tables hold. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { figures } from "../../scripts/docs/figures.ts";
import {
  commandLinesOf,
  fencesOf,
  localLinksOf,
  namedFilesOf,
  npmScriptsOf,
  readPages,
  root,
  tablesOf,
} from "../../scripts/docs/pages.ts";
import { tables } from "../../scripts/docs/tables.ts";
import { findLayer, parseNet, parseNetText } from "../../src/net/index.ts";
import { run as runCommand } from "../cli/run.ts";
import { changedFiles, run, snippetsOf, typeErrors } from "./snippets.ts";

const pages = readPages();
const snippets = pages.flatMap(snippetsOf);
const changed = changedFiles(pages);

describe("the code of the guide", () => {
  it("passes the type check", () => {
    expect(typeErrors(snippets, changed)).toEqual([]);
  });

  it("runs and prints what its comments say", () => {
    const printed = run(snippets, changed);
    expect(Object.fromEntries(printed)).toEqual(
      Object.fromEntries(snippets.map(({ name, prints }) => [name, prints])),
    );
  });
});

describe("the networks of the guide", () => {
  const json = pages.flatMap(fencesOf).filter(({ language }) => language === "json");

  it.each(json.map(({ page, line, code }) => [`${page}:${line}`, code]))("%s is accepted", (_, code) => {
    const value = JSON.parse(code) as { kind?: string };
    const wrap = (layer: unknown) => ({
      fathom: 1,
      input: { kind: "image", shape: [1, 28, 28] },
      layers: [{ kind: "flatten" }, layer],
    });
    const layer =
      value.kind !== undefined && (findLayer(value.kind) !== undefined || value.kind === "repeat");
    expect(() => parseNet(layer ? wrap(value) : value)).not.toThrow();
  });
});

describe("the command lines of the guide", () => {
  const lines = [...new Map(pages.flatMap(commandLinesOf).map((words) => [words.join(" "), words])).values()];

  it.each(lines.map((words) => [words.join(" "), words] as const))("fathom %s", async (_, words) => {
    const length = words[0] === "data" ? 2 : 1;
    const help = await helpOf(words.slice(0, length));
    const rest = words.slice(length).filter((word) => word !== "…");
    for (const option of rest.filter((word) => word.startsWith("-") && word !== "-")) {
      expect(help).toMatch(new RegExp(`(^|[ ,])${option}\\b`, "m"));
    }
    for (const net of rest.filter((word) => word.startsWith("mlp:")))
      expect(() => parseNetText(net)).not.toThrow();
    for (const file of rest.filter((word) => word.startsWith("examples/"))) {
      expect(existsSync(join(root, file)), file).toBe(true);
    }
  });
});

async function helpOf(command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand([...command, "--help"]);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe.each(pages.map((page) => [page.path, page] as const))("%s", (_, page) => {
  it("holds the tables that the code gives", () => {
    const found = tablesOf(page);
    expect(found.length).toBe(page.text.split("<!-- table:").length - 1);
    for (const { name, content } of found) expect(content, name).toBe(tables[name]!());
  });

  it("links to what there is, or to what `npm run docs` makes", () => {
    const drawn = Object.keys(figures).map((name) => `docs/figures/${name}.svg`);
    const made = (path: string) => drawn.includes(path) || path === "docs/api/index.html";
    const broken = localLinksOf(page).filter((path) => !made(path) && !existsSync(join(root, path)));
    expect(broken).toEqual([]);
  });

  it("names files that exist", () => {
    expect(namedFilesOf(page).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("names npm scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    expect(npmScriptsOf(page).filter((name) => !(name in scripts))).toEqual([]);
  });
});
