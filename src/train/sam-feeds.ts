/** @file What steps with SAM are fed: ρ, and whether they take the second gradient. */
import { type FloatDType, filled, type NdArray, ndarray } from "../tensor/index.ts";
import { isSamStep, type SamOptions } from "./sam-options.ts";
import { RHO, SAM_STEP } from "./step.ts";

/** For steps start … start + count - 1. @returns By name, [count] each. */
export function samFeeds(
  sam: SamOptions,
  dtype: FloatDType,
  start: number,
  count: number,
): Record<string, NdArray> {
  const rho = { [RHO]: filled(dtype, [count], sam.rho) };
  if (sam.every === 1) return rho;
  const active = Array.from({ length: count }, (_, i) => Number(isSamStep(sam, start + i)));
  return { ...rho, [SAM_STEP]: ndarray("bool", [count], active) };
}
