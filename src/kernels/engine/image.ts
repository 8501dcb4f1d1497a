/** @file A program in the memory of its interpreter: records, tables and lists, and the steps that run them. */
import { BATCH, type Program, RECTANGLE_WORDS, type Segment } from "../compile/index.ts";
import type { Arena } from "./memory.ts";

/** Kinds of steps; assembly/covariance/index.ts has the same list. */
const [CLEAR, RUN, ATTEND] = [1, 2, 3];

/** Where the parts of a program stand. */
export interface Image {
  /** Steps for items with themselves, and for pairs. */
  readonly self: number;
  readonly pairs: number;
  readonly lists: number;
  readonly scratch: number;
  readonly spare: number;
  readonly maps: number;
  /** Says how many items of side A share the axis of positions. */
  readonly share: (items: number) => void;
}

/** Words of a segment's steps. */
function stepsOf(arena: Arena, segment: Segment, tables: number): number[] {
  const { clear, records, runs, after } = segment;
  return [
    ...clear.flatMap(({ offset, bytes }) => [CLEAR!, offset, bytes]),
    RUN!,
    arena.keep(records),
    tables,
    runs,
    segment.tables.byteLength / runs,
    ...after.flatMap((words) => [ATTEND!, arena.keep(words)]),
  ];
}

/** Rectangles of `items` positions. */
function itemRectangles(tables: Int32Array, items: number): Int32Array {
  const shared = tables.slice();
  for (let at = 0; at + RECTANGLE_WORDS <= shared.length; at += RECTANGLE_WORDS) {
    shared.set([1, items, items, 1, 1, 0, 1, items, 0, 0], at);
  }
  return shared;
}

/** Writes a program into memory. */
export function imageOf(arena: Arena, program: Program): Image {
  const { segments, vectors } = program;
  const tables = segments.map((segment) => arena.keep(segment.tables));
  const steps = (places: readonly number[]) =>
    arena.keep(Int32Array.from([...segments.flatMap((one, i) => stepsOf(arena, one, places[i]!)), 0]));
  const self = steps(tables);
  const shared = vectors ? segments.map((segment) => arena.keep(segment.tables)) : tables;
  const pairs = vectors ? steps(shared) : self;
  let current = 1;
  const share = (items: number) => {
    // Rows are multiplied four by four.
    const rounded = Math.min(Math.ceil(items / 4) * 4, BATCH);
    if (!vectors || rounded === current) return;
    current = rounded;
    for (const [i, { tables: words }] of segments.entries()) {
      const rectangles = itemRectangles(words, rounded);
      new Int32Array(arena.memory.buffer, shared[i]!, rectangles.length).set(rectangles);
    }
  };
  return {
    self,
    pairs,
    lists: arena.keep(program.lists),
    scratch: arena.reserve(program.scratchBytes),
    spare: arena.reserve(program.spareBytes),
    maps: arena.reserve(program.mapBytes),
    share,
  };
}
