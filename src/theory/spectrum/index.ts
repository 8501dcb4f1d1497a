/** @file Spectra of Jacobians by free probability (criticality.md §8-10). */
export type { Distribution, Totals } from "./distribution.ts";
export type { JacobianSpectrum, SpectrumAtom } from "./face.ts";
export * from "./isometry.ts";
export * from "./limits.ts";
export { momentsOfS, sTransform } from "./series.ts";
export * from "./spectrum.ts";
