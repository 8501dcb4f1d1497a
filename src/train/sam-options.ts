/** @file Options of sharpness-aware minimisation (training.md §1.2), and what its steps cost in gradients. */
import { z } from "zod";
import { badOption, nonNegative, parse, unitInterval } from "./options.ts";

export type SamVariant = "sam" | "look" | "esam";

/** Sharpness-aware minimisation around the base optimiser. */
export interface SamSpec {
  /** Radius of the perturbation: 0.05 to 0.1 is usual, 0.5 to 2 for `adaptive`; 0 is the base optimiser, to the bit. */
  readonly rho: number;
  /** ASAM: the perturbation grows with the weights, e = ρ·w²·g / ‖w·g‖; false unless said. */
  readonly adaptive?: boolean;
  /** m-sharpness: rows that share a perturbation; must divide the batch, and is the batch unless said. */
  readonly m?: number;
  /** Every how many steps the second gradient is taken; 1 unless said, 5 for `look`. */
  readonly every?: number;
  /**
   * `sam` unless said. `look`: between second gradients, steps go along the part of the last one that g does not hold.
   * `esam`: a random part of the weights is perturbed, and the second gradient is of the rows whose loss rose most.
   */
  readonly variant?: SamVariant;
  /** look: weight of the direction kept; 0.7 unless said. */
  readonly alpha?: number;
  /** esam: probability with which a weight is perturbed; 0.6 unless said. */
  readonly beta?: number;
  /** esam: fraction of the batch in the second gradient; 0.5 unless said. */
  readonly gamma?: number;
}

/** The same, complete and checked. */
export type SamOptions = Readonly<Required<Omit<SamSpec, "m">>> & { readonly m?: number };

const count = z.int().min(1).describe("a whole number, 1 or more");
const common = { rho: nonNegative, adaptive: z.boolean().default(false).describe("true or false") };
const portion = unitInterval.gt(0).describe("a number above 0, at most 1");
const unused = { alpha: 0, beta: 1, gamma: 1 };

const variants = {
  sam: z.strictObject({
    ...common,
    variant: z.literal("sam"),
    every: count.default(1),
    m: count.optional(),
  }),
  look: z.strictObject({
    ...common,
    variant: z.literal("look"),
    every: z.int().min(2).default(5).describe("a whole number, 2 or more"),
    alpha: nonNegative.default(0.7),
  }),
  esam: z.strictObject({
    ...common,
    variant: z.literal("esam"),
    every: count.default(1),
    beta: portion.default(0.6),
    gamma: portion.default(0.5),
  }),
} as const;

/**
 * Checks the options of SAM.
 * @throws FathomError bad-input naming the field, also where one belongs to another variant or m does not divide the batch.
 * @example parseSam({ rho: 0.05 }, 128)
 */
export function parseSam(spec: SamSpec, batch: number): SamOptions {
  const variant = (spec as SamSpec | null)?.variant ?? "sam";
  if (!Object.hasOwn(variants, variant)) {
    throw badOption("sam.variant", variant, `one of ${Object.keys(variants).join(", ")}`);
  }
  const given = Object.fromEntries(Object.entries(spec ?? {}).filter(([, value]) => value !== undefined));
  const parsed = parse(variants[variant] as z.ZodObject, { ...given, variant }, "sam");
  const options = { ...unused, ...parsed } as unknown as SamOptions;
  if (options.m !== undefined && batch % options.m !== 0) {
    throw badOption("sam.m", options.m, `a divisor of the batch, ${batch}`);
  }
  return options;
}

/** Rows of the second gradient. */
export function secondRows({ gamma }: Pick<SamOptions, "gamma">, batch: number): number {
  return Math.max(1, Math.round(gamma * batch));
}

/** Whether a step takes the second gradient: each `every`-th, from the first on. */
export function isSamStep({ every }: Pick<SamOptions, "every">, step: number): boolean {
  return step % every === 0;
}

/**
 * Gradients of a batch that one step takes on average: 2, 1 + 1/every, or 1 + γ.
 * @example gradientsPerStep(parseSam({ rho: 0.05 }, 128), 128) // 2
 */
export function gradientsPerStep(sam: SamOptions | undefined, batch: number): number {
  if (sam === undefined || sam.rho === 0) return 1;
  return 1 + secondRows(sam, batch) / batch / sam.every;
}

/** Gradients of a batch that the first `steps` steps of a run take. @example gradientEvaluations(undefined, 128, 10) // 10 */
export function gradientEvaluations(sam: SamOptions | undefined, batch: number, steps: number): number {
  if (sam === undefined || sam.rho === 0) return steps;
  return steps + Math.ceil(steps / sam.every) * (secondRows(sam, batch) / batch);
}
