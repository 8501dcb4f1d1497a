/** @file The scalar options that layers share, as zod schemas. */
import { z } from "zod";

/** A count: 1, 2, 3, … */
export const positiveInt = z.int().min(1);

/** Minus zero becomes zero: JSON text cannot hold it, and a network must be read back as it was. */
const unsigned = (value: number): number => value + 0;

/** Any finite number. */
export const finite = z.number().overwrite(unsigned);

/** A variance or a strength: finite, zero or more. */
export const nonNegative = finite.min(0);

/** From 0 to 1. */
export const fraction = finite.min(0).max(1);
