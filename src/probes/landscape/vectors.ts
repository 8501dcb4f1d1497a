/** @file Arithmetic of places and directions, float64. */
import { addScaled, dot, norm } from "../../tensor/index.ts";

/** w + Σ factor · direction. */
export function movedBy(
  w: Float64Array,
  moves: readonly (readonly [factor: number, direction: Float64Array])[],
): Float64Array {
  const place = w.slice();
  for (const [factor, direction] of moves) if (factor !== 0) addScaled(place, factor, direction);
  return place;
}

export function minus(a: Float64Array, b: Float64Array): Float64Array {
  return movedBy(a, [[-1, b]]);
}

export function times(factor: number, v: Float64Array): Float64Array {
  const result = v.slice();
  for (let i = 0; i < result.length; i++) result[i]! *= factor;
  return result;
}

/** a ∘ b */
export function product(a: Float64Array, b: Float64Array): Float64Array {
  const result = a.slice();
  for (let i = 0; i < result.length; i++) result[i]! *= b[i]!;
  return result;
}

/** ||v|| of a difference, without overflow of squares. */
export function distance(v: Float64Array): number {
  const largest = v.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 || largest === Number.POSITIVE_INFINITY
    ? largest
    : largest * norm(times(1 / largest, v));
}

/** How far v goes along a unit vector, and the part of it that does not. */
export function across(v: Float64Array, unit: Float64Array): { along: number; rest: Float64Array } {
  const along = dot(v, unit);
  return { along, rest: movedBy(v, [[-along, unit]]) };
}

/** Equally spaced numbers, both ends included. */
export function spaced([low, high]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}
