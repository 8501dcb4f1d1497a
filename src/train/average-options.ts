/** @file Options of averages of weights along a run (training.md §1.3): SWA, WASAM where SAM is on, EMA. */
import { z } from "zod";
import { badOption, fraction, parse } from "./options.ts";

/** One average. Several may be kept in one run; each takes the memory of the weights. */
export interface AverageSpec {
  /** `swa-0.75` or `ema-0.999`, after start or decay, unless said. Letters, digits, `.`, `_` and `-`. */
  readonly name?: string;
  /** Part of the run after which weights are taken; 0.75 unless said. */
  readonly start?: number;
  /**
   * When they are taken: at the end of every epoch, or of every cycle of a cyclic schedule, or every so many steps. Unless
   * said, epochs, and every step for `ema`.
   */
  readonly every?: "epoch" | "cycle" | number;
  /** Decay a of a moving average w̄ = a·w̄ + (1 - a)·w; without it all weights taken count alike. */
  readonly ema?: number;
}

/** The same, complete and checked. */
export interface AverageOptions {
  readonly name: string;
  readonly start: number;
  readonly every: "epoch" | "cycle" | number;
  readonly ema?: number;
}

const average = z.strictObject({
  name: z
    .string()
    .regex(/^(?!(last|best)$)[A-Za-z0-9._-]+$/)
    .optional()
    .describe("a name of letters, digits, dots, dashes and underscores, other than last and best"),
  start: fraction.default(0.75),
  every: z
    .union([z.literal("epoch"), z.literal("cycle"), z.int().min(1)])
    .optional()
    .describe('"epoch", "cycle" or a number of steps: a whole number, 1 or more'),
  ema: fraction.optional(),
});

/**
 * Checks averages and names them.
 * @throws FathomError bad-input naming the field; also where two have one name.
 * @example parseAverages([{ start: 0.5 }, { ema: 0.99 }]).map(({ name }) => name) // ["swa-0.5", "ema-0.99"]
 */
export function parseAverages(specs: readonly AverageSpec[]): readonly AverageOptions[] {
  if (!Array.isArray(specs)) throw badOption("averages", specs, "a list of averages");
  const names = new Set<string>();
  return specs.map((spec, i) => {
    const parsed = parse(average as z.ZodType<AverageSpec & { start: number }>, spec, `averages[${i}]`);
    const { ema, start, every = ema === undefined ? "epoch" : 1 } = parsed;
    const name = parsed.name ?? (ema === undefined ? `swa-${start}` : `ema-${ema}`);
    if (names.has(name)) throw badOption(`averages[${i}].name`, name, "a name that no other average has");
    names.add(name);
    return { name, start, every, ...(ema === undefined ? {} : { ema }) };
  });
}
