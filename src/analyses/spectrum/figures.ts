/** @file Pictures of a spectrum: the density of the singular values, and of the eigenvalues over orders of magnitude. */
import { type Axis, type LineFigure, lineFigure, point, type Rule } from "../figure.ts";
import { percent, significant } from "../words.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** Both figures of a prediction; empty where the spectrum is made of atoms alone. */
export function spectrumFigures(predicted: SpectrumPrediction): LineFigure[] {
  if (predicted.singular.s.length === 0) return [];
  return [singularFigure(predicted), eigenvalueFigure(predicted)];
}

/** A density that rises further than this above its middle is drawn on a logarithmic axis. */
const STEEP = 30;

function singularFigure({ spectrum, singular, isometry }: SpectrumPrediction): LineFigure {
  const { s, rho } = singular;
  const middle = rho[rho.length >> 1]!;
  const steep = Math.max(...rho) > STEEP * middle;
  const atoms = spectrum.atoms.map(({ at, mass }) => ({ at: Math.sqrt(at), mass }));
  const places = [s[0]!, s.at(-1)!, isometry.sMax ?? s[0]!, ...atoms.map(({ at }) => at)];
  return lineFigure({
    id: "spectrum-singular",
    title: "Singular values of the Jacobian",
    caption: `Density 2 s ρ(s²) in the limit of infinite width. A network that passes all directions alike has them all at 1.${atomsText(spectrum.atoms)}`,
    x: { label: "singular value s", domain: singularDomain(places) },
    y: densityAxis("density of s", steep),
    series: [
      {
        name: "theory, infinite width",
        role: "theory",
        form: "line",
        points: s.map((value, i) => point(value, rho[i]!)),
      },
    ],
    rules: [...edgeRule(isometry.sMax, atoms), ...atomRules(atoms)],
  });
}

/** From 0, or around a spectrum that lies far from it. */
function singularDomain(places: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...places), Math.max(...places)];
  if (least < most / 2) return [0, 1.05 * most];
  const room = 0.05 * (most - least);
  return [least - room, most + room];
}

function densityAxis(label: string, steep: boolean): Axis {
  return steep ? { label, scale: "log" } : { label };
}

/** Spectra within this factor are drawn on a linear axis, where a logarithmic one has too few ticks to read. */
export const NARROW = 5;

/** Over ln λ, on every scale; of a narrow spectrum over λ itself. */
function eigenvalueFigure({ spectrum, density }: SpectrumPrediction): LineFigure {
  const { lambda, rho } = density;
  const narrow = lambda.at(-1)! < NARROW * lambda[0]!;
  const heights = narrow ? rho : lambda.map((value, i) => value * rho[i]!);
  const highest = heights.reduce((max, value) => Math.max(max, value), 0);
  return lineFigure({
    id: "spectrum-eigenvalues",
    title: "Eigenvalues of J Jᵀ",
    caption: narrow
      ? "Density ρ(λ). λ is the gain of a direction's squared length."
      : "λ ρ(λ), the density of ln λ: equal areas hold equally many eigenvalues, on every scale. λ is the gain of a direction's squared length.",
    x: { label: "eigenvalue λ = s²", ...(narrow ? {} : { scale: "log" }) },
    // Room above for the labels of rules.
    y: { label: narrow ? "density of λ" : "density of ln λ", domain: [0, 1.12 * highest] },
    series: [
      {
        name: "theory, infinite width",
        role: "theory",
        form: "line",
        points: lambda.map((value, i) => point(value, heights[i]!)),
      },
    ],
    rules: [
      ...edgeRule(spectrum.edge, spectrum.atoms),
      ...atomRules(spectrum.atoms.filter(({ at }) => at > 0)),
    ],
  });
}

type Atoms = readonly { readonly at: number; readonly mass: number }[];

function edgeRule(edge: number | null, atoms: Atoms): Rule[] {
  if (edge === null || atoms.some(({ at }) => at === edge)) return [];
  return [{ along: "x", at: edge, label: `edge ${significant(edge)}` }];
}

function atomRules(atoms: Atoms): Rule[] {
  return atoms.map(({ at, mass }) => ({ along: "x", at, label: `${percent(mass)} at ${significant(at)}` }));
}

function atomsText(atoms: Atoms): string {
  const zero = atoms.find(({ at }) => at === 0);
  return zero === undefined ? "" : ` ${percent(zero.mass)} of them are 0.`;
}
