/**
 * @file What the interpreter reads of every displacement of a segment: the rectangles of all spaces as
 * assembly/covariance/layout.ts reads them, then one word for each record that depends on the displacement.
 */
import type { Geometry } from "./displacements.ts";
import type { Both, Instruction, Space } from "./program.ts";

/** Words of one rectangle. */
export const RECTANGLE_WORDS = 28;

/** Runs of p along one axis: where they start, how many, and the same of p + Δ; two where a ring is cut. */
function rangesOf(
  size: number,
  step: number,
  ring: boolean,
): { from: number; count: number; other: number }[] {
  if (!ring) {
    const from = Math.max(0, -step);
    return [{ from, count: size - Math.abs(step), other: from + step }];
  }
  if (step === 0) return [{ from: 0, count: size, other: 0 }];
  return [
    { from: 0, count: size - step, other: step },
    { from: size - step, count: step, other: 0 },
  ];
}

function rectangle(geometry: Geometry, space: Space, reference: Both): number[] {
  const displacement = geometry.on(space, reference);
  const width = space.sizes[1];
  if (displacement === undefined) return [0, 0, width, 0, 0];
  const [rows, columns] = geometry.sizes(space, displacement);
  const [top, left] = geometry.origin(displacement);
  const ranges = (i: 0 | 1) => rangesOf(space.sizes[i], displacement[i], geometry.rings[i]);
  const pieces = ranges(0).flatMap((y) =>
    ranges(1).map((x) => [
      (y.from - top) * columns + x.from - left,
      y.count,
      x.count,
      y.from * width + x.from,
      y.other * width + x.other,
    ]),
  );
  const still = displacement.every((step) => step === 0) ? 1 : 0;
  return [rows, columns, width, still, pieces.length, ...pieces.flat()];
}

/** An instruction that has a word in the tables, and the word at a displacement of the input. */
export interface TableEntry {
  readonly instruction: Instruction;
  readonly word: (reference: Both) => number;
}

/** Words of all displacements, one after the other. */
export function tablesOf(
  geometry: Geometry,
  spaces: readonly Space[],
  runs: readonly Both[],
  entries: readonly TableEntry[],
): Int32Array {
  const words = spaces.length * RECTANGLE_WORDS + entries.length;
  const tables = new Int32Array(runs.length * words);
  for (const [r, reference] of runs.entries()) {
    for (const space of spaces) {
      tables.set(rectangle(geometry, space, reference), r * words + space.index * RECTANGLE_WORDS);
    }
    for (const [i, { word }] of entries.entries()) {
      tables[r * words + spaces.length * RECTANGLE_WORDS + i] = word(reference);
    }
  }
  return tables;
}
