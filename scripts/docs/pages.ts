/**
 * @file The pages of the guide as data: their code, command lines, links, and the tables that the code fills in. Tests
 * check all of them; `npm run docs` rewrites the tables.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Page {
  /** From the root of the repository: `docs/engine.md`. */
  readonly path: string;
  readonly text: string;
}

/** README.md, CONTRIBUTING.md and the guide. */
export function readPages(): Page[] {
  const guide = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", "CONTRIBUTING.md", ...guide.sort().map((name) => `docs/${name}`)].map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));
}

/** A fenced block: ```` ```ts file=src/net/layers/abs.ts ````. */
export interface Fence {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What follows the language on the fence. */
  readonly info: string;
  readonly code: string;
}

export function fencesOf({ path, text }: Page): Fence[] {
  return [...text.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)].map(
    ({ index, 1: language, 2: info, 3: code }) => ({
      page: path,
      line: text.slice(0, index).split("\n").length,
      language: language!,
      info: info!.trim(),
      code: code!,
    }),
  );
}

/** A change of a file that a page shows: ```` ```diff file=src/net/registry.ts ````. */
export interface Patch {
  readonly file: string;
  /** `docs/extending.md:12`. */
  readonly name: string;
  /** Lines that start with a space (there), `-` (taken away) or `+` (added); `@@` parts places. */
  readonly lines: readonly string[];
}

/** The changes that a page shows. */
export function patchesOf(page: Page): Patch[] {
  return fencesOf(page)
    .filter(({ language, info }) => language === "diff" && info.startsWith("file="))
    .map(({ info, line, code }) => ({
      file: info.slice("file=".length),
      name: `${page.path}:${line}`,
      lines: code.trimEnd().split("\n"),
    }));
}

/** The file with a change made. @throws Error naming the page where its lines are not in the file, or not once. */
export function patched(text: string, { file, name, lines }: Patch): string {
  const places = lines
    .join("\n")
    .split(/^@@.*\n/m)
    .map((place) => place.trimEnd().split("\n"));
  return places.reduce((whole, place) => {
    const side = (mark: string) =>
      place
        .filter((line) => line[0] === mark || (line[0] ?? " ") === " ")
        .map((line) => `${line.slice(1)}\n`);
    const [before, after] = [side("-").join(""), side("+").join("")];
    if (whole.split(before).length !== 2) throw new Error(`${name}: not once in ${file}:\n${before}`);
    return whole.replace(before, () => after);
  }, text);
}

/** Command lines of Fathom on a page, as words after `fathom`: in shell blocks, and in `code` of running text. */
export function commandLinesOf(page: Page): string[][] {
  const inBlocks = fencesOf(page)
    .filter(({ language }) => ["sh", "console"].includes(language))
    .flatMap(({ code }) => code.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.replace(/^\$ /, ""));
  const prose = page.text.replaceAll(/^```.*?^```$/gms, "");
  const inText = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...inBlocks, ...inText].flatMap((line) => {
    const [, rest] =
      /^(?:.*\| *)?(?:npm run --silent fathom --|npm run fathom --|npx fathom|fathom) (.+)$/.exec(line) ?? [];
    return rest === undefined ? [] : [shellWords(rest)];
  });
}

/** Words of a shell line up to a comment or redirection; single quotes hold a word together. */
function shellWords(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|[^\s']+/g)].map(([word, quoted]) => quoted ?? word);
  const end = words.findIndex((word) => ["#", ">", "|"].includes(word));
  return end < 0 ? words : words.slice(0, end);
}

/** Names of npm scripts on a page: `npm test`, `npm run docs`. */
export function npmScriptsOf({ text }: Page): string[] {
  return [...text.matchAll(/npm (?:run (?:--silent )?)?([a-z][\w:-]*)/g)]
    .map(([line, name]) => (line.startsWith("npm run") || ["test", "start"].includes(name!) ? name! : ""))
    .filter((name) => name !== "");
}

/** Targets of the relative links and pictures of a page, from the root of the repository, without anchors. */
export function localLinksOf({ path, text }: Page): string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
    .map((target) => relative(root, resolve(root, dirname(path), target)));
}

/** Source files that a page names, outside the fences that say where a file would go. */
export function namedFilesOf({ text }: Page): string[] {
  const found = text.matchAll(/(?<!file=)\b(?:examples|scripts|src|test)\/[\w./-]+\.(?:ts|mjs|json)\b/g);
  return [...new Set([...found].map(([path]) => path!))];
}

/** A table ends at the first comment after it, so that one without an end does not swallow the text that follows. */
const tableBlock = /(<!-- table: ([\w-]+) -->\n)((?:(?!<!--).)*)(<!-- end of table -->)/gs;

/** The tables of a page that the code fills in, by name. */
export function tablesOf({ text }: Page): { readonly name: string; readonly content: string }[] {
  return [...text.matchAll(tableBlock)].map(([, , name, content]) => ({
    name: name!,
    content: content!.trimEnd(),
  }));
}

/** The page with its tables made anew. */
export function withTables({ text }: Page, make: (name: string) => string): string {
  return text.replaceAll(
    tableBlock,
    (_, start: string, name: string, __, end: string) => `${start}${make(name)}\n${end}`,
  );
}
