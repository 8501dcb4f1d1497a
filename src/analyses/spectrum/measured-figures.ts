/** @file Pictures of measured spectra: histograms over the predicted density, and both distribution functions. */
import type { EigenvalueLaw, SpectrumMeasurement } from "../../probes/index.ts";
import { type Axis, type LineFigure, lineFigure, type Point, point, type Series } from "../figure.ts";
import { counted } from "../words.ts";
import { NARROW } from "./figures.ts";
import type { MeasuredSpectrum } from "./measure.ts";
import type { SpectrumPrediction } from "./theory.ts";

const BINS = 40;
/** Values this close to an atom, relative, are its own: a histogram shows what is beside atoms. */
const AT_ATOM = 1e-6;

/** Figures of the prediction with what was measured drawn over them, and the distribution functions. */
export function withMeasured(
  figures: readonly LineFigure[],
  measured: MeasuredSpectrum,
  predicted: SpectrumPrediction | undefined,
): LineFigure[] {
  const { measurement, law } = measured;
  const living = measurement.samples.filter(({ status }) => status === undefined);
  if (living.length === 0) return [...figures];
  const values = eigenvalues(
    measurement,
    atoms(predicted).length > 0 ? undefined : (predicted?.spectrum.mean ?? 1),
  );
  const name = `measured, ${counted(living.length, "network")} of width ${measured.width}`;
  const free = values.filter((value) => !atoms(predicted).some((at) => Math.abs(value - at) <= AT_ATOM * at));
  const scaled = atoms(predicted).length > 0 ? "without what sits at atoms" : "scaled to theory's mean";
  const overlaid = figures.map((figure) => {
    const steps = histogramFor(figure, free, values.length, name);
    return {
      ...figure,
      caption: `${figure.caption} Steps: sampled networks, ${scaled}.`,
      y: holding(figure.y, steps.points),
      series: [steps, ...figure.series],
    };
  });
  const alone = figures.length === 0 && predicted === undefined ? [histogramAlone(values, name)] : [];
  return [...overlaid, ...alone, distributionFigure(values, name, law)];
}

/** Room above the highest point, for the labels of rules. */
const HEADROOM = 1.12;

/** An axis whose shown range, where it is given, ends above all points. */
function holding(axis: Axis, points: readonly Point[]): Axis {
  if (axis.domain === undefined) return axis;
  const [from, to] = axis.domain;
  return { ...axis, domain: [from, Math.max(to, ...points.map(({ y }) => HEADROOM * (y ?? 0)))] };
}

function atoms(predicted: SpectrumPrediction | undefined): number[] {
  return (predicted?.spectrum.atoms ?? []).map(({ at }) => at).filter((at) => at > 0);
}

/** All eigenvalues of J Jᵀ, ascending: scaled to a mean, or (undefined) as they are, where atoms have their places. */
function eigenvalues({ samples, shape }: SpectrumMeasurement, mean: number | undefined): number[] {
  return samples
    .flatMap(({ singularValues, lnScale }) => {
      const factor = mean === undefined ? Math.exp(2 * lnScale) : (mean * shape[0]) / Math.min(...shape);
      const least = Number.EPSILON * singularValues.length * (singularValues[0] ?? 0);
      return Array.from(singularValues, (s) => (s > least ? factor * s * s : 0));
    })
    .sort((a, b) => a - b);
}

/** The histogram in the variable of a figure: s = sqrt(λ), ln λ, or λ. */
function histogramFor(figure: LineFigure, values: readonly number[], all: number, name: string): Series {
  const logarithmic = figure.x.scale === "log";
  const isSingular = figure.id === "spectrum-singular";
  const linear = isSingular ? Math.sqrt : (value: number) => value;
  const of = logarithmic ? Math.log : linear;
  const shown = figure.series.flatMap(({ points }) => points.map(({ x }) => (logarithmic ? Math.log(x) : x)));
  const living = values.filter((value) => value > 0).map(of);
  // The tail of eigenvalues may have no end; singular values all belong to the picture.
  const from = Math.min(...shown, ...(isSingular ? living.slice(0, 1) : []));
  const to = Math.max(...shown, living.at(-1) ?? 0);
  const even = histogram(living, { from, to, all });
  const points = figure.y.scale === "log" ? withoutGaps(even) : even;
  return {
    name,
    role: "measured",
    form: "step",
    points: logarithmic ? points.map(({ x, y }) => point(Math.exp(x), y)) : points,
  };
}

/** Density in bins, as the left ends of a staircase. */
function histogram(
  values: readonly number[],
  { from, to, all }: { readonly from: number; readonly to: number; readonly all: number },
): Point[] {
  const step = (to - from) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - from) / step));
    if (bin >= 0) counts[bin]!++;
  }
  const points = counts.map((count, bin) => point(from + bin * step, count / (all * step)));
  return [...points, point(to, counts.at(-1)! / (all * step))];
}

/** Bins without values joined to the next one that has some: a logarithmic axis has no place for 0. */
function withoutGaps(points: readonly Point[]): Point[] {
  const joined: Point[] = [];
  let from = points[0]!.x;
  for (let bin = 0; bin < points.length - 1; bin++) {
    const [{ x, y }, { x: to }] = [points[bin]!, points[bin + 1]!];
    if (!y) continue;
    joined.push(point(from, (y * (to - x)) / (to - from)));
    from = to;
  }
  return [...joined, point(from, joined.at(-1)?.y ?? 0)];
}

function histogramAlone(values: readonly number[], name: string): LineFigure {
  const singular = values.map(Math.sqrt);
  return lineFigure({
    id: "spectrum-singular",
    title: "Singular values of the Jacobian",
    caption: "Density of the singular values of sampled networks, in units of their root mean square.",
    x: { label: "singular value s, rms 1", domain: [0, 1.05 * singular.at(-1)!] },
    y: { label: "density of s" },
    series: [
      {
        name,
        role: "measured",
        form: "step",
        points: histogram(singular, { from: 0, to: singular.at(-1)!, all: singular.length }),
      },
    ],
  });
}

/** Of the eigenvalues above 0, this share is left out at the left end. */
const LEFT_OUT = 0.005;
function distributionFigure(
  values: readonly number[],
  name: string,
  law: EigenvalueLaw | undefined,
): LineFigure {
  const living = values.filter((value) => value > 0);
  const least = living[Math.floor(LEFT_OUT * living.length)]!;
  const measured = values
    .map((value, i) => point(value, (i + 1) / values.length))
    .filter(({ x }) => x >= least);
  const theory: Point[] = Array.from(law?.lambda ?? [], (at, i) => point(at, law!.F[i]!)).filter(
    ({ x }) => x >= least,
  );
  return lineFigure({
    id: "spectrum-distribution",
    title: "Share of eigenvalues below λ",
    caption:
      law === undefined
        ? "Distribution of the eigenvalues of J Jᵀ of sampled networks, in units of their mean."
        : "Distribution of the eigenvalues of J Jᵀ: the Kolmogorov distance is the largest gap between the curves.",
    x: values.at(-1)! > NARROW * least ? { label: "eigenvalue λ", scale: "log" } : { label: "eigenvalue λ" },
    y: { label: "share below λ", domain: [0, 1] },
    series: [
      ...(theory.length === 0
        ? []
        : [{ name: "theory, infinite width", role: "theory", form: "line", points: theory } as const]),
      { name, role: "measured", form: "step", points: measured },
    ],
  });
}
