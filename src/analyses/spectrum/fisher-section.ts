/** @file The Fisher spectrum in sentences, numbers and pictures. */
import { scalarHalf } from "../../net/index.ts";
import { derivativeMoment } from "../../theory/index.ts";
import type { Finding, NumberRow, ReportSection } from "../document.ts";
import { estimatePoint, type LineFigure, lineFigure, type Point, point, type Series } from "../figure.ts";
import { counted, significant } from "../words.ts";
import {
  type FisherMeasured,
  type FisherPrediction,
  fisherRate,
  fisherRateInBrief,
  fisherRateText,
} from "./fisher.ts";

/** Title, question and source. */
const record = {
  id: "fisher",
  title: "Spectrum of the Fisher",
  question: "How sharp is the loss at initialisation, and which learning rate does the depth allow?",
  source: "Hayase and Karakida, arXiv 2006.07814",
} as const;

/** The section of a report. */
export function fisherSection(predicted: FisherPrediction, measured?: FisherMeasured): ReportSection {
  return {
    ...record,
    findings: fisherFindings(predicted, measured),
    figures: [
      depthFigure(predicted, measured),
      ...(predicted.law.density.length === 0 ? [] : [densityFigure(predicted, measured)]),
    ],
    numbers: fisherNumbers(predicted, measured),
    notes: [
      "H = Σ q̂ J Jᵀ of the weights of square layers, per unit of width; its nonzero eigenvalues are those of the conditional Fisher over N. Bias gradients, which add 1/N to q̂, are left out.",
      `Learning rates are for ${fisherRateText}.`,
    ],
  };
}

/** How far the largest eigenvalue may lie from the edge: finite width pulls that of Gaussian weights in. */
const ALLOWED = { haar: 0.15, gaussian: 0.25 } as const;

/** λ_max/m1 below this at depth L: the spectrum sits near its maximum. */
const NEAR = 1.5;

function fisherFindings(predicted: FisherPrediction, measured?: FisherMeasured): Finding[] {
  const { depth, edges, moments } = predicted;
  const [top, mean] = [edges.at(-1)!, moments.at(-1)!.m1];
  const near = top / mean < NEAR;
  const spread = `relative spread ${significant(moments.at(-1)!.relativeStd, 2)}`;
  return [
    {
      text: `Fisher: learning rates up to ${significant(fisherRate(predicted))} are stable at this depth (${fisherRateInBrief}).`,
      tone: "good",
    },
    {
      text: near
        ? `All directions learn alike: at ${depth} layers the Fisher's eigenvalues lie near their mean ${significant(mean)}, up to ${significant(top)} (${spread}).`
        : `Few directions learn fastest: at ${depth} layers the Fisher's largest eigenvalue is ${significant(top)}, ${significant(top / mean, 2)} times the mean (${spread}).`,
      tone: near ? "good" : "neutral",
    },
    ...growthFinding(predicted),
    ...measuredFinding(predicted, measured),
  ];
}

/** A power of depth that is within this of 0 or 1 counts as it. */
const SAME_POWER = 0.1;

/** The power of depth by which λ_max goes over the second half of the layers. */
function growthFinding(predicted: FisherPrediction): Finding[] {
  const { edges, depth } = predicted;
  const half = Math.floor(depth / 2);
  if (depth < 4) return [];
  const power = Math.log(edges.at(-1)! / edges[half - 1]!) / Math.log(depth / half);
  if (!Number.isFinite(power)) return [];
  return [{ text: `The Fisher's largest eigenvalue ${growthText(power, predicted)}.`, tone: "neutral" }];
}

function growthText(power: number, predicted: FisherPrediction): string {
  const law = `as L^${significant(power, 2)} here`;
  if (power < -SAME_POWER) return `falls ${law}: the signal or the Jacobian decays with depth`;
  if (power < SAME_POWER) return "hardly changes with depth here: the signal or the Jacobian decays";
  if (power < 1 - SAME_POWER)
    return `grows ${law}, slower than L: the signal or the Jacobian decays with depth`;
  if (power <= 1 + SAME_POWER) return "grows in proportion to depth, so the learning rate must fall as 1/L";
  return `grows ${law}, faster than L: ${mend(predicted)} would bring it to L`;
}

/** χ_J beyond this multiplies λ_max along with depth, whatever q is. */
const CRITICAL = 1.02;

/** What brings λ_max to grow as L: near isometry. Of a homogeneous φ the spread of φ' does not depend on q. */
function mend({ weights, subject }: FisherPrediction): string {
  const activation = scalarHalf(subject.activation);
  const chiJ = subject.sw2 * derivativeMoment(activation, subject.moments.at(-1)!);
  const signal = activation.homogeneous ? "a smooth odd activation at small q" : "a smaller q";
  const all = [
    ...(weights === "haar" ? [] : ["orthogonal weights"]),
    ...(chiJ < CRITICAL ? [] : ["σw² of χ_J = 1"]),
    signal,
  ];
  return all.join(all.length > 2 ? ", " : " and ");
}

function measuredFinding({ edges, depth, weights }: FisherPrediction, measured?: FisherMeasured): Finding[] {
  const last = measured?.byDepth.at(-1);
  if (measured === undefined || last === undefined) return [];
  const theory = edges[last.depth - 1]!;
  const { value, se } = last.lambdaMax;
  const error = se === undefined ? "" : ` ± ${significant(se, 1)}`;
  const distance = Number.isFinite(measured.ks) ? `, Kolmogorov distance ${significant(measured.ks, 2)}` : "";
  const fine = Math.abs(value / theory - 1) < ALLOWED[weights];
  const where = last.depth === depth ? "" : ` at ${last.depth} layers`;
  return [
    {
      text: `Fisher of ${counted(measured.seeds, "network")} of width ${measured.width}${where}: largest eigenvalue ${significant(value)}${error} beside ${significant(theory)}${distance}.`,
      tone: fine ? "good" : "warn",
    },
  ];
}

function fisherNumbers(predicted: FisherPrediction, measured?: FisherMeasured): NumberRow[] {
  const last = predicted.moments.at(-1)!;
  const theory = (name: string, value: number, note?: string): NumberRow => ({
    name,
    value: Number.isFinite(value) ? value : null,
    ...(Number.isFinite(value) ? {} : { status: "infinite" }),
    kind: "theory",
    ...(note === undefined ? {} : { note }),
  });
  const sampled = measured?.byDepth.at(-1);
  const row = (name: string, { value, se, n }: { value: number; se?: number; n?: number }): NumberRow => ({
    name: `${name}, ${sampled!.depth} layers`,
    value,
    ...(se === undefined ? {} : { se }),
    ...(n === undefined ? {} : { n }),
    kind: "measured",
  });
  return [
    theory("mean eigenvalue m1", last.m1, "exact"),
    theory("mean square eigenvalue m2", last.m2, "exact"),
    theory("largest eigenvalue", predicted.edges.at(-1)!, "exact upper edge"),
    theory("largest stable learning rate", fisherRate(predicted), "2/λ_max"),
    ...(sampled === undefined
      ? []
      : [row("m1", sampled.m1), row("m2", sampled.m2), row("largest eigenvalue", sampled.lambdaMax)]),
  ];
}

function depthFigure({ edges, moments }: FisherPrediction, measured?: FisherMeasured): LineFigure {
  const series: Series[] = [
    {
      name: "largest eigenvalue, theory",
      role: "theory",
      form: "line",
      points: edges.map((edge, l) => point(l + 1, edge)),
    },
    {
      name: "mean, theory",
      role: "neutral",
      form: "line",
      points: moments.map(({ depth, m1 }) => point(depth, m1)),
    },
  ];
  if (measured !== undefined) {
    series.push({
      name: `largest, ${counted(measured.seeds, "network")} of width ${measured.width}`,
      role: "measured",
      form: "dots",
      points: measured.byDepth.map(({ depth, lambdaMax }) => estimatePoint(depth, lambdaMax)),
    });
  }
  return lineFigure({
    id: "fisher-depth",
    title: "Largest eigenvalue of the Fisher by depth",
    caption: `Eigenvalues of the dual Fisher H, per unit of width. Where the largest grows as depth, the learning rate must fall as 1/L.${measured === undefined ? "" : " Dots: sampled networks with 95 % intervals."}`,
    x: { label: "layers L", integer: true },
    y: { label: "eigenvalue of H" },
    series,
  });
}

const BINS = 40;
/** The least quantiles stand apart, and a density of quantiles shows each: it is drawn from this share on. */
const LEFT_OUT = 0.02;

function densityFigure({ law, depth, edges }: FisherPrediction, measured?: FisherMeasured): LineFigure {
  const from = leftEnd(law.quantiles);
  const to = edges.at(-1)!;
  const shown = law.density.filter(({ x }) => x >= from && x <= to);
  const series: Series[] = [];
  const samples = measured?.last ?? [];
  if (samples.length > 0 && samples[0]!.depth === depth) {
    const values = samples.flatMap(({ eigenvalues }) => Array.from(eigenvalues));
    series.push({
      name: `measured, ${counted(samples.length, "network")} of width ${measured!.width}`,
      role: "measured",
      form: "step",
      points: histogram(values),
    });
  }
  series.push({
    name: "theory, infinite width",
    role: "theory",
    form: "line",
    points: shown.map(({ x, rho }) => point(x, rho)),
  });
  const steep = Math.max(...shown.map(({ rho }) => rho)) > 30 * shown[shown.length >> 1]!.rho;
  return lineFigure({
    id: "fisher-density",
    title: `Eigenvalues of the Fisher at ${depth} layers`,
    caption:
      "Density of the eigenvalues of the dual Fisher, per unit of width, by free probability, from its 2 % quantile on; the line at the right is the exact edge.",
    x: { label: "eigenvalue of H" },
    y: steep ? { label: "density", scale: "log" } : { label: "density" },
    series,
    rules: [{ along: "x", at: edges.at(-1)!, label: `edge ${significant(edges.at(-1)!)}` }],
  });
}

/** The 2 % quantile; where an atom holds it, as far above the atom. */
function leftEnd(quantiles: Float64Array): number {
  const share = Math.round(LEFT_OUT * quantiles.length);
  const atom = quantiles[share]!;
  const above = quantiles.findIndex((value) => value > atom * (1 + 1e-9));
  if (above < 0) return atom;
  return quantiles[above > share + 1 ? Math.min(quantiles.length - 1, above + share) : share]!;
}

function histogram(values: readonly number[]): Point[] {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const step = (to - from) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - from) / step))]!++;
  const density = counts.map((count) => count / (values.length * step));
  return [...density.map((rho, bin) => point(from + bin * step, rho)), point(to, density.at(-1)!)];
}
