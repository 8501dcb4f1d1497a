/**
 * @file Figures as plain JSON data: an analysis says what is to be seen, `report` draws it, the lab and other
 * programs may draw it their own way. Non-finite numbers never appear: the constructors turn them into `null`,
 * which is drawn as a gap.
 */

export type Scale = "linear" | "log" | "symlog" | "sqrt";

export interface Axis {
  /** What is on the axis, with its unit where it has one: `layer`, `ln J(1, l)`. */
  readonly label: string;
  /** `linear` unless said. On a `log` axis values ≤ 0 are gaps. */
  readonly scale?: Scale;
  /** The shown range; from the data unless said. */
  readonly domain?: readonly [number, number];
  /** True for counts (layers, steps): ticks fall on whole numbers. */
  readonly integer?: boolean;
}

/**
 * What a series stands for; it decides colour and shape, so that the same thing looks the same in every figure.
 * `before` is the network as given, `after` the advised (or other) one, `bound` a proven limit.
 */
export type Role = "theory" | "measured" | "before" | "after" | "bound" | "neutral";

/** Roles in the order in which several networks or solutions of one figure take them: colours and symbols that part them. */
export const distinctRoles: readonly Role[] = ["theory", "measured", "after", "before", "neutral", "bound"];

/** One value with its interval; `y` is null where the value is undefined or infinite. */
export interface Point {
  readonly x: number;
  readonly y: number | null;
  readonly lo?: number | null;
  readonly hi?: number | null;
}

/** `line` joins the points, `dots` draws each with its interval, `band` fills lo to hi, `step` is a staircase. */
export type SeriesForm = "line" | "dots" | "band" | "step";

export interface Series {
  readonly name: string;
  readonly role: Role;
  readonly form: SeriesForm;
  readonly points: readonly Point[];
}

/** A marked value across the whole figure: `{along: "x", at: 17, label: "indistinguishable"}` is a vertical line. */
export interface Rule {
  /** The axis on which `at` is read: `x` draws a vertical line, `y` a horizontal one. */
  readonly along: "x" | "y";
  readonly at: number;
  readonly label: string;
}

/** A shaded range on one axis, for usable learning rates, layers at fault and the like. */
export interface Span {
  readonly along: "x" | "y";
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly role: Role;
}

interface FigureBase {
  /** Unique in a report; letters, digits, `-`: `criticality-apjn`. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences that say how to read it. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
}

/** Curves and dots over one abscissa. */
export interface LineFigure extends FigureBase {
  readonly kind: "lines";
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
  readonly spans?: readonly Span[];
}

export interface Polyline {
  readonly label: string;
  /** `contour`: one of a family of thin lines, each with its label on it. A line of its own, in the legend, unless said. */
  readonly style?: "contour";
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  /** `before` (the network as given) unless said. */
  readonly role?: Role;
}

/** Values on a grid, as a phase diagram. `z[row][column]` belongs to `(xs[column], ys[row])`. */
export interface HeatFigure extends FigureBase {
  readonly kind: "heat";
  /** Cell centres, ascending. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly z: readonly (readonly (number | null)[])[];
  readonly zLabel: string;
  /** Colours part here (χ_J = 1); a sequential scale without it. */
  readonly midpoint?: number;
  /** The range of colours; values outside take the end colours, and the legend says so. */
  readonly zDomain?: readonly [number, number];
  readonly lines?: readonly Polyline[];
  readonly marks?: readonly Mark[];
  /** Values at single points, drawn as dots in their colour: measured ones, beside those of the grid. */
  readonly samples?: readonly HeatSample[];
}

/** A value beside the grid: `z` as the grid's. */
export interface HeatSample {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** One run: its abscissa (a learning rate), its outcome, and whether it counts as the chosen one. */
export interface StripPoint {
  readonly x: number;
  /** Null when the run gave no number (diverged): it is drawn on a rail above the figure. */
  readonly y: number | null;
  readonly seed?: number;
}

export interface StripGroup {
  readonly name: string;
  readonly role: Role;
  readonly points: readonly StripPoint[];
  /** The abscissa chosen for the group (the tuned learning rate). */
  readonly best?: number;
}

/** Every run as a dot, per seed, with a line through each group's means: test error by learning rate. */
export interface StripFigure extends FigureBase {
  readonly kind: "strip";
  readonly groups: readonly StripGroup[];
  readonly rules?: readonly Rule[];
  readonly spans?: readonly Span[];
}

/** A picture as plain data; `report` draws it. */
export type Figure = LineFigure | HeatFigure | StripFigure;

/** The number if it is finite, otherwise null (figures and JSON hold no NaN or Infinity). */
export function finiteOrNull(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Row-major numbers as rows; what is not finite becomes null. @example numberRows([1, 2, 3, 4], 2) // [[1, 2], [3, 4]] */
export function numberRows(data: ArrayLike<number>, width: number): (number | null)[][] {
  return Array.from({ length: data.length / width }, (_, r) =>
    Array.from({ length: width }, (__, c) => finiteOrNull(data[r * width + c])),
  );
}

/**
 * A point with an optional interval; what is not finite becomes null.
 * @example point(3, 0.2, { lo: 0.1, hi: 0.4 })
 */
export function point(
  x: number,
  y: number | null,
  interval?: { readonly lo: number | null; readonly hi: number | null },
): Point {
  const value = { x, y: finiteOrNull(y) };
  return interval ? { ...value, lo: finiteOrNull(interval.lo), hi: finiteOrNull(interval.hi) } : value;
}

/**
 * An estimate as a point with its interval.
 * @example estimatePoint(3, meanEstimate([0.1, 0.2, 0.3]))
 */
export function estimatePoint(
  x: number,
  { value, ci }: { readonly value: number; readonly ci?: readonly [low: number, high: number] | undefined },
): Point {
  return point(x, value, ci && { lo: ci[0], hi: ci[1] });
}

/**
 * A figure of curves. Points whose abscissa is not finite are left out, other non-finite numbers become null.
 * @example
 * lineFigure({ id: "apjn", title: "APJN", caption: "", x: { label: "layer" }, y: { label: "ln J" },
 *   series: [{ name: "theory", role: "theory", form: "line", points: [point(1, 0), point(2, 0.1)] }] })
 */
export function lineFigure(figure: Omit<LineFigure, "kind">): LineFigure {
  const series = figure.series.map((one) => ({ ...one, points: cleanPoints(one.points) }));
  return { kind: "lines", ...figure, series, ...cleanMarkings(figure) };
}

/** A figure of a grid of values; non-finite values become null. */
export function heatFigure(figure: Omit<HeatFigure, "kind">): HeatFigure {
  const z = figure.z.map((row) => row.map(finiteOrNull));
  const marks = (figure.marks ?? []).filter(isPlaced);
  const lines = (figure.lines ?? []).map((line) => ({ ...line, points: line.points.filter(isPlaced) }));
  const { samples: given = [], ...rest } = figure;
  const samples = given.filter((sample) => isPlaced(sample) && Number.isFinite(sample.z));
  return { kind: "heat", ...rest, z, lines, marks, ...(samples.length === 0 ? {} : { samples }) };
}

/** A figure of single runs; a run without a finite outcome keeps its place with `y: null`. */
export function stripFigure(figure: Omit<StripFigure, "kind">): StripFigure {
  const groups = figure.groups.map((group) => ({
    ...group,
    points: group.points
      .filter(({ x }) => Number.isFinite(x))
      .map((run) => ({ ...run, y: finiteOrNull(run.y) })),
  }));
  return { kind: "strip", ...figure, groups, ...cleanMarkings(figure) };
}

function cleanPoints(points: readonly Point[]): Point[] {
  return points
    .filter(({ x }) => Number.isFinite(x))
    .map(({ x, y, lo, hi }) => (lo === undefined && hi === undefined ? point(x, y) : clean(x, y, lo, hi)));
}

function clean(x: number, y: number | null, lo?: number | null, hi?: number | null): Point {
  return point(x, y, { lo: lo ?? null, hi: hi ?? null });
}

function cleanMarkings(figure: { readonly rules?: readonly Rule[]; readonly spans?: readonly Span[] }) {
  return {
    rules: (figure.rules ?? []).filter(({ at }) => Number.isFinite(at)),
    spans: (figure.spans ?? []).filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to)),
  };
}

function isPlaced({ x, y }: { readonly x: number; readonly y: number }): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
