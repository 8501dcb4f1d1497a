/**
 * @file What activations other than ReLU keep of items: while items meet themselves, their variances pass through here in
 * float64 (kernels.md §3), and Θ(x, x) with them.
 */
import { FathomError, relocated } from "../../tensor/index.ts";
import { derivativeMoment, mean } from "../../theory/index.ts";
import type { FormUse, Program } from "../compile/index.ts";
import { type Arena, LANES } from "./memory.ts";

/** Words of a record: the maps of K and Θ before and after, what comes before its slots, the form, and the scale of K. */
const [SOURCE, TARGET, OFFSET, FORM, FROM, TO, SCALE] = [2, 3, 21, 22, 24, 25, 28];

/** The host function of the interpreter: slots of `positions` variances of four items, and what comes after. */
export function preparation(
  arena: Arena,
  program: Program,
  maps: number,
): (record: number, slots: number, positions: number) => void {
  const bounds = program.forms.map(() => new SeriesBound());
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
    const means =
      use.mean && arena.floats(slotsAt + 4 * LANES * (use.mean.offset - words[OFFSET!]!), positions * LANES);
    const theta = words[TO!]! < 0 ? undefined : { from: map(FROM!), to: map(TO!) };
    const kept = new Float32Array(form.slots);
    let largest = 0;
    for (let i = 0; i < positions * LANES; i++) {
      const [position, lane] = [Math.floor(i / LANES), i % LANES];
      const v = Math.max(source[i]! * scale, 0);
      const after = prepared(use, v, kept);
      largest = Math.max(largest, v);
      if (theta !== undefined) theta.to[i] = theta.from[i]! * derivativeMoment(activation, v);
      target[i] = after;
      if (means !== undefined) means[i] = mean(activation, v);
      for (const [slot, value] of kept.entries()) {
        slots[(position * form.slots + slot) * LANES + lane] = value;
      }
    }
    bounds[words[FORM!]!]!.require(use, largest);
  };
}

/** What a series may leave out of a kernel in float32. */
const SERIES_ERROR = 1e-5;
/** The compiler has tried series up to here. */
const FIRST_BOUND = 8;

/** Up to which variance the series of an activation has been found to do: tried at powers of two. */
class SeriesBound {
  #bound = FIRST_BOUND;

  /** @throws FathomError unsupported naming the layer whose variance is too large for its series. */
  require({ form, activation, layer }: FormUse, variance: number): void {
    while (variance > this.#bound) {
      const missing = form.missing(2 * this.#bound);
      if (missing > SERIES_ERROR) {
        throw new FathomError({
          code: "unsupported",
          message: `${layer?.name ?? "activation"}: a variance of ${variance.toPrecision(3)} is more than the float32 series of ${activation.kind} is made for (${this.#bound}); it would miss ${missing.toPrecision(2)} of the kernel.`,
          where: layer?.where ?? "kernel engine",
          hint: "Use precision float64, smaller inputs, or smaller variances of weights.",
        });
      }
      // Closed forms leave nothing out anywhere.
      this.#bound = missing === 0 ? Number.POSITIVE_INFINITY : 2 * this.#bound;
    }
  }
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
