/**
 * @file Where tests and benchmarks find real data: `$FATHOM_DATA`, by default `../shared/data` beside the checkout
 * where that folder exists. What needs data that is not there is skipped with a printed reason.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../../shared/data", import.meta.url));
if (!process.env["FATHOM_DATA"] && existsSync(beside)) process.env["FATHOM_DATA"] = beside;

/**
 * The folder of a real data set, or undefined after printing why what needs it is skipped.
 * @example describe.skipIf(realData("mnist") === undefined)("on the real digits", () => { … });
 */
export function realData(name: string): string | undefined {
  const home = process.env["FATHOM_DATA"];
  const folder = home === undefined ? undefined : `${home}/${name}`;
  if (folder !== undefined && existsSync(folder)) return folder;
  const reason = home === undefined ? "FATHOM_DATA is not set" : `${folder} does not exist`;
  console.warn(`Skipped what needs the data set ${name}: ${reason}.`);
  return undefined;
}
