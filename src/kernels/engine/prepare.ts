/**
 * @file What activations other than ReLU keep of items: while items meet themselves, their variances pass through here in
 * float64 (kernels.md §3), and Θ(x, x) with them.
 */
import { FathomError, relocated } from "../../tensor/index.ts";
import { derivativeMoment } from "../../theory/index.ts";
import type { FormUse, Program } from "../compile/index.ts";
import { type Arena, LANES } from "./memory.ts";

/** Words of a record: the maps of K and Θ before and after, the form, and the scale of K. */
const [SOURCE, TARGET, FORM, FROM, TO, SCALE] = [2, 3, 22, 24, 25, 28];

/** The host function of the interpreter: slots of `positions` variances of four items, and what comes after. */
export function preparation(
  arena: Arena,
  program: Program,
  maps: number,
): (record: number, slots: number, positions: number) => void {
  return (record, slotsAt, positions) => {
    const words = new Int32Array(arena.memory.buffer, record, 30);
    const scale = new Float32Array(arena.memory.buffer, record, 30)[SCALE!]!;
    const use = program.forms[words[FORM!]!]!;
    const { form, activation } = use;
    const map = (word: number) => arena.floats(maps + words[word]!, positions * LANES);
    const [source, target, slots] = [
      map(SOURCE!),
      map(TARGET!),
      arena.floats(slotsAt, positions * form.slots * LANES),
    ];
    const theta = words[TO!]! < 0 ? undefined : { from: map(FROM!), to: map(TO!) };
    const kept = new Float32Array(form.slots);
    for (let i = 0; i < positions * LANES; i++) {
      const [position, lane] = [Math.floor(i / LANES), i % LANES];
      const v = Math.max(source[i]! * scale, 0);
      const after = prepared(use, v, kept);
      if (theta !== undefined) theta.to[i] = theta.from[i]! * derivativeMoment(activation, v);
      target[i] = after;
      for (const [slot, value] of kept.entries()) {
        slots[(position * form.slots + slot) * LANES + lane] = value;
      }
    }
  };
}

/** @throws FathomError as the form, with the layer named in front. */
function prepared({ form, layer }: FormUse, v: number, kept: Float32Array): number {
  try {
    return form.prepare(v, kept, 0);
  } catch (cause) {
    if (!(cause instanceof FathomError) || layer === undefined) throw cause;
    throw relocated(cause, { message: `${layer.name}: ${cause.message}`, where: layer.where });
  }
}
