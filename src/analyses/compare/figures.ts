/** @file Pictures of a comparison: learning curves of all networks in one figure, and where the targets lie among eigenvectors. */
import { estimatePoint, type Figure, lineFigure, point, type Role, type Series } from "../figure.ts";
import { pointEstimate, type Ranked } from "./ranking.ts";

/** Colours that part the networks of one figure; symbols differ too. */
const colours: readonly Role[] = ["theory", "measured", "after", "before", "neutral", "bound"];

/** The networks that a figure shows: as many as there are colours. */
export function shown(ranked: readonly Ranked[]): readonly Ranked[] {
  return ranked.slice(0, colours.length);
}

export function figuresOf(ranked: readonly Ranked[]): Figure[] {
  const nets = shown(ranked);
  const rest =
    nets.length < ranked.length ? ` The ${nets.length} networks with the highest evidence are shown.` : "";
  return [learningCurves(nets, rest), missingPower(nets, rest)];
}

function learningCurves(nets: readonly Ranked[], rest: string): Figure {
  return lineFigure({
    id: "compare-learning-curves",
    title: "Learning curves",
    caption: `Mean squared error a class target (+1 and −1) on items not trained on. Lines: predicted from the kernel's eigenvectors. Dots: measured on test items, with 95 % intervals over random training subsets (over test items for the whole set).${rest}`,
    x: { label: "training items", scale: "log" },
    y: { label: "mean squared error", scale: "log" },
    series: nets.flatMap(({ name, predicted, measured }, i): Series[] => [
      {
        name,
        role: colours[i]!,
        form: "line",
        points: predicted.map(({ n, error }) => point(n, error)),
      },
      {
        name: `${name}, measured`,
        role: colours[i]!,
        form: "dots",
        points: measured.map((at) => estimatePoint(at.n, pointEstimate(at, "squared"))),
      },
    ]),
  });
}

function missingPower(nets: readonly Ranked[], rest: string): Figure {
  return lineFigure({
    id: "compare-power",
    title: "Targets outside of the strongest eigenvectors",
    caption: `Share of the targets' mean square that the kernel's k strongest eigenvectors leave out: the lower, the fewer items are needed.${rest}`,
    x: { label: "eigenvectors k", scale: "log", integer: true },
    y: { label: "share left out", scale: "log" },
    series: nets.map(({ name, power }, i) => ({
      name,
      role: colours[i]!,
      form: "line",
      points: power.slice(0, -1).map(([k, share]) => point(k, 1 - share)),
    })),
  });
}
