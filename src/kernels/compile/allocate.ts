/** @file Gives maps their places: a place is free again after its last reader, and results replace what they may. */
import type { Instruction, MapValue } from "./program.ts";

/** The maps whose place the result may take while it is written: reads of a position go before its write. */
function replaceable({ op, source, other, fused }: Instruction): (MapValue | undefined)[] {
  return op === "box" && fused === undefined ? [other] : [other, source];
}

/** Places of all maps by id, numbered from 0, and how many there are. */
export function allocate(
  instructions: readonly Instruction[],
  results: readonly number[],
): { readonly places: Map<number, number>; readonly count: number } {
  const lastRead = new Map<number, number>();
  instructions.forEach(({ source, other }, at) => {
    for (const map of [source, other]) if (map !== undefined) lastRead.set(map.id, at);
  });
  for (const id of results) lastRead.set(id, instructions.length);
  const places = new Map<number, number>();
  const free: number[] = [];
  let count = 0;
  instructions.forEach((instruction, at) => {
    const ends = (map: MapValue | undefined) => map !== undefined && lastRead.get(map.id) === at;
    const taken = replaceable(instruction).find(ends);
    const reads = new Set([instruction.source, instruction.other].filter(ends).map((map) => map!.id));
    if (taken !== undefined) reads.delete(taken.id);
    places.set(instruction.target.id, taken === undefined ? (free.pop() ?? count++) : places.get(taken.id)!);
    for (const id of reads) free.push(places.get(id)!);
  });
  return { places, count };
}
