/** @file What is said of loss surfaces, in sentences and tables. */
import type { DataTable, Finding, Verdict } from "../document.ts";
import { percent, significant } from "../words.ts";
import type { Landscape, MeasuredLine, MeasuredSolution, SharpnessData, Value } from "./measured.ts";

/** Measures of flatness by name: smaller is flatter. */
const measures: readonly (readonly [string, (one: MeasuredSolution) => Value | undefined])[] = [
  ["λ_max", ({ eigenvalues }) => eigenvalues?.largest[0]],
  ["trace", ({ trace }) => trace],
  ["worst-case sharpness", ({ sharpness }) => sharpness?.plain.worst],
  ["average sharpness", ({ sharpness }) => sharpness?.plain.average],
  ["adaptive sharpness", ({ sharpness }) => sharpness?.adaptive.worst],
];

/** Part of a value below which two measured ones are as good as equal. */
const tellsApart = 0.02;
/** Standard errors that two sampled ones must be apart. */
const sure = 2;

/** Losses as different as this make a comparison of flatness one of losses (training.md §1.7). */
const otherLoss = 1.5;

export function verdictOf({ solutions, lines }: Landscape): Verdict {
  const [first, second] = solutions;
  const tone = "neutral";
  if (second === undefined) return { sentence: `${first!.name}: ${flatness(first!)}.`, tone };
  const rated = flattestBy(solutions);
  const said = rated.length === 0 ? `${solutions.length} solutions` : ratingText(rated);
  return { sentence: `${said}.${basinText(lines)}`, tone };
}

function basinText(lines: readonly MeasuredLine[]): string {
  const apart = lines.find(isBarrier);
  if (apart) return ` A barrier of ${shown(apart.barrier.value)} parts ${apart.from} from ${apart.to}.`;
  return lines.length > 0 ? " No barrier parts them." : "";
}

/** `a is the flattest by λ_max and trace, b by worst-case sharpness; average sharpness does not part them`. */
function ratingText(rated: readonly Rating[]): string {
  const winners = [...new Set(rated.flatMap(({ winner }) => winner ?? []))];
  const open = rated.filter(({ winner }) => winner === undefined).map(({ measure }) => measure);
  const sides = winners.map((name, i) => {
    const by = rated.filter(({ winner }) => winner === name).map(({ measure }) => measure);
    return `${name} ${i === 0 ? "is the flattest by" : "by"} ${listed(by)}`;
  });
  const rest =
    open.length === 0 ? [] : [`${listed(open)} ${open.length === 1 ? "does" : "do"} not part them`];
  return [...(sides.length > 0 ? [sides.join(", ")] : []), ...rest].join("; ");
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** `λ_max 12.3, trace 45 ± 2, …`, of what was measured. */
function flatness({ loss, eigenvalues, trace, sharpness }: MeasuredSolution): string {
  return [
    `loss ${shown(loss)}`,
    ...(eigenvalues ? [`λ_max ${withError(eigenvalues.largest[0]!)}`] : []),
    ...(trace ? [`trace ${withError(trace)}`] : []),
    ...(sharpness
      ? [
          `the loss rises by ${shown(sharpness.plain.worst.value)} at most within ρ = ${shown(sharpness.plain.rho)}`,
        ]
      : []),
  ].join(", ");
}

/** Which solution a measure says is the flattest; none where the two lowest are too close to tell. */
interface Rating {
  readonly measure: string;
  readonly winner: string | undefined;
}

/** The ratings of all measures that every solution has. */
function flattestBy(solutions: readonly MeasuredSolution[]): Rating[] {
  return measures.flatMap(([measure, of]) => {
    const found = solutions.flatMap((one) => {
      const { value = null, se } = of(one) ?? {};
      return value === null ? [] : [{ name: one.name, value, se: se ?? 0 }];
    });
    if (found.length < solutions.length) return [];
    const [low, next] = found.sort((a, b) => a.value - b.value) as [Found, Found];
    const least = Math.max(sure * Math.hypot(low.se, next.se), tellsApart * Math.abs(next.value));
    return [{ measure, winner: next.value - low.value > least ? low.name : undefined }];
  });
}

interface Found {
  readonly name: string;
  readonly value: number;
  readonly se: number;
}

/** A hill that is more than the precision of the losses. */
function isBarrier({ barrier, loss }: MeasuredLine): boolean {
  const size = Math.max(...loss.map((value) => Math.abs(value ?? 0)));
  return (barrier.value ?? Number.POSITIVE_INFINITY) > Math.max(0.01, 1e-3 * size);
}

export function findingsOf({ solutions, lines }: Landscape): Finding[] {
  return [...solutions.flatMap(ofSolution), ...lossFindings(solutions), ...lines.map(ofLine)];
}

function ofSolution({ name, eigenvalues, sharpness, gradientNorm, norm }: MeasuredSolution): Finding[] {
  const found: Finding[] = [];
  const largest = eigenvalues?.largest[0]?.value ?? null;
  const smallest = eigenvalues?.smallest.value ?? null;
  if (largest !== null && smallest !== null && smallest < -0.05 * largest) {
    found.push({
      tone: "warn",
      text: `${name}: the most negative eigenvalue is ${shown(smallest)} beside ${shown(largest)}: the weights are no minimum of this loss; with ‖g‖ = ${shown(gradientNorm)} training is not at its end, or it minimised another loss (weight decay, augmentation, label smoothing).`,
    });
  }
  const model = sharpness?.plain.model?.value;
  const worst = sharpness?.plain.worst.value;
  if (model != null && worst != null && worst > 0 && (model > 2 * worst || worst > 2 * model)) {
    found.push({
      tone: "neutral",
      text: `${name}: within ρ = ${shown(sharpness!.plain.rho)} (‖w‖ = ${shown(norm)}) the loss is not quadratic: it rises by ${shown(worst)}, where slope and λ_max say ${shown(model)}.`,
    });
  }
  return found;
}

/** Flatness is compared at equal loss: curvature of a network that has memorised its data vanishes with the loss. */
function lossFindings(solutions: readonly MeasuredSolution[]): Finding[] {
  const losses = solutions.flatMap(({ loss }) => (loss === null ? [] : [loss]));
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  if (losses.length < 2 || high <= otherLoss * low) return [];
  return [
    {
      tone: "warn",
      text: `The losses differ (${shown(low)} to ${shown(high)}): curvature vanishes with the loss, so flatness says little of solutions that fit unequally well.`,
    },
  ];
}

function ofLine(line: MeasuredLine): Finding {
  const { from, to, barrier, barrierAt, distance } = line;
  const where = `${from} and ${to} are ${shown(distance)} apart`;
  if (barrier.value === null)
    return { tone: "warn", text: `${where}; on the line between them the loss is not finite.` };
  if (!isBarrier(line))
    return { tone: "neutral", text: `${where}, in one basin: no barrier on the line between them.` };
  return {
    tone: "neutral",
    text: `${where}, in different basins: the loss rises by ${shown(barrier.value)} over its chord, at t = ${shown(barrierAt)}.`,
  };
}

export function tablesOf({ solutions }: Landscape): DataTable[] {
  const rows = (cells: (one: MeasuredSolution) => DataTable["rows"][number]) =>
    solutions.map((one) => [one.name, ...cells(one)]);
  const tables: DataTable[] = [
    {
      title: "Curvature",
      columns: ["solution", "loss", "error", "‖w‖", "‖g‖", "λ_max", "λ_min", "trace"],
      rows: rows(({ loss, error, norm, gradientNorm, eigenvalues, trace }) => [
        shown(loss),
        error === undefined ? "" : percent(error),
        shown(norm),
        shown(gradientNorm),
        eigenvalues ? withError(eigenvalues.largest[0]!) : "",
        eigenvalues ? withError(eigenvalues.smallest) : "",
        trace ? withError(trace) : "",
      ]),
    },
  ];
  if (solutions.every(({ sharpness }) => sharpness === undefined)) return tables;
  const sharp = (title: string, kind: "plain" | "adaptive"): DataTable => ({
    title,
    columns: ["solution", "ρ", "worst case", "one step", "average", "quadratic model"],
    rows: rows(({ sharpness }) => (sharpness ? sharpnessCells(sharpness[kind]) : [])),
  });
  return [
    ...tables,
    sharp("Rise of the loss where ‖e‖ ≤ ρ", "plain"),
    sharp("Rise of the loss where ‖e/|w|‖ ≤ ρ (adaptive)", "adaptive"),
  ];
}

function sharpnessCells({ rho, worst, oneStep, average, model }: SharpnessData): string[] {
  return [
    shown(rho),
    shown(worst.value),
    shown(oneStep.value),
    withError(average),
    model ? shown(model.value) : "",
  ];
}

export const notes = [
  "The loss is that of the data, without weight decay, dropout off, over a fixed set; BatchNorm statistics are computed anew at every place.",
  "λ_max and λ_min by Lanczos with full reorthogonalisation; the error is the residual of the eigenpair, a bound on its distance from an eigenvalue.",
  "Trace: Hutchinson, mean of vᵀHv over 30 random sign vectors, ± one standard error.",
  "Worst case: projected gradient ascent of 20 steps, the best place visited: at least this sharp. Adaptive: ‖e/|w|‖ ≤ ρ, which does not change when a ReLU network's layers are rescaled. Average: e ~ N(0, ρ²/n).",
  "Directions of slices are scaled filter by filter: curves do not change when layers are rescaled, and do when single neurons are.",
];

const shown = (value: number | null): string => (value === null ? "not finite" : significant(value, 3));

/** `12.3 ± 0.4`; a residual or a standard error too small to read is left out. */
function withError({ value, se, ci }: Value): string {
  const error = se ?? (ci?.[0] != null && ci[1] != null ? (ci[1] - ci[0]) / 2 : 0);
  if (value === null || !(error > 1e-3 * Math.abs(value))) return shown(value);
  return `${shown(value)} ± ${significant(error, 2)}`;
}
