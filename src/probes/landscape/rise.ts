/** @file How the loss rises around a place, on average over directions (training.md §1.4). */
import { norm, normal } from "../../tensor/index.ts";
import { meanEstimate } from "../../theory/index.ts";
import { positiveCount } from "../checks.ts";
import { checkFinite, nonNegative, positive } from "./checks.ts";
import { vectorOf } from "./coordinates.ts";
import type { MeasureOptions, Point, Rise, RiseOptions, Surface } from "./types.ts";
import { movedBy, spaced } from "./vectors.ts";
import { Walk } from "./walk.ts";

const usualRadii = 11;

/**
 * Means over random directions of L(w + r d/||d||) - L(w), d ~ N(0, I).
 * @throws FathomError bad-input for a point that does not match, fewer than two directions, distances that are negative or not
 * finite, a loss that is not finite at the point; the reason of `signal` when it is aborted.
 * @example const { r, rise } = await averageRise(surface, weights, { radius: 2 });
 */
export async function averageRise(surface: Surface, point: Point, options: RiseOptions = {}): Promise<Rise> {
  const w = vectorOf(surface, point);
  const count = positiveCount("directions", options.directions ?? 10, 2);
  const r = radiiOf(options, w);
  const walk = new Walk(options, 1 + count * r.length);
  const { loss } = await walk.step(() => surface.value(w));
  checkFinite(loss, "point");
  const rises: number[][] = r.map(() => []);
  for (let i = 0; i < count; i++) {
    const direction = unitDirection(walk.key.split("rise").split(i), surface.dimension);
    for (const [at, radius] of r.entries()) {
      const place = movedBy(w, [[radius, direction]]);
      rises[at]!.push((await walk.step(() => surface.value(place))).loss - loss);
    }
  }
  return {
    r,
    rise: rises.map((samples) =>
      overDraws(samples, [...surface.assumptions, "directions uniform on the sphere"]),
    ),
    loss,
  };
}

/** A mean with its interval; of samples that are not all finite, the mean alone. */
export function overDraws(samples: readonly number[], assumptions: readonly string[]) {
  if (samples.every(Number.isFinite)) {
    const estimate = meanEstimate(samples);
    return { ...estimate, assumptions: [...assumptions, ...estimate.assumptions] };
  }
  const value = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  return {
    value,
    n: samples.length,
    kind: "measured" as const,
    assumptions: [...assumptions, "the loss of a draw is not finite"],
  };
}

function unitDirection(key: NonNullable<MeasureOptions["key"]>, dimension: number): Float64Array {
  const direction = normal(key, "float64", [dimension]).data;
  const size = norm(direction);
  return direction.map((value) => value / size);
}

function radiiOf({ radii, radius }: RiseOptions, w: Float64Array): readonly number[] {
  if (radii === undefined) {
    const largest = radius ?? (norm(w) || 1) / 10;
    return spaced([0, positive("radius", largest)], usualRadii);
  }
  positiveCount("radii", radii.length);
  return radii.map((value, i) => nonNegative(`radii[${i}]`, value));
}
