/** @file The figures of the guide's page on spectra, by the theory alone. */
import { type LineFigure, lineFigure, point, type Role, type Series } from "../../src/analyses/index.ts";
import {
  doubleScalingSpectrum,
  isometryRecipe,
  type JacobianSpectrum,
  scalarActivation,
  uniformSpectrum,
} from "../../src/theory/index.ts";

const activation = scalarActivation("erf");
const POINTS = 400;

/** 2 s ρ(s²) between the ends of the continuous part, close at its edges. */
function singularValues(name: string, role: Role, spectrum: JacobianSpectrum): Series {
  const top = Math.sqrt(spectrum.bulk!.upper);
  const s = Array.from({ length: POINTS }, (_, i) => top * Math.sin((Math.PI / 2) * ((i + 0.5) / POINTS)));
  const rho = spectrum.density(s.map((value) => value * value));
  return { name, role, form: "line", points: s.map((value, i) => point(value, 2 * value * rho[i]!)) };
}

const axes = { x: { label: "singular value s" }, y: { label: "density of s" } } as const;

/** Deeper networks at one q: the spectrum spreads. */
export function spectrumByDepth(): LineFigure {
  const at = (depth: number) => uniformSpectrum({ activation, depth, q: 0.05, weights: "haar" });
  return lineFigure({
    id: "spectrum-depth",
    title: "Singular values at χ_J = 1, erf, q = 0.05, orthogonal weights",
    caption: "The mean square stays 1 at every depth; the variance of the squares grows by 0.014 a layer.",
    ...axes,
    series: [
      singularValues("4 layers", "after", at(4)),
      singularValues("16 layers", "theory", at(16)),
      singularValues("64 layers", "measured", at(64)),
    ],
  });
}

/** Orthogonal against Gaussian weights. */
export function spectrumByWeights(): LineFigure {
  const of = (weights: "haar" | "gaussian") => uniformSpectrum({ activation, depth: 10, q: 0.05, weights });
  return lineFigure({
    id: "spectrum-weights",
    title: "Ten layers of erf at χ_J = 1, q = 0.05",
    caption: "Gaussian weights add 1 to the variance of the squares in every layer, whatever the activation.",
    ...axes,
    y: { ...axes.y, domain: [0, 2] },
    series: [
      singularValues("orthogonal weights", "after", of("haar")),
      singularValues("Gaussian weights", "before", of("gaussian")),
    ],
  });
}

/** The recipe of isometry at growing depth, and its limit. */
export function isometryLimit(): LineFigure {
  const at = (depth: number) =>
    uniformSpectrum({ activation, depth, q: isometryRecipe({ activation, depth })!.q, weights: "haar" });
  return lineFigure({
    id: "isometry-limit",
    title: "Singular values under the recipe, σ0² = 0.25",
    caption:
      "erf with q chosen for each depth: the spectrum no longer depends on depth, and tends to the double-scaling limit.",
    ...axes,
    series: [
      singularValues("10 layers", "after", at(10)),
      singularValues("1000 layers", "theory", at(1000)),
      singularValues("limit", "bound", doubleScalingSpectrum({ class: "smooth", sigma2: 0.25 })),
    ],
  });
}
