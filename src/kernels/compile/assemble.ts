/** @file Segments with addresses: maps, stacks, lists and tables get their places, and instructions become records. */
import { allocate } from "./allocate.ts";
import type { Builder } from "./builder.ts";
import { displacementsOf, type Geometry, isWindowed, keyOf, runsOf } from "./displacements.ts";
import { attentionRecord, inputRecord, realBits, record } from "./encode.ts";
import { fuse } from "./fuse.ts";
import { Lists, listsOfEnding, pairPlaces } from "./lists.ts";
import type { Both, InputLayout, Instruction, Segment, Stack } from "./program.ts";
import { type Part, segmentsOf } from "./segments.ts";
import { RECTANGLE_WORDS, type TableEntry, tablesOf } from "./tables.ts";

export interface Assembled {
  readonly segments: readonly Segment[];
  readonly lists: Int32Array;
  readonly mapBytes: number;
  /** Bytes of the map of a value that is read at the end. */
  readonly address: (id: number) => number;
}

/** Places of the stacks behind the maps. @returns where they end. */
function placeStacks(geometry: Geometry, stacks: readonly Stack[], start: number): number {
  let next = start;
  for (const stack of stacks) {
    const { space, places, precise } = stack;
    for (const displacement of displacementsOf(stack)) {
      places.set(keyOf(displacement), { displacement, offset: next });
      const [rows, columns] = geometry.sizes(space, displacement);
      next += 16 * rows * columns;
    }
    if (precise) next += rangeOf(geometry, stack).bytes;
  }
  return next;
}

/** Bytes of the maps of a stack, which stand together. */
function rangeOf(geometry: Geometry, { space, places }: Stack): { offset: number; bytes: number } {
  const all = [...places.values()];
  const bytes = all.reduce((sum, { displacement }) => {
    const [rows, columns] = geometry.sizes(space, displacement);
    return sum + 16 * rows * columns;
  }, 0);
  return { offset: all[0]?.offset ?? 0, bytes };
}

/** The word that an instruction has in the tables; undefined where it has none. */
function tableEntry(geometry: Geometry, lists: Lists, instruction: Instruction): TableEntry | undefined {
  const { op, stack, source, target, shiftOf, ending } = instruction;
  const on = (reference: Both) => geometry.on((source ?? target)!.space, reference);
  const wordAt = (word: (displacement: Both) => number): TableEntry => ({
    instruction,
    word: (reference) => {
      const displacement = on(reference);
      return displacement === undefined ? -1 : word(displacement);
    },
  });
  if (shiftOf !== undefined) return wordAt((displacement) => realBits(shiftOf(displacement)));
  if (op === "keep" || op === "fetch") {
    return wordAt((displacement) => stack!.places.get(keyOf(displacement))?.offset ?? -1);
  }
  if (op !== "end" || ending!.kind === "attend") return undefined;
  return wordAt(listsOfEnding(geometry, lists, source!.space, ending!, stack!));
}

/** One segment with its addresses. */
function segment(
  context: { builder: Builder; geometry: Geometry; lists: Lists; layout: InputLayout; mapSize: number },
  { instructions, runs }: { readonly instructions: readonly Instruction[]; readonly runs: readonly Both[] },
  places: ReadonlyMap<number, number>,
): Segment {
  const { builder, geometry, lists, layout, mapSize } = context;
  const repeated = instructions.filter(({ ending }) => ending?.kind !== "attend");
  const entries = repeated.map((instruction) => tableEntry(geometry, lists, instruction));
  const present = entries.filter((entry) => entry !== undefined);
  const words = repeated.flatMap((instruction, i) => {
    const entry = entries[i];
    const table = entry ? builder.spaces.length * RECTANGLE_WORDS + present.indexOf(entry) : -1;
    const { ending, source, stack } = instruction;
    const mixes = ending !== undefined && !isWindowed(geometry, source!.space, ending);
    const behind = ending && stack!.precise ? rangeOf(geometry, stack!).bytes : 0;
    const at = { map: (id: number) => places.get(id)! * mapSize, table, mixes, behind };
    return instruction.op === "input"
      ? inputRecord(instruction.target!, layout, at)
      : record(instruction, at);
  });
  const after = instructions.flatMap((instruction) => {
    if (instruction.ending?.kind !== "attend") return [];
    const from = lists.add(pairPlaces(geometry, instruction.from!));
    const to = lists.add(pairPlaces(geometry, instruction.stack!));
    return [Int32Array.from(attentionRecord(instruction, { from, to }))];
  });
  const gathered = instructions.filter(({ op, ending }) => op === "end" && ending!.kind !== "attend");
  return {
    records: Int32Array.from([...words, 0]),
    tables: tablesOf(geometry, builder.spaces, runs, present),
    runs: runs.length,
    clear: gathered.map(({ stack }) => {
      const { offset, bytes } = rangeOf(geometry, stack!);
      return { offset, bytes: stack!.precise ? 2 * bytes : bytes };
    }),
    after,
  };
}

function stacksOf(parts: readonly Part[]): Stack[] {
  const all = parts.flatMap(({ instructions }) => instructions.flatMap(({ stack, from }) => [stack, from]));
  return [...new Set(all.filter((stack) => stack !== undefined))];
}

/** Gives everything its place. `results` are values of the last segment. */
export function assemble(
  builder: Builder,
  geometry: Geometry,
  layout: InputLayout,
  options: { readonly results: readonly number[]; readonly mapSize: number },
): Assembled {
  const { results, mapSize } = options;
  const cut = segmentsOf(builder.instructions);
  const runs = runsOf(geometry, cut);
  const parts = cut.map(({ instructions }, i) => {
    const read = i === cut.length - 1 ? results : [];
    const fused = fuse(instructions, read);
    return { instructions: fused, runs: runs[i]!, ...allocate(fused, read) };
  });
  const mapsEnd = Math.max(...parts.map(({ count }) => count)) * mapSize;
  const mapBytes = placeStacks(geometry, stacksOf(cut), mapsEnd);
  const lists = new Lists();
  const context = { builder, geometry, lists, layout, mapSize };
  const segments = parts.map((part) => segment(context, part, part.places));
  const last = parts.at(-1)!.places;
  return {
    segments,
    lists: Int32Array.from(lists.words),
    mapBytes,
    address: (id) => last.get(id)! * mapSize,
  };
}
