/** @file Refuses layers whose intermediate arrays would be beyond reason: their sizes are products that shapes hide. */
import { FathomError } from "../tensor/index.ts";
import type { Place } from "./define.ts";

/** Numbers that a layer may hold for one example besides its output: 256 MB in float32. */
const MAX_INTERMEDIATE = 2 ** 26;

/**
 * @param count - numbers that the layer would hold.
 * @param what - what they are: "pairs of tokens".
 * @throws FathomError too-large naming the layer.
 */
export function refuseLarge(count: number, what: string, { self, before, where }: Place): void {
  if (count <= MAX_INTERMEDIATE) return;
  throw new FathomError({
    code: "too-large",
    message: `${self} would hold ${count} ${what} for what ${before} gives; the bound is ${MAX_INTERMEDIATE}.`,
    where,
    hint: "Use fewer positions or smaller kernels: pool or stride before it.",
  });
}
