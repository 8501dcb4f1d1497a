/** @file The surface of a loss: slices, curvature, sharpness (training.md §1.4). */
export type * from "./types.ts";
