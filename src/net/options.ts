/** @file The scalar options that layers share, as zod schemas. */
import { z } from "zod";

/** A count: 1, 2, 3, … */
export const positiveInt = z.int().min(1);

/** A variance or a strength: finite, zero or more. */
export const nonNegative = z.number().min(0);

/** From 0 to 1. */
export const fraction = z.number().min(0).max(1);

/** Any finite number. */
export const finite = z.number();
