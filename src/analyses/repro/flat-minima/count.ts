/** @file In how many cases the combination is the best: the paper's 39 of 42, counted on ours. */
import { type ExperimentResult, judged, type PaperClaim } from "../paper.ts";
import { benchmark } from "./benchmark.ts";
import { differencesFigure, pathFigure } from "./figures.ts";
import { notWinningNames, notWinningTable } from "./not-winning.ts";
import { type CaseSummary, signTest, wins } from "./summary.ts";
import { armsTable, casesTable } from "./tables.ts";

/** Cases below which a count says nothing: of so few, chance alone wins all too often. */
const fewest = 12;
/** Ways that are drawn: more than so many figures nobody reads. */
const mostPaths = 4;

const beats = (of: (picked: CaseSummary["picked"]) => number) => (summary: CaseSummary) =>
  summary.picked.wasam.error.value < of(summary.picked);

function counted(found: readonly CaseSummary[], test: (summary: CaseSummary) => boolean): string {
  return `${found.filter(test).length} of ${found.length}`;
}

function oursText(found: readonly CaseSummary[]): string {
  const [synthetic, real] = (["synthetic", "real"] as const).map((origin) =>
    found.filter(({ one }) => one.origin === origin),
  ) as [CaseSummary[], CaseSummary[]];
  const below = (method: "base" | "swa" | "sam") => beats((picked) => picked[method].error.value);
  const significantly = ({ picked }: CaseSummary) => (picked.wasam.difference?.ci?.[1] ?? 1) < 0;
  return [
    `WASAM has the lowest mean error in ${counted(found, wins)} cases (generated data ${counted(synthetic, wins)}, real data ${counted(real, wins)})`,
    `it is below the base optimiser in ${counted(found, below("base"))}, with its whole 95 % interval in ${counted(found, significantly)}; below SWA in ${counted(found, below("swa"))}, below SAM in ${counted(found, below("sam"))}`,
    `not the best in: ${notWinningNames(found)}`,
  ].join("; ");
}

export const count: PaperClaim = {
  id: "full-count",
  claim: "Averaging and SAM together improve over either of them",
  paper: "in 39 of 42 cases (abstract of the first version)",
  bar: `WASAM has a lower mean error than the base optimiser, SWA and SAM in so many of ${fewest} or more cases that a sign test gives p < .05, at the ρ that validation rows pick`,
  command: "fathom choose NET --data D",
  async run(context): Promise<ExperimentResult> {
    const result = await benchmark(context);
    const found = result.summaries;
    const lost = found.filter((summary) => !wins(summary));
    const won = found.length - lost.length;
    return {
      ours: oursText(found),
      status: found.length < fewest ? "not tested" : judged(signTest(won, found.length) < 0.05),
      tables: [
        casesTable(result),
        ...(lost.length === 0 ? [] : [notWinningTable(found)]),
        ...found.filter(({ one }) => !one.reference).map(armsTable),
      ],
      figures: [differencesFigure(found), ...lost.slice(0, mostPaths).map(pathFigure)],
    };
  },
};
