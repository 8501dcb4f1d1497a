/** @file The picture of the baseline: test error by the number of training rows, the trained network among them. */
import { type LineFigure, lineFigure, point, type Series } from "../figure.ts";
import type { Fitted } from "./curve.ts";
import type { BaselineResults } from "./kernel-baseline.ts";

export function curveFigure({ network, linear, trained }: BaselineResults): LineFigure {
  const hasZero = [network, linear ?? []].flat().some(({ errors }) => errors.count === 0);
  const series = [
    ...curve("infinitely wide, untrained", "theory", network),
    ...(linear === undefined ? [] : curve("linear model", "neutral", linear)),
    ...(trained === undefined
      ? []
      : [
          {
            name: "finite, trained as given",
            role: "before" as const,
            form: "dots" as const,
            points: [point(trained.rows, trained.error, { lo: trained.ci[0], hi: trained.ci[1] })],
          },
        ]),
  ];
  return lineFigure({
    id: "kernel-baseline-curve",
    title: "Test error by the number of training rows",
    caption: `Exact predictions of the infinitely wide network${linear === undefined ? "" : " and of a linear model"}, with 95 % intervals over test rows.${trained === undefined ? "" : " The single dot is the finite network after training, at the rows it was trained on."}`,
    x: { label: "training rows", scale: "log" },
    y: { label: "test error", scale: hasZero ? "linear" : "log" },
    series,
  });
}

/** Dots with their intervals, and a line through them. */
function curve(name: string, role: Series["role"], fits: readonly Fitted[]): Series[] {
  const points = fits.map(({ n, errors: { value, ci } }) => point(n, value, { lo: ci[0], hi: ci[1] }));
  const line: Series = { name, role, form: "line", points: points.map(({ x, y }) => point(x, y)) };
  const dots: Series = { name: `${name}, 95 %`, role, form: "band", points };
  return fits.length > 1 ? [dots, line] : [{ ...dots, form: "dots" }];
}
