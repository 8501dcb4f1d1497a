/** @file Joins each ReLU with the 3×3 sums after it, where nobody else reads between: the fast paths of the interpreter. */
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

function isSame3Sum({ op, source, target, diagonal, windows }: Instruction): boolean {
  return op === "box" && !diagonal && target!.space === source!.space && windows!.every(isSame3);
}

type Readers = ReadonlyMap<number, number>;

/** Whether the sum is all that reads the ReLU before it. */
function joins(relu: Instruction | undefined, sum: Instruction, readers: Readers): boolean {
  if (relu?.op !== "relu" || relu.tangent !== undefined) return false;
  const alone = relu.target!.id === sum.source?.id && readers.get(relu.target!.id) === 1;
  return alone && isSame3Sum(sum);
}

/** Whether sums of K and of Θ, which gains the sum of K once, are all that reads a ReLU of both. */
function leads(
  { op, target, tangent }: Instruction,
  ofK: Instruction | undefined,
  ofTheta: Instruction | undefined,
  readers: Readers,
): boolean {
  if (op !== "relu" || !tangent || !ofK || !ofTheta) return false;
  const alone = [target!, tangent.target].every(({ id }) => readers.get(id) === 1);
  const follow = ofK.source?.id === target!.id && ofTheta.source?.id === tangent.target.id;
  if (!alone || !follow || !isSame3Sum(ofK) || !isSame3Sum(ofTheta)) return false;
  return ofK.other === undefined && ofTheta.other?.id === ofK.target!.id;
}

/**
 * The list with ReLU and 3×3 sums joined; ReLUs of K and Θ are told that their sums follow. `results` are the maps that are
 * read at the end.
 */
export function fuse(instructions: readonly Instruction[], results: readonly number[]): Instruction[] {
  const readers = readersOf(instructions, results);
  const joined: Instruction[] = [];
  for (const [i, instruction] of instructions.entries()) {
    const last = joined.at(-1);
    if (joins(last, instruction, readers)) {
      const { source, kept, flag } = last!;
      joined[joined.length - 1] = { ...instruction, source: source!, kept: kept!, flag: flag!, fused: true };
    } else {
      const led = leads(instruction, instructions[i + 1], instructions[i + 2], readers);
      joined.push(led ? { ...instruction, leads: true } : instruction);
    }
  }
  return joined;
}
