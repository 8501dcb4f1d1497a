/**
 * @file The mean-field rules of layers in sequence. Every row of criticality.md §4 is one: plain is [activation, affine];
 * LayerNorm on preactivations [layerNorm, activation, affine]; on activations [activation, layerNorm, affine]; a residual
 * layer (branches.ts) wraps any of them.
 */
import type { Step } from "./step.ts";

/** Several steps as one. @example sequence([activation(scalarActivation("erf")), affine({ sw2: 0.8, sb2: 0 })]) */
export function sequence(steps: readonly Step[]): Step {
  return {
    name: steps.map(({ name }) => name).join(", ") || "identity",
    mixes: steps.some(({ mixes }) => mixes),
    ...inherited(steps),
    single: (state) => steps.reduce((s, step) => step.single(s), state),
    pair: (state) => steps.reduce((s, step) => step.pair(s), state),
  };
}

/** What a composition needs and takes for granted: what its parts do. */
export function inherited(steps: readonly Step[]): Pick<Step, "readsBatch" | "assumptions"> {
  const assumptions = [...new Set(steps.flatMap((step) => step.assumptions ?? []))];
  return {
    ...(steps.some(({ readsBatch }) => readsBatch) ? { readsBatch: true } : {}),
    ...(assumptions.length > 0 ? { assumptions } : {}),
  };
}
