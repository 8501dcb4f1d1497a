/**
 * @file The report as plain data: what the analyses found, in the order a reader wants it. `report` turns it into
 * a page or a terminal summary; nothing here knows how it is drawn.
 */
import type { Figure } from "./figure.ts";

/** How a finding bears on the reader: `good` needs nothing, `warn` is worth a look, `bad` wants a change. */
export type Tone = "good" | "warn" | "bad" | "neutral";

export interface Verdict {
  /** One sentence: will it train, and at which rates, or what is wrong. */
  readonly sentence: string;
  readonly tone: Tone;
}

/** Advice with its grounds (cli.md, `advice[{what,why,evidence,expected}]`). */
export interface Advice {
  /** What it bears on; of two pieces about the same, the later one rests on more evidence and replaces the earlier. */
  readonly about: "initialisation" | "learningRate" | "export";
  readonly what: string;
  readonly why: string;
  readonly evidence: string;
  readonly expected: string;
}

export interface Finding {
  readonly text: string;
  readonly tone: Tone;
}

/** Where a number comes from: computed by theory, measured on finite networks, or a proven bound. */
export type NumberKind = "theory" | "measured" | "bound" | "setting";

/** One number of a section, with its uncertainty. `value` is null when it has no finite value: `status` says why. */
export interface NumberRow {
  readonly name: string;
  readonly value: number | null;
  readonly status?: string;
  readonly se?: number;
  /** 95 % interval unless the name says otherwise. */
  readonly ci?: readonly [number | null, number | null];
  readonly n?: number;
  readonly unit?: string;
  readonly kind: NumberKind;
  readonly note?: string;
}

/** A table of plain cells; numbers are formatted when drawn. */
export interface DataTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface ReportSection {
  /** The analysis's id; letters, digits, `-`. */
  readonly id: string;
  readonly title: string;
  /** The question it answers, as a question. */
  readonly question: string;
  readonly findings: readonly Finding[];
  readonly figures: readonly Figure[];
  readonly numbers: readonly NumberRow[];
  readonly tables?: readonly DataTable[];
  /** Assumptions and limits the reader should know. */
  readonly notes?: readonly string[];
  /** The paper or specification the mathematics comes from. */
  readonly source?: string;
}

export interface NotApplicable {
  readonly id: string;
  readonly because: string;
}

/** A profile by depth for the terminal: `ln J by layer`. */
export interface Profile {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

/** What one needs to run it again and to judge the timings. */
export interface Reproduction {
  readonly command: string;
  readonly seed: number;
  readonly version: string;
  readonly hardware: string;
  readonly threads: number;
  readonly device: string;
  readonly seconds: number;
  /** Further settings in the order they are shown: `["learning rates", "7"]`. */
  readonly more?: readonly (readonly [string, string])[];
}

/** A report as plain data; `report` draws it. */
export interface ReportDocument {
  /** What was asked: `Survey`, `Criticality`. */
  readonly title: string;
  /** What it was asked about: the network in one line. */
  readonly subject: string;
  /** Facts of the subject in the order they are shown: `["data", "digits, 10,000 rows"]`. */
  readonly facts: readonly (readonly [string, string])[];
  readonly verdict: Verdict;
  readonly advice: readonly Advice[];
  /** `false` of a question that has no changes to propose: its report then says nothing of advice. */
  readonly advises?: false;
  readonly sections: readonly ReportSection[];
  readonly notApplicable: readonly NotApplicable[];
  readonly profiles?: readonly Profile[];
  readonly reproduction: Reproduction;
}

/** Progress of long work, as the command line and the lab show it. `total` is null while it is unknown. */
export interface Progress {
  readonly done: number;
  readonly total: number | null;
  /** The stage; the time left is told from the pace within one label. */
  readonly label: string;
  /** What changes within a stage: `loss 0.53`. */
  readonly detail?: string;
}

/** What a question's runner gives back: the JSON of cli.md and the report to draw. */
export interface Outcome<J extends object = Record<string, unknown>> {
  readonly json: J;
  readonly document: ReportDocument;
}
