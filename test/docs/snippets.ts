/**
 * @file The code of the guide, checked and run: every `ts` block is a module of its own. Blocks import from "fathom", or
 * stand where their fence says (`file=src/net/layers/abs.ts`) and import as that file would.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { type Fence, fencesOf, type Page, root } from "../../scripts/docs/pages.ts";

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

/** What the compiler says of the snippets, each message after its name. */
export function typeErrors(snippets: readonly Snippet[]): string[] {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const virtual = new Map(snippets.map((snippet) => [snippet.file, snippet]));
  const { fileExists, readFile } = host;
  host.fileExists = (path) => virtual.has(path) || fileExists(path);
  host.readFile = (path) => virtual.get(path)?.code ?? readFile(path);
  const program = ts.createProgram([...virtual.keys()], options, host);
  return [...virtual].flatMap(([file, { name }]) => {
    const source = program.getSourceFile(file)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
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
export function run(snippets: readonly Snippet[]): Map<string, string[]> {
  const folder = join(root, `node_modules/.cache/fathom-docs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const modules = snippets.map((snippet, i) => {
      const path = join(folder, `${i}.mjs`);
      writeFileSync(path, asModule(snippet));
      return [snippet.name, pathToFileURL(path).href];
    });
    writeFileSync(join(folder, "all.mjs"), runner(modules));
    const output = execFileSync(process.execPath, [join(folder, "all.mjs")], { cwd: root, encoding: "utf8" });
    return new Map(JSON.parse(output) as [string, string[]][]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The snippet as JavaScript whose imports of Fathom's files are absolute. */
function asModule({ code, file }: Snippet): string {
  const library = pathToFileURL(join(root, "src/index.ts")).href;
  return stripTypeScriptTypes(code)
    .replaceAll('from "fathom"', `from "${library}"`)
    .replaceAll(
      /from "(\.[^"]+)"/g,
      (_, path: string) => `from "${pathToFileURL(resolve(dirname(file), path)).href}"`,
    );
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
