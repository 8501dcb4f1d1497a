/** @file `fathom repro`: the claims of one paper beside what we find, as a table (criticality.md §13). */
import { FathomError, Key } from "../../tensor/index.ts";
import { nearestName } from "../../theory/index.ts";
import { version } from "../../version.ts";
import type { Claim } from "../analysis.ts";
import type { DataTable, Outcome, Progress, ReportSection, Verdict } from "../document.ts";
import { Journal } from "../journal.ts";
import { type Asked, reproduction } from "../reproduction.ts";
import { significant } from "../words.ts";
import type { ExperimentResult, Paper, PaperClaim, Scale } from "./paper.ts";
import { papers } from "./papers.ts";

export interface ReproQuestion extends Asked {
  readonly id: string;
  readonly scale: Scale;
  /** Keeps the claims that are done, so that an interrupted run goes on. */
  readonly folder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** One row of the table (cli.md). */
export interface CheckedClaim extends Claim {
  readonly id: string;
  readonly bar: string;
  readonly seconds: number;
  readonly command: string;
}

export interface ReproJson extends Record<string, unknown> {
  readonly id: string;
  readonly scale: Scale;
  readonly claims: readonly CheckedClaim[];
  /** How many are not; 0 is what a check asks for. */
  readonly notReproduced: number;
}

interface Checked {
  readonly claim: PaperClaim;
  readonly result: ExperimentResult;
  readonly seconds: number;
}

/**
 * Checks the claims of a paper one after the other.
 * @returns `claims[{claim, paper, ours, status, seconds, command}]`.
 * @throws FathomError bad-input for an unknown paper; cancelled when `signal` is aborted: what is done stays in `folder`.
 * @example await repro({ id: "partial-jacobians", scale: "test", seed: 0, command: "fathom repro …" })
 */
export async function repro(asked: ReproQuestion): Promise<Outcome<ReproJson>> {
  const start = performance.now();
  const paper = paperOf(asked.id);
  const journal = await Journal.open(asked.folder);
  const checked: Checked[] = [];
  for (const [done, claim] of paper.claims.entries()) {
    asked.signal?.throwIfAborted();
    const { result, seconds } = await journal.piece(nameOf(paper, asked, claim.id), () =>
      check(claim, { paper, asked, done, journal }),
    );
    checked.push({ claim, result, seconds });
  }
  await journal.close();
  return outcome(paper, asked, checked, (performance.now() - start) / 1000);
}

function paperOf(id: string): Paper {
  const paper = papers.find((known) => known.id === id);
  if (paper !== undefined) return paper;
  const known = papers.map(({ id }) => id);
  const near = nearestName(id, known);
  throw new FathomError({
    code: "bad-input",
    message: `There is no paper "${id}".`,
    where: "ID",
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}.`,
  });
}

/** What a result depends on besides the code of one version. */
function nameOf({ id }: Paper, { scale, seed }: ReproQuestion, piece: string): string {
  return `${id}/${piece},scale=${scale},seed=${seed},version=${version}`;
}

interface Place {
  readonly paper: Paper;
  readonly asked: ReproQuestion;
  readonly journal: Journal;
  /** Claims before this one. */
  readonly done: number;
}

async function check(
  claim: PaperClaim,
  { paper, asked, done, journal }: Place,
): Promise<Omit<Checked, "claim">> {
  const start = performance.now();
  const progress = (detail: string) => {
    asked.signal?.throwIfAborted();
    asked.onProgress?.({ label: claim.claim, done, total: paper.claims.length, detail });
  };
  progress("");
  const common = Key.fromSeed(asked.seed).split(paper.id);
  const result = await claim.run({
    scale: asked.scale,
    key: common.split(claim.id),
    common,
    piece: (name, work) => journal.piece(nameOf(paper, asked, `piece/${name}`), work),
    options: asked.options ?? {},
    signal: asked.signal,
    folder: asked.folder,
    progress,
  });
  return { result, seconds: (performance.now() - start) / 1000 };
}

function outcome(
  paper: Paper,
  asked: ReproQuestion,
  checked: readonly Checked[],
  seconds: number,
): Outcome<ReproJson> {
  const { id, title, source } = paper;
  return {
    json: {
      id,
      title,
      source,
      scale: asked.scale,
      claims: checked.map(rowOf),
      notReproduced: withStatus(checked, "not reproduced").length,
    },
    document: {
      title: "Reproduction",
      subject: title,
      facts: [
        ["paper", source],
        ["scale", asked.scale],
      ],
      verdict: verdictOf(checked),
      advice: [],
      advises: false,
      sections: [claimsSection(paper, checked)],
      notApplicable: [],
      reproduction: reproduction(asked, seconds),
    },
  };
}

function claimsSection({ source }: Paper, checked: readonly Checked[]): ReportSection {
  return {
    id: "claims",
    title: "Claims",
    question: "What does the paper claim, and what do we find?",
    source,
    findings: [],
    figures: checked.flatMap(({ result }) => result.figures ?? []),
    numbers: [],
    tables: [claimTable(checked), ...checked.flatMap(({ result }) => result.tables ?? [])],
  };
}

function rowOf({ claim, result, seconds }: Checked): CheckedClaim {
  const { id, paper, bar, command } = claim;
  const { ours, status } = result;
  return {
    id,
    claim: claim.claim,
    paper,
    ours,
    status,
    bar,
    seconds: Number(seconds.toPrecision(3)),
    command,
  };
}

function claimTable(checked: readonly Checked[]): DataTable {
  return {
    title: "Claims",
    columns: ["claim", "paper", "ours", "bar", "status", "seconds"],
    rows: checked.map(({ claim, result, seconds }) => [
      claim.claim,
      claim.paper,
      result.ours,
      claim.bar,
      result.status,
      result.status === "not tested" ? null : significant(seconds, 2),
    ]),
  };
}

function withStatus(checked: readonly Checked[], status: Claim["status"]): Checked[] {
  return checked.filter(({ result }) => result.status === status);
}

function verdictOf(checked: readonly Checked[]): Verdict {
  const failed = withStatus(checked, "not reproduced");
  const untested = withStatus(checked, "not tested");
  const sentence = [
    `${withStatus(checked, "reproduced").length} of ${checked.length} claims are reproduced.`,
    ...failed.map(({ claim }) => `Not reproduced: ${claim.claim}.`),
    ...(untested.length === 0 ? [] : [`${untested.length} are not tested; their rows say why.`]),
  ].join(" ");
  return { sentence, tone: failed.length > 0 ? "bad" : untested.length > 0 ? "warn" : "good" };
}
