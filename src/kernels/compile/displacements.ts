/**
 * @file Which displacements every segment runs, found from the last segment to the first (kernels.md §5), and the geometry of
 * maps of one displacement: p runs over the positions with p and p + Δ both inside. On a ring, Δ counts modulo its length and
 * maps stay whole.
 */
import type { CovarianceOp } from "../../net/index.ts";
import { declined } from "./declined.ts";
import type { AxisMatrix, Both, Ending, Instruction, Space, Stack, Window } from "./program.ts";
import type { Part } from "./segments.ts";

/** Whether each axis is a ring: some window goes on at its other end. */
export type Rings = readonly [boolean, boolean];

export const keyOf = ([y, x]: Both): string => `${y},${x}`;

/** The axes along which some layer is circular. */
export function ringsOf(ops: readonly CovarianceOp[]): Rings {
  const rings: [boolean, boolean] = [false, false];
  const visit = (op: CovarianceOp): void => {
    if ("windows" in op) {
      for (const [i, axis] of op.windows.entries()) {
        if (axis.wraps && axis.kernel > 1) rings[i + 2 - op.windows.length] = true;
      }
    }
    if ("branch" in op) op.branch.forEach(visit);
    if ("branches" in op) op.branches.flat().forEach(visit);
  };
  ops.forEach(visit);
  return rings;
}

/** Geometry of the maps of a program. */
export class Geometry {
  readonly rings: Rings;

  constructor(rings: Rings) {
    this.rings = rings;
  }

  /** A displacement of the input as one of this space; undefined where it has none. */
  on(space: Space, reference: Both): Both | undefined {
    const steps = reference.map((value, i) => {
      const size = space.sizes[i]!;
      const step = value / space.factor[i]!;
      const whole = Math.round(step);
      if (Math.abs(step - whole) > 1e-6) return Number.NaN;
      if (this.rings[i]) return ((whole % size) + size) % size;
      return Math.abs(whole) < size ? whole : Number.NaN;
    });
    return steps.some(Number.isNaN) ? undefined : [steps[0]!, steps[1]!];
  }

  /** From position to position, as a displacement. */
  between(space: Space, from: Both, to: Both): Both {
    const steps = from.map((p, i) => {
      const step = to[i]! - p;
      return this.rings[i] ? (step + space.sizes[i]!) % space.sizes[i]! : step;
    });
    return [steps[0]!, steps[1]!];
  }

  /** Rows and columns of the map. */
  sizes(space: Space, displacement: Both): Both {
    const [y, x] = space.sizes.map((size, i) => (this.rings[i] ? size : size - Math.abs(displacement[i]!)));
    return [y!, x!];
  }

  /** The position that the map's first entry belongs to. */
  origin(displacement: Both): Both {
    const [y, x] = displacement.map((step, i) => (this.rings[i] ? 0 : Math.max(0, -step)));
    return [y!, x!];
  }

  /** Index of position p in the map of a displacement. */
  index(space: Space, displacement: Both, p: Both): number {
    const [top, left] = this.origin(displacement);
    return (p[0] - top) * this.sizes(space, displacement)[1] + p[1] - left;
  }

  /** The other position of a pair; undefined where it is outside. */
  partner(space: Space, displacement: Both, p: Both): Both | undefined {
    const other = p.map((at, i) => {
      const moved = at + displacement[i]!;
      const size = space.sizes[i]!;
      return this.rings[i] ? moved % size : moved >= 0 && moved < size ? moved : Number.NaN;
    });
    return other.some(Number.isNaN) ? undefined : [other[0]!, other[1]!];
  }

  /** All displacements of a space. */
  all({ sizes }: Space): Both[] {
    const axis = (i: 0 | 1) => {
      const size = sizes[i];
      return this.rings[i]
        ? Array.from({ length: size }, (_, d) => d)
        : Array.from({ length: 2 * size - 1 }, (_, d) => d - size + 1);
    };
    const [rows, columns] = [axis(0), axis(1)];
    return rows.flatMap((y) => columns.map((x): Both => [y, x]));
  }
}

/** A position by its number. */
export function positionAt({ sizes }: Space, index: number): Both {
  return [Math.floor(index / sizes[1]), index % sizes[1]];
}

/** Entries of A K Aᵀ: position i of displacement Δ gains value times position p of another displacement. */
export interface MixEntry {
  readonly displacement: Both;
  readonly source: number;
  readonly target: number;
  readonly value: number;
}

/** No program may hold more entries than this. */
const MAX_ENTRIES = 2 ** 22;

/** All entries of A K Aᵀ that a stack asks for. */
export function mixEntries(geometry: Geometry, from: Space, matrix: AxisMatrix, stack: Stack): MixEntry[] {
  const { space, places } = stack;
  const entries: MixEntry[] = [];
  for (const { displacement, offset } of places.values()) {
    for (const [i, row] of matrix.entries()) {
      const other = geometry.partner(space, displacement, positionAt(space, i));
      if (other === undefined) continue;
      const target = offset + 16 * geometry.index(space, displacement, positionAt(space, i));
      for (const a of row) {
        for (const b of matrix[other[0] * space.sizes[1] + other[1]]!) {
          const p = positionAt(from, a.column);
          const between = geometry.between(from, p, positionAt(from, b.column));
          const source = 16 * geometry.index(from, between, p);
          entries.push({ displacement: between, source, target, value: a.value * b.value });
        }
      }
      if (entries.length > MAX_ENTRIES) throw declined("matrices over so many pairs of positions");
    }
  }
  return entries;
}

/** A pooling as a matrix over positions: of rings, whose maps are whole. */
export function poolMatrix(from: Space, to: Space, windows: readonly [Window, Window]): AxisMatrix {
  const axis = (i: 0 | 1) =>
    Array.from({ length: to.sizes[i] }, (_, at) => {
      const { kernel, stride, lo, wraps } = windows[i];
      const all = Array.from({ length: kernel }, (__, j) => at * stride + j - lo);
      const size = from.sizes[i];
      return wraps ? all.map((p) => (p + size) % size) : all.filter((p) => p >= 0 && p < size);
    });
  const [rows, columns] = [axis(0), axis(1)];
  return rows.flatMap((top) =>
    columns.map((left) => top.flatMap((y) => left.map((x) => ({ column: y * from.sizes[1] + x, value: 1 })))),
  );
}

/** Whether the windows of a pooling are rectangles of maps: windows that cross the end of a ring are not. */
export function isWindowed({ rings }: Geometry, { sizes }: Space, ending: Ending): boolean {
  if (ending.kind !== "pool") return false;
  return ending.windows.every(
    ({ kernel, stride }, i) => !rings[i] || (kernel === sizes[i] && stride === kernel),
  );
}

/** Displacements before sums over windows of both positions: sΔ + δ, |δ| below the window; on a ring, all. */
function poolReach(
  { rings }: Geometry,
  from: Space,
  windows: readonly [Window, Window],
  stack: Stack,
): Both[] {
  const found = new Map<string, Both>();
  for (const { displacement } of stack.places.values()) {
    const axis = (i: 0 | 1) => {
      if (rings[i]) return [...new Array(from.sizes[i]).keys()];
      const { kernel, stride } = windows[i];
      const steps = Array.from(
        { length: 2 * kernel - 1 },
        (_, d) => stride * displacement[i] + d - kernel + 1,
      );
      return steps.filter((step) => Math.abs(step) < from.sizes[i]);
    };
    for (const y of axis(0)) for (const x of axis(1)) found.set(keyOf([y, x]), [y, x]);
  }
  return [...found.values()];
}

/** Displacements that a segment's end needs before it. */
function needed(
  geometry: Geometry,
  instruction: Instruction,
): { readonly space: Space; readonly all: Both[] } {
  const { op, source, stack, from, ending } = instruction;
  if (op === "keep") return { space: source!.space, all: displacementsOf(stack!) };
  if (ending!.kind === "attend") return { space: from!.space, all: geometry.all(from!.space) };
  const { space } = source!;
  if (ending!.kind === "pool" && isWindowed(geometry, space, ending!)) {
    return { space, all: poolReach(geometry, space, ending!.windows, stack!) };
  }
  const matrix = ending!.kind === "mix" ? ending!.matrix : poolMatrix(space, stack!.space, ending!.windows);
  const found = new Map<string, Both>();
  for (const { displacement } of mixEntries(geometry, space, matrix, stack!)) {
    found.set(keyOf(displacement), displacement);
  }
  return { space, all: [...found.values()] };
}

export function displacementsOf({ places }: Stack): Both[] {
  return [...places.values()].map(({ displacement }) => displacement);
}

/** Asks a stack for a displacement. */
function ask(stack: Stack, displacement: Both): void {
  stack.places.set(keyOf(displacement), { displacement, offset: 0 });
}

/** Displacements of the input that each segment runs, 0 first; fills the stacks' lists. */
export function runsOf(geometry: Geometry, parts: readonly Part[]): Both[][] {
  const runs: Both[][] = [];
  for (const [i, { instructions }] of [...parts.entries()].toReversed()) {
    const found = new Map<string, Both>([["0,0", [0, 0]]]);
    for (const { from } of instructions) if (from) for (const d of geometry.all(from.space)) ask(from, d);
    for (const instruction of instructions) {
      if (instruction.op !== "keep" && instruction.op !== "end") continue;
      const { space, all } = needed(geometry, instruction);
      for (const [y, x] of all) {
        const reference: Both = [y * space.factor[0], x * space.factor[1]];
        found.set(keyOf(reference), reference);
      }
    }
    runs[i] = [...found.values()];
    if (runs[i].length > 1) for (const instruction of instructions) requireRings(geometry, instruction);
    for (const { op, stack } of instructions) {
      if (op !== "fetch") continue;
      for (const reference of runs[i]) {
        const displacement = geometry.on(stack!.space, reference);
        if (displacement !== undefined) ask(stack!, displacement);
      }
    }
  }
  return runs;
}

/** @throws FathomError unsupported for windows that do not go round a ring that others go round. */
function requireRings({ rings }: Geometry, { op, windows, origin, source, target }: Instruction): void {
  rings.forEach((ring, i) => {
    if (!ring) return;
    const { kernel = 1, stride = 1, lo = 0, wraps = false } = windows?.[i] ?? {};
    const [before, after] = [source?.space.sizes[i] ?? 1, target?.space.sizes[i] ?? 1];
    const mean = after === 1 && kernel === before;
    const round =
      op !== "box" || mean || ((wraps || (kernel === 1 && lo === 0)) && stride * after === before);
    const whole = origin === undefined || before === after;
    if (!round || !whole || (op === "spread" && (kernel > 1 || stride > 1))) {
      throw declined("circular layers together with others where positions are mixed");
    }
  });
}
