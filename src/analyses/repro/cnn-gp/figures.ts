/** @file The figures of the paper's claims. */
import { type Figure, lineFigure, point } from "../../figure.ts";
import type { ErrorsOfRows } from "./errors.ts";

/** Errors by training rows beside those of the independent computation. */
export function learningCurve(
  name: string,
  found: readonly ErrorsOfRows[],
  independent: Readonly<Record<number, number>>,
): Figure {
  const { total } = found[0]!.errors;
  const rates = Object.entries(independent).map(([rows, errors]) => point(Number(rows), errors / total));
  return lineFigure({
    id: `cnn-gp-${name.toLowerCase().replaceAll(" ", "-")}`,
    title: `${name}: errors by training rows`,
    caption: `Share of the first ${total} test images of MNIST, with 95 % intervals (Wilson); the line joins the errors of an independent computation.`,
    x: { label: "training rows", scale: "log" },
    y: { label: "test error", scale: "log" },
    series: [
      {
        name: "Fathom",
        role: "measured",
        form: "dots",
        points: found.map(({ rows, errors }) =>
          point(rows, errors.value, { lo: errors.ci[0], hi: errors.ci[1] }),
        ),
      },
      { name: "independent", role: "neutral", form: "line", points: rates },
    ],
  });
}
