/** @file The surface of a loss: slices, curvature, sharpness (training.md §1.4). */
export { type SurfaceBatch, type SurfaceGraph, type SurfaceParts, surfaceOf } from "./compiled.ts";
export { pointOf, vectorOf } from "./coordinates.ts";
export { type ExpressionSurfaceOptions, expressionSurface } from "./expression.ts";
export { type ForeignSurfaceOptions, foreignSurface } from "./foreign-surface.ts";
export { type ModelSurfaceOptions, modelSurface } from "./model-surface.ts";
export type * from "./types.ts";
