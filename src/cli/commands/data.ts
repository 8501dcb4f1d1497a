/** @file `fathom data`: the data sets that are known, what is here, and the download of the others. */
import type { CommandSpec } from "../command.ts";
import { inMega } from "../dataset.ts";
import { alignedTable } from "../table.ts";

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? "size unknown" : `${inMega(bytes)} MB`;
}

export const dataListCommand: CommandSpec = {
  name: "list",
  summary: "the data sets Fathom knows, where they are, and the formats it reads",
  description:
    "Lists the data sets that --data takes by name: what they are, and whether they are on this machine. Then the formats of files and folders that it takes by path.",
  examples: [["fathom data list --json", "for scripts"]],
  async run() {
    const { listDatasets, listFormats } = await import("../../data/index.ts");
    const sets = await listDatasets();
    const columns = ["name", "rows", "what", "where"].map((title) => ({ title, align: "left" as const }));
    const rows = sets.map((set) => [
      set.name,
      `${set.trainSize} + ${set.testSize}`,
      set.description,
      set.available
        ? (set.path ?? "made when asked for")
        : `fathom data get ${set.name} (${megabytes(set.bytes)})`,
    ]);
    const formats = listFormats();
    const kinds = ["format", "files", "holds"].map((title) => ({ title, align: "left" as const }));
    const lines = formats.map(({ name, extensions, summary }) => [
      name,
      extensions.length === 0 ? "a folder" : extensions.join(" "),
      summary,
    ]);
    const text = `${alignedTable(columns, rows)}\n${alignedTable(kinds, lines)}`;
    return { json: { datasets: sets, formats }, text };
  },
};

export const dataGetCommand: CommandSpec = {
  name: "get",
  summary: "download a data set with its checksum",
  description:
    "Downloads a data set into $FATHOM_DATA or the cache, resumes what was cut off, and checks every file. Nothing is fetched twice.",
  examples: [["fathom data get mnist", "11 MB"]],
  declare: (command) => command.argument("<name>", "a name of `fathom data list`"),
  async run(context, operands) {
    const { download } = await import("../../data/index.ts");
    const found = await download(operands[0]!, {
      signal: context.signal,
      onProgress: ({ label, done, total }) =>
        context.progress.report({ label: `${label}, MB`, done: inMega(done), total: total && inMega(total) }),
    });
    return { json: found, text: `${found.name} is in ${found.path}.\n` };
  },
};
