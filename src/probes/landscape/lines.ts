/** @file Losses on lines and planes of places through a surface. */
import { FathomError } from "../../tensor/index.ts";
import { positiveCount } from "../checks.ts";
import { checkFinite, finiteValue, nonNegative } from "./checks.ts";
import { vectorOf } from "./coordinates.ts";
import type {
  Curve,
  Grid,
  Interpolation,
  InterpolationOptions,
  Plane,
  PlaneOptions,
  Point,
  Surface,
  SurfaceValue,
} from "./types.ts";
import { across, distance, minus, movedBy, spaced, times } from "./vectors.ts";
import { Walk } from "./walk.ts";

/** At least two places make a line. */
export const leastPoints = 2;

/** A straight line of places, w + t d. */
export interface Line {
  readonly origin: Float64Array;
  readonly direction: Float64Array;
  readonly t: readonly number[];
}

/** Losses along a line. */
export async function alongLine(surface: Surface, line: Line, walk: Walk): Promise<Curve> {
  const values: SurfaceValue[] = [];
  for (const t of line.t) {
    const place = movedBy(line.origin, [[t, line.direction]]);
    values.push(await walk.step(() => surface.value(place)));
  }
  return { t: line.t, ...columnsOf(values), assumptions: surface.assumptions };
}

/** A plane of places, w + x u + y v. */
export interface PlaneOfPlaces {
  readonly origin: Float64Array;
  readonly directions: readonly [u: Float64Array, v: Float64Array];
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Losses over a plane, row by row. */
export async function overPlane(surface: Surface, plane: PlaneOfPlaces, walk: Walk): Promise<Grid> {
  const [u, v] = plane.directions;
  const rows: ReturnType<typeof columnsOf>[] = [];
  for (const y of plane.y) {
    const values: SurfaceValue[] = [];
    for (const x of plane.x) {
      const place = movedBy(plane.origin, [
        [x, u],
        [y, v],
      ]);
      values.push(await walk.step(() => surface.value(place)));
    }
    rows.push(columnsOf(values));
  }
  const errors = rows.map(({ error }) => error!);
  return {
    x: plane.x,
    y: plane.y,
    loss: rows.map(({ loss }) => loss),
    ...(rows[0]!.error === undefined ? {} : { error: errors }),
    assumptions: surface.assumptions,
  };
}

function columnsOf(values: readonly SurfaceValue[]): Pick<Curve, "loss" | "error"> {
  const loss = values.map((value) => value.loss);
  if (values[0]!.error === undefined) return { loss };
  return { loss, error: values.map(({ error }) => error!) };
}

/**
 * Losses on the straight line through two solutions, and the barrier between them.
 * @throws FathomError bad-input for solutions that do not match the surface by name, the same solution twice, fewer than two
 * points, a range that is none, or a loss that is not finite at a solution; bad-shape for other shapes; the reason of `signal`
 * when it is aborted.
 * @example const { barrier } = await interpolate(surface, { from: sgd, to: sam });
 */
export async function interpolate(surface: Surface, options: InterpolationOptions): Promise<Interpolation> {
  const { range = [-0.5, 1.5] } = options;
  const points = positiveCount("points", options.points ?? 41, leastPoints);
  checkRange(range);
  const from = vectorOf(surface, options.from, "from");
  const direction = minus(vectorOf(surface, options.to, "to"), from);
  const length = distance(direction);
  if (length === 0) throw sameSolution("from and to");
  const walk = new Walk(options, points + 2);
  const ends = [
    await walk.step(() => finiteValue(surface, from, "from")),
    await walk.step(() => finiteValue(surface, movedBy(from, [[1, direction]]), "to")),
  ] as const;
  const curve = await alongLine(surface, { origin: from, direction, t: spaced(range, points) }, walk);
  const found = highest(curve.t, curve.loss, [ends[0].loss, ends[1].loss]);
  const estimate = (value: number) => ({
    value,
    kind: "measured" as const,
    assumptions: [...surface.assumptions, `largest of ${points} points: a lower bound of the barrier`],
  });
  const errors =
    curve.error === undefined ? undefined : highest(curve.t, curve.error, [ends[0].error!, ends[1].error!]);
  return {
    ...curve,
    barrier: estimate(found.height),
    barrierAt: found.at,
    ...(errors === undefined ? {} : { errorBarrier: estimate(errors.height) }),
    distance: length,
  };
}

/** Largest height over the chord between t = 0 and 1; 0 at its ends. Where a loss is not finite the barrier is infinite. */
function highest(t: readonly number[], values: readonly number[], [a, b]: readonly [number, number]) {
  let best = { height: 0, at: 0 };
  t.forEach((at, i) => {
    if (at < 0 || at > 1) return;
    const value = values[i]!;
    const height = Number.isFinite(value) ? value - (1 - at) * a - at * b : Number.POSITIVE_INFINITY;
    if (height > best.height) best = { height, at };
  });
  return best;
}

/**
 * Losses on the plane through three solutions; coordinates are distances in the space of the weights.
 * @throws FathomError as `interpolate`; bad-input also for solutions on one line.
 * @example const { loss, solutions } = await planeThrough(surface, { solutions: [sgd, swa, sam] });
 */
export async function planeThrough(surface: Surface, options: PlaneOptions): Promise<Plane> {
  const points = positiveCount("points", options.points ?? 25, leastPoints);
  const margin = nonNegative("margin", options.margin ?? 0.25);
  if (options.solutions.length !== 3) {
    throw new FathomError({
      code: "bad-input",
      where: "solutions",
      message: `A plane goes through three solutions, not ${options.solutions.length}.`,
      hint: "Interpolate between two.",
    });
  }
  const [a, b, c] = options.solutions.map((point: Point, i) => vectorOf(surface, point, `solutions[${i}]`));
  const u = minus(b!, a!);
  const toC = minus(c!, a!);
  const width = distance(u);
  if (width === 0) throw sameSolution("solutions[0] and solutions[1]");
  const unitU = times(1 / width, u);
  const { along, rest: v } = across(toC, unitU);
  const height = distance(v);
  if (height <= 1e-9 * (width + distance(toC))) throw onOneLine();
  const places = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: along, y: height },
  ];
  const walk = new Walk(options, points * points + 3);
  const solutions: Plane["solutions"][number][] = [];
  for (const [i, vector] of [a!, b!, c!].entries()) {
    const value = await walk.step(() => surface.value(vector));
    checkFinite(value.loss, `solutions[${i}]`);
    solutions.push({ ...places[i]!, ...value });
  }
  const axis = (of: (place: { x: number; y: number }) => number) => {
    const [low, high] = [Math.min(...places.map(of)), Math.max(...places.map(of))];
    const around = margin * (high - low);
    return spaced([low - around, high + around], points);
  };
  const plane = { origin: a!, directions: [unitU, times(1 / height, v)] as const };
  const grid = await overPlane(surface, { ...plane, x: axis(({ x }) => x), y: axis(({ y }) => y) }, walk);
  return { ...grid, solutions };
}

function checkRange([low, high]: readonly [number, number]): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new FathomError({
    code: "bad-input",
    where: "range",
    message: `t cannot go from ${low} to ${high}.`,
    hint: "Give two finite numbers in order, such as -0.5 and 1.5.",
  });
}

function sameSolution(which: string): FathomError {
  return new FathomError({
    code: "bad-input",
    where: which,
    message: `The solutions ${which} are one point: nothing lies between them.`,
    hint: "Give solutions of different runs.",
  });
}

function onOneLine(): FathomError {
  return new FathomError({
    code: "bad-input",
    where: "solutions[2]",
    message: "The three solutions lie on one line, so they span no plane.",
    hint: "Interpolate between two of them.",
  });
}
