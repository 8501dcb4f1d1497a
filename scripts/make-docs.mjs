/**
 * @file Makes what the documentation shows but the repository does not keep: the figures (docs/figures), the API reference
 * (docs/api), and the tables in the pages, which are rewritten in place where the code says something else.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { standaloneSvg } from "../src/report/index.ts";
import { figures } from "./docs/figures.ts";
import { readPages, root, withTables } from "./docs/pages.ts";
import { tables } from "./docs/tables.ts";

for (const page of readPages()) {
  const text = withTables(page, (name) => tables[name]());
  if (text === page.text) continue;
  writeFileSync(join(root, page.path), text);
  console.log(`${page.path}: tables brought up to date`);
}

mkdirSync(join(root, "docs/figures"), { recursive: true });
for (const [name, draw] of Object.entries(figures)) {
  writeFileSync(join(root, `docs/figures/${name}.svg`), standaloneSvg(await draw()));
  console.log(`docs/figures/${name}.svg`);
}

const typedoc = spawnSync("typedoc", ["--logLevel", "Warn"], { cwd: root, stdio: "inherit" });
if (typedoc.status === 0) console.log("docs/api/index.html");
process.exit(typedoc.status ?? 1);
