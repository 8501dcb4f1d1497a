/** @file Tuning a network to criticality by measurement: sequential sweep, AutoInit objective, two numbers. */
export { type LayerGain, variancesByLayer } from "./gains.ts";
export { type GivenTuneOptions, type GivenTuning, tuneGiven, type WeightGain } from "./given.ts";
export { type GainSearch, solveGain } from "./solve.ts";
export type { StretchResult } from "./sweep.ts";
export {
  checkTuning,
  isTunable,
  type TuneOptions,
  type Tuning,
  tuneByObjective,
  tuneByScalars,
  tuneBySweep,
  tuningSeeds,
} from "./tune.ts";
