/**
 * @file Cuts a list of instructions where positions of one item are mixed (kernels.md §5). Inside a segment all maps belong to
 * one displacement at a time; what later segments read is kept in stacks, one map a displacement.
 */
import type { Ending, Instruction, MapValue, Stack } from "./program.ts";

/** Instructions of one segment; its endings are among them. */
export interface Part {
  readonly instructions: readonly Instruction[];
}

/** Sums of so many terms keep what rounding takes from them. */
const MANY = 64;

/** Whether a place gains more than {@link MANY} terms: one a displacement, or one an entry of A K Aᵀ. */
function gainsMany(ending: Ending): boolean {
  if (ending.kind === "attend") return false;
  if (ending.kind === "mix") return Math.max(...ending.matrix.map((row) => row.length)) ** 2 > MANY;
  const [y, x] = ending.windows;
  return (2 * y.kernel - 1) * (2 * x.kernel - 1) > MANY;
}

/** The segment of every instruction: a new one begins after an ending, but for another ending of what came before it. */
function numbered(instructions: readonly Instruction[]): number[] {
  let segment = 0;
  let ended = new Set<number>();
  return instructions.map(({ op, source, target }) => {
    if (ended.size > 0 && (op !== "end" || ended.has(source!.id))) {
      segment++;
      ended = new Set();
    }
    if (op === "end") ended.add(target!.id);
    return segment;
  });
}

/** Cuts, and connects the segments by stacks. */
class Cutter {
  readonly parts: Instruction[][] = [];
  readonly #made = new Map<number, { readonly segment: number; readonly end: boolean }>();
  readonly #stacks = new Map<number, Stack>();
  readonly #fetched = new Map<string, MapValue>();
  #fresh: number;

  constructor(instructions: readonly Instruction[]) {
    this.#fresh =
      1 + Math.max(...instructions.map(({ target }) => target?.id ?? 0), ...tangentIds(instructions));
    const segments = numbered(instructions);
    const crossing = crossings(instructions, segments);
    for (const [i, instruction] of instructions.entries()) {
      const segment = segments[i]!;
      if (this.parts[segment] === undefined) this.parts[segment] = [];
      this.#add(segment, instruction, crossing);
    }
  }

  #add(segment: number, given: Instruction, crossing: ReadonlySet<number>): void {
    const part = this.parts[segment]!;
    const here = (map: MapValue) => this.#here(map, segment);
    const { source, other, tangent, target } = given;
    const instruction: Instruction = {
      ...given,
      ...(source && { source: here(source) }),
      ...(other && { other: here(other) }),
      ...(tangent && { tangent: { ...tangent, source: here(tangent.source) } }),
    };
    const written = [target, tangent?.target].filter((map) => map !== undefined);
    for (const map of written) this.#made.set(map.id, { segment, end: given.op === "end" });
    if (given.op === "end") {
      part.push(this.#ending(part, instruction));
      return;
    }
    part.push(instruction);
    for (const map of written) {
      if (crossing.has(map.id)) part.push(kept(map, this.#stack(map)));
    }
  }

  /** The value as the segment sees it: fetched where an earlier segment made it. */
  #here(map: MapValue, segment: number): MapValue {
    const made = this.#made.get(map.id)!;
    if (made.segment === segment && !made.end) return map;
    const key = `${segment}:${map.id}`;
    let value = this.#fetched.get(key);
    if (value === undefined) {
      value = { ...map, id: this.#fresh++ };
      this.#fetched.set(key, value);
      this.parts[segment]!.push({ op: "fetch", target: value, factor: 1, shift: 0, stack: this.#stack(map) });
    }
    return { ...map, id: value.id };
  }

  #stack(map: MapValue, ending?: Ending): Stack {
    const precise = ending !== undefined && gainsMany(ending);
    const stack = this.#stacks.get(map.id) ?? { space: map.space, places: new Map(), precise };
    this.#stacks.set(map.id, stack);
    return stack;
  }

  /** Attention reads a stack of its source. */
  #ending(part: Instruction[], instruction: Instruction): Instruction {
    const { target, source, ending, ...rest } = instruction;
    const stack = this.#stack(target!, ending);
    if (ending!.kind !== "attend") return { ...rest, ending: ending!, source: source!, stack };
    const from: Stack = { space: source!.space, places: new Map(), precise: false };
    part.push(kept(source!, from));
    return { ...rest, ending: ending!, stack, from };
  }
}

function kept(source: MapValue, stack: Stack): Instruction {
  return { op: "keep", source, factor: 1, shift: 0, stack };
}

function tangentIds(instructions: readonly Instruction[]): number[] {
  return instructions.flatMap(({ tangent }) => (tangent ? [tangent.target.id] : []));
}

/** Values that a later segment reads, of those that no ending made. */
function crossings(instructions: readonly Instruction[], segments: readonly number[]): Set<number> {
  const made = new Map<number, number>();
  const found = new Set<number>();
  for (const [i, { source, other, tangent, target }] of instructions.entries()) {
    for (const map of [source, other, tangent?.source]) {
      if (map !== undefined && made.get(map.id) !== segments[i]) found.add(map.id);
    }
    for (const map of [target, tangent?.target]) if (map !== undefined) made.set(map.id, segments[i]!);
  }
  return found;
}

/** The segments of a list of instructions. */
export function segmentsOf(instructions: readonly Instruction[]): Part[] {
  return new Cutter(instructions).parts.map((part) => ({ instructions: part }));
}
