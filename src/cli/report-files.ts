/** @file Writes what an outcome draws: the report page, figures with their data. */
import type { Figure, Outcome, ReportDocument } from "../analyses/index.ts";
import type { CommandResult } from "./command.ts";
import type { Context } from "./context.ts";
import { writeInto } from "./folder.ts";

/** The page of the outcome in the folder; its path. */
export async function writeReport(outcome: Outcome, folder: string): Promise<string> {
  const { reportHtml } = await import("../report/index.ts");
  return writeInto(folder, "report.html", reportHtml(outcome.document));
}

/** A figure as SVG with its data beside it; the path of the SVG. */
export async function writeFigure(figure: Figure, name: string, folder: string): Promise<string> {
  const { standaloneSvg } = await import("../report/index.ts");
  await writeInto(folder, `${name}.json`, `${JSON.stringify(figure)}\n`);
  return writeInto(folder, `${name}.svg`, standaloneSvg(figure));
}

/** All figures of the outcome, each by its id; the paths of the SVGs. */
export async function writeFigures({ document }: Outcome, folder: string): Promise<string[]> {
  const paths = [];
  for (const figure of document.sections.flatMap((section) => section.figures))
    paths.push(await writeFigure(figure, figure.id, folder));
  return paths;
}

/** One screen of the document for this terminal. */
export async function summaryText(document: ReportDocument, context: Context): Promise<string> {
  const { terminalSummary } = await import("../report/index.ts");
  const rest =
    context.folder === undefined ? "--out writes a report with the rest" : "the report has the rest";
  return terminalSummary(document, { width: context.width, color: context.color, rest });
}

/**
 * The result of a question whose report and figures go into the folder of the command.
 * @param beside What stands under the summary on a terminal: tables, where the data come from.
 */
export async function reported(outcome: Outcome, context: Context, beside: string): Promise<CommandResult> {
  const report = await writeReport(outcome, context.folder!);
  const figures = await writeFigures(outcome, context.folder!);
  const summary = await summaryText(outcome.document, context);
  return {
    json: { ...outcome.json, figures, report },
    text: `${summary}${beside === "" ? "" : `\n${beside}`}Report: ${report}\n`,
  };
}
