/** @file Plain arrays, seeded random streams and small dense linear algebra: the ground floor. */
export * from "./array.ts";
export * from "./errors.ts";
