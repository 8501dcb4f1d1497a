/**
 * @file How many random probes a measurement takes unless said. A probe of n units has relative error of order
 * √(2 m2/(n m1²)) (criticality.md §6), so what counts is probes × units: images need fewer probes than vectors, and each
 * costs a pass over all positions.
 */
import type { Model } from "../net/index.ts";
import { sizeOf } from "../tensor/index.ts";

const most = 16;
/** Two, so that their scatter can be told. */
const least = 2;
/** Sixteen probes of 128 units. */
const enough = 2048;

/**
 * Probes for each input: 16 where taps are vectors, fewer where they have positions with many units in all.
 * @example defaultProbes(buildModel(parseNetText("mlp:depth=2,in=784"))) // 16
 */
export function defaultProbes({ taps }: Model): number {
  return probesForUnits(taps.filter(({ shape }) => shape.length > 1).map(({ shape }) => sizeOf(shape)));
}

/**
 * The same from the units of the taps that have positions; 16 where there is none.
 * @example probesForUnits([8 * 28 * 28, 64]) // 16
 */
export function probesForUnits(units: readonly number[]): number {
  if (units.length === 0) return most;
  return Math.max(least, Math.min(most, Math.ceil(enough / Math.min(...units))));
}
