/** @file Pictures of a training comparison: error by learning rate, and training loss by step at the chosen rates. */
import { type Figure, lineFigure, point, type Series, type StripGroup, stripFigure } from "../figure.ts";
import { smoothedLoss } from "./compare.ts";
import type { TrainingResults } from "./results.ts";
import type { Tournament } from "./tournament.ts";

export function trainingFigures(results: TrainingResults, label: string): Figure[] {
  return [errorByRate(results, label), lossBySteps(results, label)];
}

function errorByRate({ measured, chance }: TrainingResults, label: string): Figure {
  const { before, after, plan } = measured;
  const runs = [...before.runs, ...(after?.runs ?? [])];
  const rail = runs.some(({ diverged }) => diverged) ? " Runs that diverged stand on the rail above." : "";
  const group = (name: string, role: "before" | "after", race: Tournament): StripGroup => ({
    name,
    role,
    points: race.runs.map(({ learningRate, seed, validationError }) => ({
      x: learningRate,
      y: validationError,
      seed,
    })),
    ...(race.bestRate === undefined ? {} : { best: race.bestRate }),
  });
  return stripFigure({
    id: "training-error-by-rate",
    title: "Held-out error by learning rate",
    caption: `One dot a run, at the step where it left the race: all rates to step ${plan.rungs[0]!.steps}, the best to step ${plan.steps}.${rail}`,
    x: { label: "learning rate", scale: "log" },
    y: { label: "held-out error", domain: [0, 1] },
    groups: [group("as given", "before", before), ...(after ? [group(label, "after", after)] : [])],
    rules: [{ along: "y", at: chance, label: "chance" }],
  });
}

function lossBySteps({ measured }: TrainingResults, label: string): Figure {
  const { before, after } = measured;
  const series = (name: string, role: "before" | "after", race: Tournament): Series => ({
    name,
    role,
    form: "line",
    points: thinned(smoothedLoss(race.finals)).map(([step, loss]) => point(step, loss)),
  });
  return lineFigure({
    id: "training-loss",
    title: "Training loss at the chosen rates",
    caption: "Batch loss, averaged over the seeds and a trailing window of a twentieth of the run.",
    x: { label: "step", integer: true },
    y: { label: "training loss (nats)" },
    series: [series("as given", "before", before), ...(after ? [series(label, "after", after)] : [])],
  });
}

/** At most 200 points of a curve; the first and the last stay. */
function thinned(values: readonly number[]): [number, number][] {
  const stride = Math.max(1, Math.ceil(values.length / 200));
  return values
    .map((value, i): [number, number] => [i + 1, value])
    .filter(([step]) => step === 1 || step === values.length || step % stride === 0);
}
