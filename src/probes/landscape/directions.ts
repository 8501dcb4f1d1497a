/**
 * @file Random directions and slices along them (training.md §1.4; Li et al., Visualizing the Loss Landscape of Neural Nets, 2018).
 * Filter-normalised slices do not change when layers of a ReLU network are rescaled against each other, but do when single
 * neurons are.
 */
import { FathomError, type Key, norm, normal, sizeOf, stridesOf } from "../../tensor/index.ts";
import { positiveCount } from "../checks.ts";
import { checkFinite, positive } from "./checks.ts";
import { vectorOf } from "./coordinates.ts";
import { alongLine, leastPoints, overPlane } from "./lines.ts";
import type { Coordinate, Curve, DirectionOptions, Grid, Point, SliceOptions, Surface } from "./types.ts";
import { spaced } from "./vectors.ts";
import { Walk } from "./walk.ts";

type Space = Pick<Surface, "coordinates" | "dimension">;

/**
 * A direction d ~ N(0, I) in the scale of the weights: by default every filter j has the norm of its weights,
 * d_j ||w_j||/||d_j||, and arrays without filters (biases, gains) are 0.
 * @param w `[dimension]`, where the slice is taken.
 * @returns `[dimension]`
 * @example const d = randomDirection(surface, vectorOf(surface, weights), key);
 */
export function randomDirection(
  { coordinates, dimension }: Space,
  w: Float64Array,
  key: Key,
  { normalisation = "filter", vectors = "zero" }: DirectionOptions = {},
): Float64Array {
  const direction = normal(key, "float64", [dimension]).data;
  let offset = 0;
  for (const coordinate of coordinates) {
    const size = sizeOf(coordinate.shape);
    const [d, own] = [direction.subarray(offset, offset + size), w.subarray(offset, offset + size)];
    offset += size;
    if (coordinate.filterAxis === undefined && vectors === "zero") d.fill(0);
    else if (normalisation === "filter") scaleFilters(d, own, coordinate);
    else if (normalisation === "layer") scaleTo(d, norm(own));
  }
  return direction;
}

function scaleTo(d: Float64Array, size: number): void {
  const own = norm(d);
  const factor = own === 0 ? 0 : size / own;
  for (let i = 0; i < d.length; i++) d[i]! *= factor;
}

/** Every filter of d gets the norm of that of w. A filter of zeros stays zero. */
function scaleFilters(d: Float64Array, w: Float64Array, { shape, filterAxis }: Coordinate): void {
  if (filterAxis === undefined) {
    scaleTo(d, norm(w));
    return;
  }
  const stride = stridesOf(shape)[filterAxis]!;
  const filters = shape[filterAxis]!;
  const [ofD, ofW] = [new Float64Array(filters), new Float64Array(filters)];
  const filterOf = (i: number) => Math.floor(i / stride) % filters;
  for (let i = 0; i < d.length; i++) {
    ofD[filterOf(i)]! += d[i]! ** 2;
    ofW[filterOf(i)]! += w[i]! ** 2;
  }
  const factors = ofD.map((squares, j) => (squares === 0 ? 0 : Math.sqrt(ofW[j]! / squares)));
  for (let i = 0; i < d.length; i++) d[i]! *= factors[filterOf(i)]!;
}

/**
 * Losses along one direction through a point: L(w + t d), t from -radius to radius.
 * @throws FathomError bad-input for a point that does not match, fewer than two points, a radius that is not positive, or a loss
 * that is not finite at the point; the reason of `signal` when it is aborted.
 * @example const { t, loss } = await sliceLine(surface, weights, { key });
 */
export async function sliceLine(surface: Surface, point: Point, options: SliceOptions = {}): Promise<Curve> {
  const points = positiveCount("points", options.points ?? 51, leastPoints);
  const { w, directions, radius, walk } = await prepared(surface, point, options, {
    count: 1,
    total: points + 1,
  });
  const t = spaced([-radius, radius], points);
  const curve = await alongLine(surface, { origin: w, direction: directions[0]!, t }, walk);
  return { ...curve, assumptions: [...surface.assumptions, conventionOf(options)] };
}

/**
 * Losses over a plane of two directions through a point.
 * @throws FathomError as `sliceLine`.
 * @example const { x, y, loss } = await sliceGrid(surface, weights, { key, points: 25 });
 */
export async function sliceGrid(surface: Surface, point: Point, options: SliceOptions = {}): Promise<Grid> {
  const points = positiveCount("points", options.points ?? 25, leastPoints);
  const total = points * points + 1;
  const { w, directions, radius, walk } = await prepared(surface, point, options, { count: 2, total });
  const axis = spaced([-radius, radius], points);
  const plane = { origin: w, directions: [directions[0]!, directions[1]!] as const, x: axis, y: axis };
  const grid = await overPlane(surface, plane, walk);
  return { ...grid, assumptions: [...surface.assumptions, conventionOf(options)] };
}

async function prepared(
  surface: Surface,
  point: Point,
  options: SliceOptions,
  { count, total }: { readonly count: number; readonly total: number },
) {
  const radius = positive("radius", options.radius ?? 1);
  const w = vectorOf(surface, point);
  const walk = new Walk(options, total);
  const given = options.directions;
  if (given !== undefined) checkDirections(given, count, surface.dimension);
  const directions =
    given ??
    Array.from({ length: count }, (_, i) =>
      randomDirection(surface, w, walk.key.split("direction").split(i), options),
    );
  checkFinite((await walk.step(() => surface.value(w))).loss, "point");
  return { radius, w, walk, directions };
}

function checkDirections(given: readonly Float64Array[], count: number, dimension: number): void {
  const bad = given.findIndex((d) => d.length !== dimension || !d.every(Number.isFinite));
  if (given.length === count && bad < 0) return;
  throw new FathomError({
    code: given.length === count ? "bad-shape" : "bad-input",
    where: bad < 0 ? "directions" : `directions[${bad}]`,
    message:
      given.length === count
        ? `A direction has ${dimension} finite numbers; this one has ${given[bad]!.length} numbers.`
        : `There are ${given.length} directions; this slice takes ${count}.`,
    hint: "Give vectors over all coordinates of the surface.",
  });
}

/** The convention in words, because pictures of surfaces mean nothing without it. */
function conventionOf({ directions, normalisation = "filter", vectors = "zero" }: SliceOptions): string {
  if (directions !== undefined) return "given directions";
  const scale = {
    filter: "every filter scaled to the norm of its weights",
    layer: "every array scaled to the norm of its weights",
    none: "normal numbers of variance 1",
  }[normalisation];
  const rest =
    vectors === "zero"
      ? "arrays without filters (biases, gains) at 0"
      : "arrays without filters as one filter";
  return `random directions, ${scale}, ${rest}`;
}
