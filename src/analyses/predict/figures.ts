/** @file Pictures of a prediction: which classes are taken for which, how certainty tells errors, probability against frequency, and the learning curve. */
import { type Figure, heatFigure, lineFigure, point } from "../figure.ts";
import { wilsonShare } from "../wilson.ts";
import { reliabilityFigure, reliabilityOf } from "./reliability.ts";
import type { Result } from "./result.ts";

export function figuresOf(result: Result): Figure[] {
  const { curve, scores } = result;
  const bins = reliabilityOf(result);
  return [
    ...(curve.length === 0 ? [] : [learningCurve(result)]),
    ...(scores.errors.total < 2 ? [] : [certainty(result)]),
    ...(bins.length === 0 ? [] : [reliabilityFigure(bins)]),
    ...(result.setting.classes > 50 ? [] : [confusion(result)]),
  ];
}

function learningCurve({ curve, scores, setting }: Result): Figure {
  const points = [...curve, scores].map(({ errors: { count, value, ci } }, i) =>
    point(setting.sizes[i]!, count === 0 ? null : value, { lo: count === 0 ? null : ci[0], hi: ci[1] }),
  );
  return lineFigure({
    id: "predict-curve",
    title: "Learning curve",
    caption:
      "Test error by the number of training items, the first ones of the range; bars are 95 % intervals (Wilson).",
    x: { label: "training items", scale: "log" },
    y: { label: "test error", scale: "log" },
    series: [
      { name: "test error", role: "measured", form: "dots", points },
      {
        name: "from size to size",
        role: "neutral",
        form: "line",
        points: points.map(({ x, y }) => point(x, y)),
      },
    ],
  });
}

/** Points along the curve of certainty. */
const steps = 50;

/** The error among the items that are kept when the least certain ones are left to somebody else. */
function certainty({ scores, setting }: Result): Figure {
  const { margin, predicted } = scores;
  const total = predicted.data.length;
  const order = Array.from(margin.data.keys()).sort((a, b) => margin.data[b]! - margin.data[a]!);
  let errors = 0;
  const sums = order.map((i) => {
    if (predicted.data[i] !== setting.test.labels.data[i]) errors++;
    return errors;
  });
  const kept = [...new Set(Array.from({ length: steps }, (_, i) => Math.ceil(((i + 1) * total) / steps)))];
  // Among few items the interval is wide and says nothing.
  const points = kept
    .filter((n) => n >= Math.min(20, total))
    .map((n) => {
      const { value, ci } = wilsonShare(sums[n - 1]!, n);
      return point(n / total, value, { lo: ci[0], hi: ci[1] });
    });
  return lineFigure({
    id: "predict-certainty",
    title: "Error among the most certain",
    caption:
      "Items in the order of the gap between the largest and the second largest mean: the error among the most certain share of them. Where it stays at 0, the gap tells which predictions to trust.",
    x: { label: "share of test items kept", domain: [0, 1] },
    y: { label: "error among them" },
    series: [
      { name: "95 % interval", role: "measured", form: "band", points },
      { name: "error", role: "measured", form: "line", points: points.map(({ x, y }) => point(x, y)) },
    ],
  });
}

function confusion({ scores, setting }: Result): Figure {
  const classes = Array.from({ length: setting.classes }, (_, c) => c);
  return heatFigure({
    id: "predict-confusion",
    title: "Which classes are taken for which",
    caption: `Test items by class (rows) and prediction (columns), as a share of their class; the diagonal, what is right, is left out.`,
    x: { label: "predicted class" },
    y: { label: "class" },
    xs: classes,
    ys: classes,
    z: scores.confusion.map((row, label) => {
      const total = row.reduce((sum, n) => sum + n, 0);
      return row.map((n, c) => (c === label || total === 0 ? null : n / total));
    }),
    zLabel: "share of the class",
  });
}
