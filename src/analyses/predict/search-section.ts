/** @file The report and the JSON of a search over hyper-parameters. */
import type { DataTable, Finding, ReportSection } from "../document.ts";
import { type Figure, lineFigure, point } from "../figure.ts";
import { significant } from "../words.ts";
import type { SearchResult, Try } from "./search.ts";
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
function worth({ by, validation }: SearchResult, { evidence, errors }: Try): number | null {
  if (by === "evidence") return evidence;
  return errors === null ? null : errors / validation;
}

export function searchSection(search: SearchResult): ReportSection {
  const { by, tries, best, rows, validation } = search;
  const own = worth(search, tries[0]!);
  const found = worth(search, best)!;
  const value = (of: number | null) => (of === null ? "none (its kernel is singular)" : significant(of, 4));
  const what = by === "evidence" ? "log evidence a target" : "validation error";
  return {
    id: "search",
    title: "Search",
    question: "Which hyper-parameters suit the data best?",
    findings: [
      {
        tone: best === tries[0] ? "neutral" : "good",
        text:
          best === tries[0]
            ? `None of ${tries.length - 1} candidates has a better ${what} than the network as it is: ${value(own)}.`
            : `Best of ${tries.length}: ${candidateText(best.candidate)}, with a ${what} of ${value(found)}; the network as it is has ${value(own)}.`,
      },
      ...edgeFindings(search),
    ],
    figures: figuresOf(search, what),
    numbers: [],
    tables: [tableOf(search)],
    notes: [
      by === "evidence"
        ? `Log marginal likelihood of ${rows} training items, a target, at the scale of the kernel that makes them most likely.`
        : `Errors on ${validation} items after ${rows} training items; equal numbers are told apart by the squared loss. The best of many tries looks better on the validation items than it is on others.`,
    ],
  };
}

/** A best value at the end of its range may be better still beyond. */
function edgeFindings({ tries, best }: SearchResult): Finding[] {
  const atEdge = parameterNames.filter((name) => {
    const values = tries.flatMap(({ candidate }) => candidate[name] ?? []);
    const value = best.candidate[name];
    const isEnd = value === Math.min(...values) || value === Math.max(...values);
    return name !== "jitter" && isEnd && new Set(values).size > 1;
  });
  if (atEdge.length === 0) return [];
  return [
    {
      tone: "neutral",
      text: `The best ${atEdge.join(" and ")} is the smallest or largest that was tried: wider ranges may hold better ones.`,
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
    columns: [...parameterNames, "log evidence a target", "errors", "loss"],
    rows: order
      .slice(0, mostShown)
      .map(({ candidate, evidence, errors, loss }) => [
        ...parameterNames.map((name) => candidate[name] ?? null),
        evidence,
        errors,
        loss,
      ]),
  };
}
