/** @file Whether the theory's premise holds: asymptotic freeness of weights and slopes, tested on sampled networks (§11). */
import { activationText, scalarHalf } from "../../net/index.ts";
import {
  type FreenessReport,
  freeness,
  freenessWords,
  type InvarianceReport,
  invariance,
} from "../../probes/index.ts";
import { Key } from "../../tensor/index.ts";
import type { Finding, NumberRow, ReportSection } from "../document.ts";
import { finiteOrNull, type LineFigure, lineFigure, point, type Series } from "../figure.ts";
import { significant } from "../words.ts";
import type { SamplingAsked } from "./measure.ts";
import { type PlainSubject, plainSubject } from "./plain-subject.ts";
import type { SpectrumQuestion } from "./question.ts";

/** Title, question and source. */
const record = {
  id: "freeness",
  title: "Asymptotic freeness",
  question: "May the spectrum be computed as if slopes and weights were free of each other?",
  source: "Collins and Hayase, arXiv 2103.13466",
} as const;

/** Networks at each width. */
const NETS = 100;
const WIDTHS = [32, 64, 128] as const;
const LEAST_NETS = 10;

/** What was tested, and what came out. */
export interface FreenessPart {
  readonly json: Readonly<Record<string, unknown>>;
  readonly section: ReportSection;
}

/**
 * Tests the mixed moments and the invariance behind the theorem.
 * @param options `seeds` are networks at each width.
 * @throws FathomError as `plainSubject`; bad-input for fewer than 10 networks.
 */
export function freenessPart(
  asked: SamplingAsked & Pick<SpectrumQuestion, "net" | "uniform">,
  { nets = NETS }: { readonly nets?: number } = {},
): FreenessPart {
  const subject = plainSubject(asked, "Freeness");
  const { activation, sw2, sb2, inputMoment } = subject;
  const key = Key.fromSeed(asked.seed).split("freeness");
  const scalar = scalarHalf(activation);
  const report = freeness({
    activation: scalar,
    sw2,
    sb2,
    inputMoment,
    widths: WIDTHS,
    nets: Math.max(LEAST_NETS, nets),
    key,
    onNet: (done, total) => {
      asked.signal?.throwIfAborted();
      asked.onProgress?.({ label: "mixed moments", done, total });
    },
  });
  const kept = invariance({ activation: scalar, width: WIDTHS.at(-1)!, sw2, sb2, inputMoment, key });
  return { json: freenessJson(report, kept), section: sectionFor(subject, report, kept) };
}

function freenessJson({ moments, slope, slopes, control }: FreenessReport, kept: InvarianceReport) {
  const rows = (list: FreenessReport["moments"]) =>
    list.map(({ word, N, mean, se, rms, nets }) => ({ word, N, mean, se, rms, nets }));
  return {
    moments: rows(moments),
    slope: finiteOrNull(slope.value),
    slopeSe: finiteOrNull(slope.se),
    slopes: freenessWords.map((word) => ({
      word,
      slope: finiteOrNull(slopes[word].value),
      se: finiteOrNull(slopes[word].se),
    })),
    control: {
      moments: rows(control.moments),
      slope: finiteOrNull(control.slope.value),
      slopeSe: finiteOrNull(control.slope.se),
    },
    invariance: kept,
  };
}

/** The slope is judged within these bounds, and three standard errors. */
const BOUNDS = [-1.3, -0.7] as const;

function vanishes({ slope, moments }: FreenessReport): "yes" | "constant" | "no" {
  if (moments.every(({ rms }) => rms < 1e-12)) return "constant";
  const inside = slope.value >= BOUNDS[0] && slope.value <= BOUNDS[1];
  return inside || Math.abs(slope.value + 1) <= 3 * slope.se ? "yes" : "no";
}

function findingsOf(subject: PlainSubject, report: FreenessReport, kept: InvarianceReport): Finding[] {
  const { slope, control } = report;
  const verdict = vanishes(report);
  if (verdict === "constant") {
    return [
      {
        text: `φ' of ${activationText(subject.activation)} is constant: there is nothing to be free of.`,
        tone: "neutral",
      },
    ];
  }
  const law = `as width^${significant(slope.value, 2)} (± ${significant(slope.se, 1)})`;
  const stay = `with the identity for the orthogonal matrix they stay (width^${significant(control.slope.value, 1)})`;
  const text =
    verdict === "yes"
      ? `Mixed moments of slopes and weights vanish ${law}, the O(1/N) of free factors; ${stay}.`
      : `Mixed moments of slopes and weights fall ${law}, and not as 1/N: take the predicted spectrum with care at these widths; ${stay}.`;
  return [
    { text, tone: verdict === "yes" ? "good" : "warn" },
    {
      text: `Turning the weights around the units that they see changes hidden units by ${significant(kept.units, 1)} and weights by ${significant(kept.weights, 2)}: slopes do not know which orthogonal matrix was drawn.`,
      tone: kept.units < 1e-10 && kept.weights > 0.1 ? "good" : "warn",
    },
  ];
}

function sectionFor(subject: PlainSubject, report: FreenessReport, kept: InvarianceReport): ReportSection {
  const note = `at N = ${WIDTHS.at(-1)}, three layers`;
  const numbers: NumberRow[] = [
    slopeRow("slope of ln rms by ln N", report.slope, "−1: O(1/N)"),
    ...freenessWords.map((word) => slopeRow(`slope of ${word}`, report.slopes[word])),
    slopeRow("slope of the control", report.control.slope, "identity for the orthogonal matrix"),
    { name: "largest |U x − x|", value: kept.fixed, kind: "measured", note },
    { name: "largest |U Uᵀ − I|", value: kept.orthogonal, kind: "measured", note },
    { name: "largest change of a hidden unit", value: kept.units, kind: "measured", note },
    { name: "largest change of a weight", value: kept.weights, kind: "measured", note },
  ];
  const rows = report.moments.map(({ word, N, mean, se, rms }) => [word, N, N * mean, N * se, N * rms]);
  return {
    ...record,
    findings: findingsOf(subject, report, kept),
    figures: [momentFigure(report)],
    numbers,
    tables: [
      {
        title: "Mixed moments, times N",
        columns: ["word", "N", "N mean", "N s.e.", "N rms"],
        rows,
      },
    ],
    notes: [
      `${report.moments[0]!.nets} networks at each width. The control shows that the test can tell.`,
      "a = D₁² − tr D₁², T = O₂ᵀ(D₂² − tr D₂²)O₂, tr the trace over N; two layers of Haar weights W = σw O, Gaussian biases.",
      "The theorem is for Haar weights, an input of fixed norm and the limit of infinite width.",
    ],
  };
}

function slopeRow(
  name: string,
  { value, se }: { readonly value: number; readonly se: number },
  note?: string,
): NumberRow {
  const finite = finiteOrNull(value);
  return {
    name,
    value: finite,
    ...(finite === null ? { status: "undefined" } : { se }),
    kind: "measured",
    ...(note === undefined ? {} : { note }),
  };
}

/** rms of every word by width, on logarithmic axes, with 1/N through the first. */
export function momentFigure({ moments, control }: FreenessReport): LineFigure {
  const dots = (
    list: FreenessReport["moments"],
    word: string,
    name: string,
    role: Series["role"],
  ): Series => ({
    name,
    role,
    form: "dots",
    points: list.filter((moment) => moment.word === word).map(({ N, rms }) => point(N, rms)),
  });
  const first = moments.find(({ word }) => word === freenessWords[0])!;
  const widths = [...new Set(moments.map(({ N }) => N))];
  const line = widths.map((N) => point(N, (first.rms * first.N) / N));
  return lineFigure({
    id: "freeness-moments",
    title: "Mixed moments by width",
    caption:
      "Root mean square over networks. Of free factors they vanish as 1/N; in the control, with the identity for the orthogonal matrix, they stay.",
    x: { label: "width N", scale: "log", integer: true, domain: [widths[0]! / 1.15, 1.15 * widths.at(-1)!] },
    y: { label: "rms of the moment", scale: "log" },
    series: [
      { name: "1/N", role: "theory", form: "line", points: line },
      ...freenessWords.map((word) => dots(moments, word, word, "measured")),
      dots(control.moments, freenessWords[0], `control, ${freenessWords[0]}`, "before"),
      dots(control.moments, freenessWords[1], `control, ${freenessWords[1]}`, "before"),
    ],
  });
}
