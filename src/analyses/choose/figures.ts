/** @file The pictures of a choice: errors of the methods, differences beside the plain optimiser, error by flatness. */
import { estimatePoint, type Figure, lineFigure, point, type StripGroup, stripFigure } from "../figure.ts";
import type { Choice } from "./judge.ts";
import type { CandidateResult } from "./race.ts";
import { nameOf } from "./words.ts";

export function choiceFigures(choice: Choice, results: readonly CandidateResult[]): Figure[] {
  return [differences(choice), rates(results), flatness(choice)];
}

function differences({ methods, plain }: Choice): Figure {
  const others = methods.filter(({ difference }) => difference !== undefined);
  return lineFigure({
    id: "choose-differences",
    title: "Test error beside the plain optimiser",
    caption: `Mean over paired seeds with 95 % t-intervals, at equal gradient evaluations. Below 0 is better${plain ? ` than ${nameOf(plain)}` : ""}. ${others.map((one, i) => `${i + 1} ${nameOf(one)}`).join("; ")}.`,
    x: { label: "method, by validation error", integer: true },
    y: { label: "points of test error" },
    series: [
      {
        name: "difference",
        role: "measured",
        form: "dots",
        points: others.map(({ difference }, i) => {
          const { value, ci } = difference!;
          return estimatePoint(i + 1, { value: 100 * value, ci: ci && [100 * ci[0], 100 * ci[1]] });
        }),
      },
    ],
    rules: [{ along: "y", at: 0, label: plain === undefined ? "" : nameOf(plain) }],
  });
}

function rates(results: readonly CandidateResult[]): Figure {
  const groups = results.map(
    ({ candidate, runs, bestRate }): StripGroup => ({
      name: nameOf({ ...candidate, method: candidate.rho === 0 ? "base" : "sam" }),
      role: candidate.rho === 0 ? "before" : "after",
      points: runs.map(({ learningRate, seed, validationError }) => ({
        x: learningRate,
        y: validationError,
        seed,
      })),
      ...(bestRate === null ? {} : { best: bestRate }),
    }),
  );
  return stripFigure({
    id: "choose-rates",
    title: "Validation error by learning rate",
    caption: "One dot a run where it left the race; all candidates take as many gradients.",
    x: { label: "learning rate", scale: "log" },
    y: { label: "validation error" },
    groups,
  });
}

function flatness({ all }: Choice): Figure {
  const of = (methods: readonly string[]) =>
    all
      .filter(({ method, around }) => methods.includes(method) && around !== undefined)
      .map(({ around, error }) => point(around!.lambdaMax, error.value));
  return lineFigure({
    id: "choose-flatness",
    title: "Test error by curvature",
    caption: "A dot for every method at every ρ: is it the flatter solutions that err less?",
    x: { label: "λ_max", scale: "log" },
    y: { label: "test error" },
    series: [
      { name: "without SAM", role: "before", form: "dots", points: of(["base", "swa"]) },
      { name: "with SAM", role: "after", form: "dots", points: of(["sam", "wasam"]) },
    ],
  });
}
