/** @file The surface of a loss: slices, curvature, sharpness (training.md §1.4). */
export { type SurfaceBatch, type SurfaceGraph, type SurfaceParts, surfaceOf } from "./compiled.ts";
export { pointOf, vectorOf } from "./coordinates.ts";
export { hessianEigenvalues, hessianTrace, spectralDensity } from "./curvature.ts";
export { randomDirection, sliceGrid, sliceLine } from "./directions.ts";
export { type ExpressionSurfaceOptions, expressionSurface } from "./expression.ts";
export { type ForeignSurfaceOptions, foreignSurface } from "./foreign-surface.ts";
export { interpolate, planeThrough } from "./lines.ts";
export { type ModelSurfaceOptions, modelSurface } from "./model-surface.ts";
export { averageRise } from "./rise.ts";
export { sharpness } from "./sharpness.ts";
export type * from "./types.ts";
