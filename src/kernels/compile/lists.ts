/** @file The lists that endings of segments read: what is added where (assembly/covariance/moves.ts), and where attention finds pairs. */
import { type Geometry, isWindowed, keyOf, mixEntries, poolMatrix, positionAt } from "./displacements.ts";
import { realBits } from "./encode.ts";
import type { Both, Ending, Space, Stack, Window } from "./program.ts";

/** All lists of a program, one after the other. */
export class Lists {
  readonly words: number[] = [];

  /** Adds a list. @returns where it stands, in bytes. */
  add(list: readonly number[]): number {
    const at = this.words.length * 4;
    for (const word of list) this.words.push(word);
    return at;
  }
}

/** How both axes of a pooling meet: the windows of output Δ' that a map of Δ fills, a ring's whole; undefined where none. */
function poolAxis(
  { kernel, stride, lo }: Window,
  step: number,
  { out, ring }: { readonly out: number; readonly ring: boolean },
): number[] | undefined {
  if (ring) return [kernel, stride, 0];
  const between = step - stride * out;
  if (Math.abs(between) >= kernel) return undefined;
  const first = Math.max(0, -between) - lo;
  return [kernel - Math.abs(between), stride, stride * Math.max(0, -out) + first - Math.max(0, -step)];
}

function poolList(
  geometry: Geometry,
  windows: readonly [Window, Window],
  displacement: Both,
  { space, places }: Stack,
): number[] {
  const list: number[] = [];
  let count = 0;
  for (const { displacement: out, offset } of places.values()) {
    const axis = (i: 0 | 1) =>
      poolAxis(windows[i], displacement[i], { out: out[i], ring: geometry.rings[i] });
    const [y, x] = [axis(0), axis(1)];
    if (y === undefined || x === undefined) continue;
    list.push(offset, ...geometry.sizes(space, out), ...y, ...x);
    count++;
  }
  return [count, ...list];
}

/** Places of the lists of an ending, by the displacement of its source. */
export function listsOfEnding(
  geometry: Geometry,
  lists: Lists,
  source: Space,
  ending: Exclude<Ending, { kind: "attend" }>,
  stack: Stack,
): (displacement: Both) => number {
  if (ending.kind === "pool" && isWindowed(geometry, source, ending)) {
    return (displacement) => lists.add(poolList(geometry, ending.windows, displacement, stack));
  }
  const matrix = ending.kind === "mix" ? ending.matrix : poolMatrix(source, stack.space, ending.windows);
  const groups = new Map<string, number[]>();
  for (const entry of mixEntries(geometry, source, matrix, stack)) {
    const key = keyOf(entry.displacement);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(entry.target, entry.source, realBits(entry.value));
  }
  return (displacement) => {
    const group = groups.get(keyOf(displacement));
    return group === undefined ? -1 : lists.add([group.length / 3, ...group]);
  };
}

/** Places of all pairs of positions in a stack, row by row; −1 for displacements that it lacks. */
export function pairPlaces(geometry: Geometry, { space, places }: Stack): number[] {
  const count = space.sizes[0] * space.sizes[1];
  const positions = Array.from({ length: count }, (_, p) => positionAt(space, p));
  return positions.flatMap((p) =>
    positions.map((q) => {
      const displacement = geometry.between(space, p, q);
      const place = places.get(keyOf(displacement));
      return place === undefined ? -1 : place.offset + 16 * geometry.index(space, displacement, p);
    }),
  );
}
