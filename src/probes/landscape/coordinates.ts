/** @file Points of a surface as vectors and back, with the checks of what a caller hands in. */
import { FathomError, type NdArray, sameShape, showShape, sizeOf } from "../../tensor/index.ts";
import { nearestName } from "../../theory/index.ts";
import type { Coordinate, Point, Surface } from "./types.ts";

/** Numbers in all coordinates. */
export function dimensionOf(coordinates: readonly Coordinate[]): number {
  return coordinates.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/**
 * The coordinates of a point as one vector, in the order of the surface.
 * @param where What the point is called in messages: `from`, `solutions[2]`.
 * @returns `[dimension]`
 * @throws FathomError bad-input for an array that is missing, unknown or not finite; bad-shape for one of another shape.
 * @example vectorOf(surface, readRun(folder).weights, "weights")
 */
export function vectorOf(
  { coordinates, others, dimension }: Pick<Surface, "coordinates" | "others" | "dimension">,
  point: Point,
  where = "point",
): Float64Array {
  const names = new Set(coordinates.map(({ name }) => name));
  const unknown = Object.keys(point).find((name) => !names.has(name) && !others.has(name));
  if (unknown !== undefined) throw unknownArray(unknown, [...names], where);
  const vector = new Float64Array(dimension);
  let offset = 0;
  for (const { name, shape } of coordinates) {
    const array = Object.hasOwn(point, name) ? point[name] : undefined;
    checkArray(array, { name, shape }, where);
    vector.set(array.data as Float64Array, offset);
    offset += sizeOf(shape);
  }
  return vector;
}

/** A vector as arrays of float64 by name: views of it. @example pointOf(surface, w)["0.weight"] */
export function pointOf(
  { coordinates }: Pick<Surface, "coordinates">,
  vector: Float64Array,
): Record<string, NdArray<"float64">> {
  let offset = 0;
  const entries = coordinates.map(({ name, shape }) => {
    const data = vector.subarray(offset, offset + sizeOf(shape));
    offset += data.length;
    return [name, { dtype: "float64" as const, shape, data }] as const;
  });
  return Object.fromEntries(entries);
}

function unknownArray(name: string, known: readonly string[], where: string): FathomError {
  const near = nearestName(name, known);
  return new FathomError({
    code: "bad-input",
    where: `${where}["${name}"]`,
    message: `${where} holds "${name}", which is no parameter of the surface.`,
    hint: near === undefined ? `Its parameters: ${known.slice(0, 8).join(", ")}.` : `Did you mean "${near}"?`,
  });
}

function checkArray(
  array: NdArray | undefined,
  { name, shape }: Coordinate,
  where: string,
): asserts array is NdArray {
  const place = `${where}["${name}"]`;
  if (array === undefined) {
    throw new FathomError({
      code: "bad-input",
      where: place,
      message: `${where} has no array "${name}".`,
      hint: "Solutions are compared on the weights of one network: all of them, by the same names.",
    });
  }
  if (!sameShape(array.shape, shape)) {
    throw new FathomError({
      code: "bad-shape",
      where: place,
      message: `"${name}" of ${where} has the shape ${showShape(array.shape)}; the surface takes ${showShape(shape)}.`,
      hint: "Solutions are compared on the weights of one network; check that both are of it.",
    });
  }
  const bad = (array.data as Float64Array).findIndex((value) => !Number.isFinite(Number(value)));
  if (bad < 0) return;
  throw new FathomError({
    code: "bad-input",
    where: place,
    message: `"${name}" of ${where} holds ${array.data[bad]} (entry ${bad}).`,
    hint: "The weights diverged; take a checkpoint from before that.",
  });
}
