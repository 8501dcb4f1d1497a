/**
 * @file Validation of training options at the door: what cannot be used is refused with the field's name before
 * anything is compiled.
 */
import { z } from "zod";
import type { Task } from "../data/index.ts";
import { FathomError } from "../tensor/index.ts";
import { type LossKind, lossesOf, lossKinds } from "./losses.ts";
import type { OptimizerOptions } from "./optimisers.ts";

/** An optimiser as a caller writes it; what is left out takes PyTorch's defaults, except momentum 0.9. */
export type OptimizerSpec =
  | {
      readonly kind: "sgd";
      readonly momentum?: number;
      readonly nesterov?: boolean;
      readonly weightDecay?: number;
    }
  | {
      readonly kind: "adam" | "adamw";
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

const count = z.int().min(1).describe("a whole number, 1 or more");
export const fraction = z.number().min(0).lt(1).describe("a number from 0 up to, not including, 1");
export const unitInterval = z.number().min(0).max(1).describe("a number from 0 to 1");
const positive = z.number().gt(0).describe("a finite number above 0");
export const nonNegative = z.number().min(0).describe("a finite number, 0 or more");

const moments = {
  beta1: fraction.default(0.9),
  beta2: fraction.default(0.999),
  epsilon: positive.default(1e-8),
};

const optimizers = {
  sgd: z.strictObject({
    kind: z.literal("sgd"),
    momentum: fraction.default(0.9),
    nesterov: z.boolean().default(false).describe("true or false"),
    weightDecay: nonNegative.default(0),
  }),
  adam: z.strictObject({ kind: z.literal("adam"), ...moments, weightDecay: nonNegative.default(0) }),
  adamw: z.strictObject({ kind: z.literal("adamw"), ...moments, weightDecay: nonNegative.default(0.01) }),
};

/** @throws FathomError bad-input naming the field. */
export function parseOptimizer(spec: OptimizerSpec): OptimizerOptions {
  const kind = (spec as { kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(optimizers, kind)) {
    throw badOption("optimizer.kind", kind, `one of ${Object.keys(optimizers).join(", ")}`);
  }
  const rule = optimizers[kind as keyof typeof optimizers];
  const parsed = parse(rule as z.ZodType<OptimizerOptions>, spec, "optimizer");
  if (parsed.kind === "sgd" && parsed.nesterov && parsed.momentum === 0) {
    throw badOption("optimizer.momentum", 0, "above 0 where nesterov is on");
  }
  return parsed;
}

/** The loss, or the usual one of the task. @throws FathomError bad-input unless the loss is known and suits the task. */
export function parseLoss(loss: LossKind | undefined, task: Task): LossKind {
  const suitable = lossesOf[task];
  if (loss === undefined) return suitable[0]!;
  const known = parse(z.enum(lossKinds).describe(`one of ${lossKinds.join(", ")}`), loss, "loss");
  if (suitable.includes(known)) return known;
  throw badOption("loss", loss, `one of ${suitable.join(", ")} where the task is ${task}`);
}

/** A count such as `batch` or `steps`. @throws FathomError bad-input naming the field. */
export function parseCount(value: number, field: string): number {
  return parse(count, value, field);
}

/** A number above 0 such as `learningRate`. @throws FathomError bad-input naming the field. */
export function parsePositive(value: number, field: string): number {
  return parse(positive, value, field);
}

/**
 * Row indices as a list of their own.
 * @param available Rows of the split; indices must lie below.
 * @throws FathomError bad-input naming the entry at fault; an empty list is refused.
 */
export function parseRows(rows: ArrayLike<number>, available: number, field: string): Int32Array {
  if (rows.length === 0) throw badOption(field, [], "at least one row");
  const parsed = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= available) {
      throw badOption(`${field}[${i}]`, row, `a row of the data: a whole number from 0 to ${available - 1}`);
    }
    parsed[i] = row;
  }
  return parsed;
}

/**
 * Factors on the learning rate by parameter.
 * @param trained - names of the parameters that may have one.
 * @throws FathomError bad-input naming the factor at fault.
 */
export function parseRates(
  rates: Readonly<Record<string, number>>,
  trained: readonly string[],
): Readonly<Record<string, number>> {
  for (const [name, factor] of Object.entries(rates)) {
    if (!trained.includes(name)) {
      throw new FathomError({
        code: "bad-input",
        message: `rates has "${name}", which is no trained parameter of the network.`,
        where: `rates.${name}`,
        hint: `Trained are ${trained.slice(0, 8).join(", ")}${trained.length > 8 ? ", …" : ""}.`,
      });
    }
    parse(nonNegative, factor, `rates.${name}`);
  }
  return rates;
}

/** The error for an option that cannot be used: says what it is and what it must be. */
export function badOption(field: string, value: unknown, expected: string): FathomError {
  const shown = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "missing");
  return new FathomError({
    code: "bad-input",
    message: `${field} is ${shown.length > 40 ? `${shown.slice(0, 37)}…` : shown}; it must be ${expected}.`,
    where: field,
    hint: `Give ${expected}.`,
  });
}

/** A value by its schema. @throws FathomError bad-input naming the field within it. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const shape = schema instanceof z.ZodObject ? schema.shape : {};
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    throw new FathomError({
      code: "bad-input",
      message: `${field} has no option "${key}".`,
      where: `${field}.${key}`,
      hint: `Known: ${Object.keys(shape).join(", ")}.`,
    });
  }
  const name = issue.path[0] as string | undefined;
  const at = name === undefined ? value : (value as Record<string, unknown> | null)?.[name];
  const expected = (name === undefined ? schema : (shape[name] as z.ZodType | undefined))?.description;
  throw badOption([field, ...issue.path].join("."), at, expected ?? issue.message);
}
