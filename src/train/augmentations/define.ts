/**
 * @file One augmentation, one record: its options, the random numbers it needs for one example, and what it makes of a
 * batch. Draws are fed to the step like those of dropout, so a resumed run goes on with the same bits and both passes of
 * SAM see the same batch.
 */
import type { z } from "zod";
import type { Dataset } from "../../data/index.ts";
import type { Tensor } from "../../expr/index.ts";
import type { Shape } from "../../tensor/index.ts";

/** Options beside the kind. */
type Options = Readonly<Record<string, unknown>>;

export interface Augmentation<O = Options> {
  readonly kind: string;
  /** One line for lists: what becomes of an example. */
  readonly summary: string;
  /** The option that the short form sets: `shift=2`. */
  readonly main: keyof O & string;
  readonly options: z.ZodType<O>;
  /** Kinds of data that it can be done to. */
  readonly acts: readonly Dataset["kind"][];
  /** Shape of the uniform [0, 1) numbers that one example of a shape needs. */
  draws(options: O, example: Shape): Shape;
  /**
   * @param x [B, ...example], in the units that the network sees (pixels / 255).
   * @param u [B, ...draws].
   * @returns [B, ...example]
   * @throws FathomError bad-input for options that do not suit the example's shape.
   */
  apply(options: O, x: Tensor, u: Tensor): Tensor;
}

/**
 * States an augmentation.
 * @example export const flip = defineAugmentation({ kind: "flip", … });
 */
export function defineAugmentation<O>(augmentation: Augmentation<O>): Augmentation {
  return augmentation as unknown as Augmentation;
}
