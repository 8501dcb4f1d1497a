/** @file The picture of a comparison: learning curves of all networks in one figure. */
import { distinctRoles, estimatePoint, type Figure, lineFigure, point, type Series } from "../figure.ts";
import { pointEstimate, type Ranked } from "./ranking.ts";

/** The networks that a figure shows: as many as there are colours. */
export function shown(ranked: readonly Ranked[]): readonly Ranked[] {
  return ranked.slice(0, distinctRoles.length);
}

export function figuresOf(ranked: readonly Ranked[]): Figure[] {
  const nets = shown(ranked);
  const rest =
    nets.length < ranked.length ? ` The ${nets.length} networks with the highest evidence are shown.` : "";
  return [learningCurves(nets, rest)];
}

function learningCurves(nets: readonly Ranked[], rest: string): Figure {
  return lineFigure({
    id: "compare-learning-curves",
    title: "Learning curves",
    caption: `Mean squared error a class target (+1 and −1) on items not trained on. Lines: predicted from the kernel's eigenvectors. Dots: measured on test items, with 95 % intervals over random training subsets (over test items for the whole set).${rest}`,
    x: { label: "training items", scale: "log", domain: rangeOf(nets[0]!) },
    y: { label: "mean squared error", scale: "log" },
    series: nets.flatMap(({ name, predicted, measured }, i): Series[] => [
      {
        name,
        role: distinctRoles[i]!,
        form: "line",
        points: predicted.map(({ n, error }) => point(n, error)),
      },
      {
        name: `${name}, measured`,
        role: distinctRoles[i]!,
        form: "dots",
        points: measured.map((at) => estimatePoint(at.n, pointEstimate(at, "squared"))),
      },
    ]),
  });
}

/** All sizes, with room for symbols that stand beside each other. */
function rangeOf({ predicted }: Ranked): [number, number] {
  return [predicted[0]!.n / 1.05, predicted.at(-1)!.n * 1.2];
}
