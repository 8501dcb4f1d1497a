/** @file The report and the JSON of a search over hyper-parameters. */
import type { DataTable, Finding, ReportSection } from "../document.ts";
import { type Figure, lineFigure, point } from "../figure.ts";
import { counted, significant } from "../words.ts";
import type { SearchResult, Try } from "./search.ts";
import { edgeFindings } from "./search-edges.ts";
import { type Candidate, type ParameterName, parameterNames } from "./search-space.ts";

/** Tries in the table, the best first. */
const mostShown = 25;

/** `σw² = 1.7, σb² = 0.1`, or that it is the network as it was. */
function candidateText(candidate: Candidate): string {
  const words: Record<ParameterName, string> = { sw2: "σw²", sb2: "σb²", depth: "depth", jitter: "jitter" };
  const parts = parameterNames.flatMap((name) =>
    candidate[name] === undefined ? [] : [`${words[name]} = ${significant(candidate[name], 4)}`],
  );
  return parts.length === 0 ? "the network as it is" : parts.join(", ");
}

/** What a try is judged by: the larger the better for evidence, the smaller the better for errors. */
function worth({ by, validation }: SearchResult, { logEvidence, errors }: Try): number | null {
  if (by === "evidence") return logEvidence;
  return errors === null ? null : errors / validation;
}

export function searchSection(search: SearchResult): ReportSection {
  const what = search.by === "evidence" ? "log evidence" : "validation error";
  return {
    id: "search",
    title: "Search",
    question: "Which hyper-parameters suit the data best?",
    findings: [bestFinding(search, what), ...tangentFinding(search), ...edgeFindings(search)],
    figures: figuresOf(search, what),
    numbers: [],
    tables: [tableOf(search)],
    notes: [judgedBy(search)],
  };
}

function bestFinding(search: SearchResult, what: string): Finding {
  const { by, tries, best } = search;
  const own = worth(search, tries[0]!);
  const value = (of: number | null) => {
    if (of === null) return "none (its kernel is singular)";
    return by === "evidence" ? `${significant(of, 6)} nats` : significant(of, 4);
  };
  if (best !== tries[0]) {
    return {
      tone: "good",
      text: `Best of ${tries.length}: ${candidateText(best.candidate)}, with a ${what} of ${value(worth(search, best))}; the network as it is has ${value(own)}.`,
    };
  }
  return {
    tone: "neutral",
    text: `None of ${tries.length - 1} candidates has a better ${what} than the network as it is: ${value(own)}.`,
  };
}

function judgedBy({ by, rows, targets, validation }: SearchResult): string {
  if (by === "evidence")
    return `Log evidence: ln p of ${counted(targets, "target")} of ${counted(rows, "training item")}, nats, at the scale of the kernel that makes them most likely. Two networks whose kernels differ by a factor are equal.`;
  return `Errors on ${validation} items after ${rows} training items; equal numbers are told apart by the squared loss. The best of many tries looks better on the validation items than it is on others.`;
}

/** An ensemble of trained networks has no evidence: what is maximised is said. */
function tangentFinding({ by, kernel }: SearchResult): Finding[] {
  if (kernel === "nngp" || by === "validation") return [];
  return [
    {
      tone: "neutral",
      text: "The evidence is that of the Gaussian process whose covariance is the tangent kernel: an ensemble of trained networks has none.",
    },
  ];
}

/** One picture a parameter that takes several values. */
function figuresOf(search: SearchResult, what: string): Figure[] {
  return parameterNames.flatMap((name) => {
    const tries = search.tries.filter(({ candidate }) => candidate[name] !== undefined);
    const values = tries.map(({ candidate }) => candidate[name]!);
    if (new Set(values).size < 2) return [];
    const points = (of: readonly Try[]) => of.map((one) => point(one.candidate[name]!, worth(search, one)));
    return [
      lineFigure({
        id: `predict-search-${name}`,
        title: `Tries by ${name}`,
        caption: `Every candidate; other parameters differ between the dots.`,
        x: { label: name, scale: values.every((value) => value > 0) ? "log" : "linear" },
        y: { label: what },
        series: [
          { name: "tries", role: "measured", form: "dots", points: points(tries) },
          {
            name: "best",
            role: "after",
            form: "dots",
            points: points(tries.filter((one) => one === search.best)),
          },
        ],
      }),
    ];
  });
}

function tableOf(search: SearchResult): DataTable {
  const worthOf = (one: Try) => worth(search, one) ?? (search.by === "evidence" ? -Infinity : Infinity);
  const order = [...search.tries].sort((a, b) =>
    search.by === "evidence" ? worthOf(b) - worthOf(a) : worthOf(a) - worthOf(b),
  );
  return {
    title: "Tries, the best first",
    columns: [...parameterNames, "log evidence", "errors", "loss"],
    rows: order
      .slice(0, mostShown)
      .map(({ candidate, logEvidence, errors, loss }) => [
        ...parameterNames.map((name) => candidate[name] ?? null),
        logEvidence,
        errors,
        loss,
      ]),
  };
}
