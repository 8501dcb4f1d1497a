/**
 * @file The code of the guide, checked and run: every `ts` block is a module of its own. Blocks import from "fathom", or
 * stand where their fence says (`file=src/net/layers/abs.ts`) and import as that file would. A page that changes files
 * (`diff file=…`) is run in a copy of the sources in which its changes are made, so that worked examples work.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { type Fence, fencesOf, type Page, patched, patchesOf, root } from "../../scripts/docs/pages.ts";

export interface Snippet extends Fence {
  /** `docs/engine.md:12`. */
  readonly name: string;
  /** The file that it is, or would be. */
  readonly file: string;
  /** What it prints, by its comments `// → …`. */
  readonly prints: readonly string[];
}

export function snippetsOf(page: Page): Snippet[] {
  return fencesOf(page)
    .filter(({ language }) => language === "ts")
    .map((fence) => {
      const name = `${fence.page}:${fence.line}`;
      const stated = /^file=(\S+)$/.exec(fence.info)?.[1];
      const file = join(root, stated ?? `docs/${name.replaceAll(/\W/g, "-")}.ts`);
      const prints = [...fence.code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text!.trimEnd());
      return { ...fence, name, file, prints };
    });
}

/** The files that the guide changes, by path, as they are after all its changes. */
export function changedFiles(pages: readonly Page[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const patch of pages.flatMap(patchesOf)) {
    const path = join(root, patch.file);
    files.set(path, patched(files.get(path) ?? readFileSync(path, "utf8"), patch));
  }
  return files;
}

/** What the compiler says of the snippets and of the changed files, each message after its name. */
export function typeErrors(snippets: readonly Snippet[], changed: ReadonlyMap<string, string>): string[] {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const code = new Map([...snippets.map((snippet) => [snippet.file, snippet.code] as const), ...changed]);
  const names = new Map(snippets.map(({ file, name }) => [file, name]));
  const { fileExists, readFile } = host;
  host.fileExists = (path) => code.has(path) || fileExists(path);
  host.directoryExists = () => true;
  host.readFile = (path) => code.get(path) ?? readFile(path);
  const program = ts.createProgram([...code.keys()], options, host);
  return [...code.keys()].flatMap((file) => {
    const source = program.getSourceFile(file)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) =>
        `${names.get(file) ?? relative(root, file)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

/** The options of the project, without the checks of style that a reader's project need not have. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  return {
    ...options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noUncheckedIndexedAccess: false,
    paths: { fathom: [join(root, "src/index.ts")] },
  };
}

/** What each snippet prints, line by line; an error it throws is the last line. */
export function run(
  snippets: readonly Snippet[],
  changed: ReadonlyMap<string, string>,
): Map<string, string[]> {
  const extending = new Set(snippets.filter(({ info }) => info.startsWith("file=")).map(({ page }) => page));
  const copy = mkdtempSync(join(tmpdir(), "fathom-docs-"));
  const write = (file: string, code: string) => {
    const path = join(copy, relative(root, file));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    return path;
  };
  try {
    for (const name of ["src", "package.json"])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    for (const [file, code] of changed) write(file, code);
    const modules = snippets.map(({ name, page, file, code }) => {
      const home = extending.has(page) ? copy : root;
      const library = pathToFileURL(join(home, "src/index.ts")).href;
      const path = write(file, code.replaceAll('from "fathom"', `from "${library}"`));
      return [name, pathToFileURL(path).href];
    });
    const main = write(join(root, "run-all.mjs"), runner(modules));
    const output = execFileSync(process.execPath, [main], { cwd: root, encoding: "utf8" });
    return new Map(JSON.parse(output) as [string, string[]][]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** A program that imports the modules one after the other and writes what each printed as JSON. */
function runner(modules: readonly (readonly string[])[]): string {
  return `
    import { inspect } from "node:util";
    const results = [];
    for (const [name, url] of ${JSON.stringify(modules)}) {
      const lines = [];
      const show = (value) => (typeof value === "string" ? value : inspect(value, { breakLength: Infinity }));
      console.log = (...values) => lines.push(...values.map(show).join(" ").split("\\n"));
      try {
        await import(url);
      } catch (error) {
        lines.push(String(error.stack ?? error));
      }
      results.push([name, lines]);
    }
    process.stdout.write(JSON.stringify(results));
  `;
}
