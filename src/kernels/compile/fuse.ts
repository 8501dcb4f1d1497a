/** @file Joins each ReLU with the 3×3 sum after it, where nobody else reads between: the fast path of the interpreter. */
import { readsOf } from "./allocate.ts";
import type { Instruction, Window } from "./program.ts";

/** How often every map is read. */
function readersOf(instructions: readonly Instruction[], results: readonly number[]): Map<number, number> {
  const readers = new Map<number, number>();
  const read = (id: number) => readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const instruction of instructions) for (const { id } of readsOf(instruction)) read(id);
  results.forEach(read);
  return readers;
}

function isSame3({ kernel, stride, dilation, lo, wraps }: Window): boolean {
  return kernel === 3 && stride === 1 && dilation === 1 && lo === 1 && !wraps;
}

function fits(relu: Instruction, box: Instruction): boolean {
  const alone = relu.op === "relu" && relu.tangent === undefined && box.op === "box" && !box.diagonal;
  return alone && box.target!.space === relu.target!.space && box.windows!.every(isSame3);
}

/** The list with ReLU and 3×3 sums joined. `results` are the maps that are read at the end. */
export function fuse(instructions: readonly Instruction[], results: readonly number[]): Instruction[] {
  const readers = readersOf(instructions, results);
  const joined: Instruction[] = [];
  for (const instruction of instructions) {
    const last = joined.at(-1);
    const follows = last?.target !== undefined && last.target.id === instruction.source?.id;
    if (!follows || readers.get(last.target.id) !== 1 || !fits(last, instruction)) {
      joined.push(instruction);
      continue;
    }
    const { source, kept, flag } = last;
    joined[joined.length - 1] = { ...instruction, source: source!, kept: kept!, flag: flag!, fused: true };
  }
  return joined;
}
