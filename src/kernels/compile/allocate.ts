/** @file Gives maps their places: a place is free again after its last reader, and results replace what they may. */
import type { Instruction, MapValue } from "./program.ts";

/** The maps that an instruction reads. */
export function readsOf({ source, other, tangent }: Instruction): MapValue[] {
  return [source, other, tangent?.source].filter((map) => map !== undefined);
}

/** A map that an instruction writes, and those whose places it may take. */
interface Write {
  readonly target: MapValue;
  readonly over: readonly MapValue[];
}

const present = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

/**
 * What an instruction writes: over what it reads where a position is read before it is written, and it alone. Θ is read
 * after K has been written, so that K never takes its place.
 */
function writesOf({ op, source, other, target, tangent, fused }: Instruction): Write[] {
  const moves = op === "spread" || op === "cut" || (op === "box" && fused !== true);
  const own = target && { target, over: present(moves ? [other] : [other, source]) };
  return present([tangent && { target: tangent.target, over: [tangent.source] }, own]);
}

/** Places of all maps by id, numbered from 0, and how many there are. */
export function allocate(
  instructions: readonly Instruction[],
  results: readonly number[],
): { readonly places: Map<number, number>; readonly count: number } {
  const lastRead = new Map<number, number>();
  instructions.forEach((instruction, at) => {
    for (const { id } of readsOf(instruction)) lastRead.set(id, at);
  });
  for (const id of results) lastRead.set(id, instructions.length);
  const places = new Map<number, number>();
  const free = new Set<number>();
  let count = 0;
  instructions.forEach((instruction, at) => {
    const ending = new Set(readsOf(instruction).flatMap(({ id }) => (lastRead.get(id) === at ? [id] : [])));
    const writes = writesOf(instruction);
    for (const { target, over } of writes) {
      const taken = over.find(({ id }) => ending.has(id));
      const [spare] = free;
      const place = taken ? places.get(taken.id)! : (spare ?? count++);
      if (taken) ending.delete(taken.id);
      free.delete(place);
      places.set(target.id, place);
    }
    for (const id of ending) free.add(places.get(id)!);
    // What nobody reads is free at once.
    for (const { target } of writes) if (!lastRead.has(target.id)) free.add(places.get(target.id)!);
  });
  return { places, count };
}
