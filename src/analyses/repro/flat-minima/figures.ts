/** @file The figures of the benchmark: differences by case, λ_max by ρ, and the ways to the solutions that do not win. */
import { estimatePoint, type Figure, lineFigure, point, type Series } from "../../figure.ts";
import { significant } from "../../words.ts";
import { methodName } from "./names.ts";
import { armsOf, type CaseSummary } from "./summary.ts";

/** Points of error less the base optimiser's, one case beside the other. */
export function differencesFigure(summaries: readonly CaseSummary[]): Figure {
  const series = (["swa", "sam", "wasam"] as const).map((method, i): Series => {
    const role = ({ swa: "neutral", sam: "before", wasam: "after" } as const)[method];
    return {
      name: method.toUpperCase(),
      role,
      form: "dots",
      points: summaries.map(({ picked }, at) => {
        const { value, ci } = picked[method].difference!;
        const percent = { value: 100 * value, ci: ci && ([100 * ci[0], 100 * ci[1]] as const) };
        return estimatePoint(at + 1 + (i - 1) / 5, percent);
      }),
    };
  });
  const names = summaries.map(({ one }, at) => `${at + 1} ${one.id}`).join(", ");
  return lineFigure({
    id: "flat-minima-differences",
    title: "Test error less the base optimiser's",
    caption: `Mean over paired seeds with 95 % t-intervals, ρ picked on validation rows. Below 0 is better. Cases: ${names}.`,
    x: { label: "case", integer: true },
    y: { label: "points of test error" },
    series,
    rules: [{ along: "y", at: 0, label: "base optimiser" }],
  });
}

/** λ_max of the last weights and of their average, by ρ. */
export function curvatureFigure(summary: CaseSummary): Figure {
  const { one } = summary;
  const line = (
    name: string,
    role: Series["role"],
    last: "base" | "swa",
    other: "sam" | "wasam",
  ): Series => ({
    name,
    role,
    form: "line",
    points: [...armsOf(summary, last), ...armsOf(summary, other)].map(({ rho, flatness }) =>
      point(rho, flatness?.lambdaMax.value ?? null),
    ),
  });
  return lineFigure({
    id: `flat-minima-curvature-${one.id}`,
    title: `Largest eigenvalue of the Hessian, ${one.id}`,
    caption: `Mean over measured seeds; ρ = 0 is ${methodName("base", one)} and its average. Too large a ρ raises it again.`,
    x: { label: "ρ" },
    y: { label: "λ_max", scale: "log" },
    series: [line("last weights", "before", "base", "sam"), line("average", "after", "swa", "wasam")],
  });
}

/** Loss between the solutions of the base optimiser and of WASAM, in the cases given: one line a measured seed. */
export function pathFigure({ one, outcome }: CaseSummary): Figure {
  const paths = outcome.seeds.flatMap(({ seed, path }) => (path === undefined ? [] : [{ seed, path }]));
  return lineFigure({
    id: `flat-minima-path-${one.id}`,
    title: `From ${methodName("base", one)} to WASAM, ${one.id}`,
    caption: `Training loss on the straight way from the last weights of ${methodName("base", one)} (0) to WASAM's (1), by seed, at the ρ that its validation rows pick (${paths.map(({ path }) => significant(path.rho)).join(", ")}).`,
    x: { label: "t" },
    y: { label: "training loss (nats)", scale: "log" },
    series: paths.map(({ seed, path }) => ({
      name: `seed ${seed}`,
      role: "measured" as const,
      form: "line" as const,
      points: path.t.map((t, i) => point(t, path.loss[i]!)),
    })),
    rules: [
      { along: "x", at: 0, label: methodName("base", one) },
      { along: "x", at: 1, label: "WASAM" },
    ],
  });
}
