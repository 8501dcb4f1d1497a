/** @file Pictures of separation: correlations by depth, theory beside measured. */
import type { CorrelationMeasurement } from "../../probes/index.ts";
import type { PairLayer } from "../../theory/index.ts";
import { estimatePoint, type Figure, lineFigure, point, type Rule, type Series } from "../figure.ts";
import type { SeparationPrediction } from "./predict.ts";

export function separationFigures(
  { within, between, lostAfter }: SeparationPrediction,
  { layers }: CorrelationMeasurement,
): Figure[] {
  const theory = (name: string, role: Series["role"], pairs: readonly PairLayer[]): Series => ({
    name,
    role,
    form: "line",
    points: pairs.map(({ index, c }) => point(index, c)),
  });
  const dots = (name: string, role: Series["role"], kind: "within" | "between"): Series => ({
    name,
    role,
    form: "dots",
    points: layers.map((layer) => estimatePoint(layer.index, layer[kind].mean)),
  });
  const shown = [
    theory("one class, theory", "theory", within),
    theory("two classes, theory", "theory", between),
  ].filter(({ points }) => points.length > 1);
  const rules: Rule[] =
    lostAfter === undefined ? [] : [{ along: "x", at: lostAfter, label: "theory: classes lost" }];
  return [
    lineFigure({
      id: "separation-correlations",
      title: "Correlation of two inputs by depth",
      caption: `Mean correlation of preactivations over pairs of one class and of two classes. ${shown.length > 0 ? "Lines: theory from the data's mean pair. " : ""}Dots: finite networks, with 95 % intervals over seeds.`,
      x: { label: "layer", integer: true },
      y: { label: "correlation" },
      series: [
        ...shown,
        dots("one class, measured", "measured", "within"),
        dots("two classes, measured", "measured", "between"),
      ],
      rules,
    }),
  ];
}
