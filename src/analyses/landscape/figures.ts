/** @file Pictures of loss surfaces: spectra, slices, planes, the lines between solutions. */
import {
  distinctRoles,
  type Figure,
  heatFigure,
  lineFigure,
  type Point,
  point,
  type Role,
  type Series,
  type SeriesForm,
} from "../figure.ts";
import type {
  CurveData,
  DensityData,
  GridData,
  Landscape,
  MeasuredLine,
  MeasuredSolution,
  Value,
} from "./measured.ts";

/** How much of a plane is in colour: losses above this many times the spread of the lower half take the end colour. */
const steepest = 4;

export function figuresOf({ solutions, lines, plane }: Landscape): Figure[] {
  return [
    ...(solutions.some(({ density }) => density) ? [densityFigure(solutions)] : []),
    ...(solutions.some(({ slice }) => slice) ? [sliceFigure(solutions)] : []),
    ...(solutions.some(({ rise }) => rise) ? [riseFigure(solutions)] : []),
    ...solutions.flatMap(({ name, grid }, i) => (grid ? [gridFigure(grid, name, i)] : [])),
    ...(lines.length > 0 ? lineFigures(lines) : []),
    ...(plane ? [planeFigure(plane)] : []),
  ];
}

/** One series a solution, each in its colour. */
function perSolution(
  solutions: readonly MeasuredSolution[],
  pointsOf: (solution: MeasuredSolution) => readonly Point[] | undefined,
  form: SeriesForm = "line",
): Series[] {
  return solutions.slice(0, distinctRoles.length).flatMap((solution, i) => {
    const points = pointsOf(solution);
    return points ? [{ name: solution.name, role: distinctRoles[i]!, form, points }] : [];
  });
}

function densityFigure(solutions: readonly MeasuredSolution[]): Figure {
  return lineFigure({
    id: "landscape-density",
    title: "Spectrum of the Hessian",
    caption:
      "Density of the eigenvalues by stochastic Lanczos quadrature, on a logarithmic scale: most lie near 0, those of sharp directions stand alone on the right. An eigenvalue is drawn as a Gaussian of 1 % of the spectrum's length; what is far below that of a single one is left out.",
    x: { label: "eigenvalue of the Hessian" },
    y: { label: "density", scale: "log" },
    series: perSolution(solutions, ({ density, weights }) => density && densityPoints(density, weights)),
  });
}

/** Below a part of what a single eigenvalue comes to, a density is the tail of a Gaussian, not of the spectrum. */
function densityPoints({ x, density, width }: DensityData, eigenvalues: number): Point[] {
  const floor = 0.03 / (eigenvalues * width * Math.sqrt(2 * Math.PI));
  return x.map((at, i) => point(at, (density[i] ?? 0) > floor ? density[i]! : null));
}

function sliceFigure(solutions: readonly MeasuredSolution[]): Figure {
  return lineFigure({
    id: "landscape-slice",
    title: "Along a random direction",
    caption:
      "Loss at w + t d, where d is random and every filter of it has the norm of that filter in w (biases and gains stand still): t = 1 is a change as large as the weights. The same random numbers for all solutions.",
    x: { label: "t" },
    y: { label: "loss" },
    series: perSolution(solutions, ({ slice }) => slice && curve(slice)),
  });
}

function riseFigure(solutions: readonly MeasuredSolution[]): Figure {
  return lineFigure({
    id: "landscape-rise",
    title: "Rise of the loss with the distance",
    caption: "Mean of L(w + r d/‖d‖) − L(w) over ten random directions d, with 95 % intervals.",
    x: { label: "distance r" },
    y: { label: "rise of the loss" },
    series: perSolution(solutions, ({ rise }) => rise?.r.map((r, i) => valuePoint(r, rise.rise[i]!)), "dots"),
  });
}

function gridFigure(grid: GridData, name: string, index: number): Figure {
  return heatFigure({
    id: `landscape-grid-${index + 1}`,
    title: `Around ${name}`,
    caption:
      "Loss in the plane of two random directions, scaled filter by filter. The weights are in the middle.",
    x: { label: "first direction" },
    y: { label: "second direction" },
    xs: grid.x,
    ys: grid.y,
    z: grid.loss,
    zLabel: "loss",
    zDomain: shownLosses(grid),
    marks: [{ x: 0, y: 0, label: name }],
  });
}

function planeFigure({ solutions, ...grid }: NonNullable<Landscape["plane"]>): Figure {
  return heatFigure({
    id: "landscape-plane",
    title: "The plane of three solutions",
    caption: "Loss in the plane through three solutions; both axes in units of the norm of the weights.",
    x: { label: `towards ${solutions[1]!.name}` },
    y: { label: `across, towards ${solutions[2]!.name}` },
    xs: grid.x,
    ys: grid.y,
    z: grid.loss,
    zLabel: "loss",
    zDomain: shownLosses(grid),
    marks: solutions.map(({ name, x, y }, i) => ({ x, y, label: name, role: distinctRoles[i]! })),
  });
}

/** The colours part losses near the lowest one: far away they are large and say little. */
function shownLosses({ loss }: GridData): [number, number] {
  const sorted = loss
    .flat()
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  const [low = 0, middle = 1, high = 1] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return [low, Math.max(Math.min(high, low + steepest * (middle - low)), low + 1e-12)];
}

function lineFigures(lines: readonly MeasuredLine[]): Figure[] {
  const between = {
    x: { label: "t: 0 is the first solution, 1 the other" },
    rules: [
      { along: "x", at: 0, label: "" },
      { along: "x", at: 1, label: "" },
    ],
  } as const;
  const series = (pointsOf: (line: MeasuredLine) => readonly Point[]): Series[] =>
    lines.slice(0, distinctRoles.length).map((line, i) => ({
      name: `${line.from} → ${line.to}`,
      role: distinctRoles[i] as Role,
      form: "line",
      points: pointsOf(line),
    }));
  const losses = lineFigure({
    ...between,
    id: "landscape-between",
    title: "Between solutions",
    caption:
      "Loss on the straight line a + t (b − a). A hill between 0 and 1 is a barrier: the solutions lie in different basins.",
    y: { label: "loss" },
    series: series(curve),
  });
  if (lines.every(({ error }) => error === undefined)) return [losses];
  const errors = lineFigure({
    ...between,
    id: "landscape-between-error",
    title: "Error between solutions",
    caption: "Share of the examples that are predicted wrongly on the same line.",
    y: { label: "error rate" },
    series: series(({ t, error = [] }) => t.map((x, i) => point(x, error[i] ?? null))),
  });
  return [losses, errors];
}

function curve({ t, loss }: CurveData): Point[] {
  return t.map((x, i) => point(x, loss[i]!));
}

function valuePoint(x: number, { value, ci }: Value): Point {
  return point(x, value, ci && { lo: ci[0], hi: ci[1] });
}
