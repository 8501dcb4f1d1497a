/** @file What a probe of freshly sampled networks costs on two cores: measured, rounded up. */
import { countParameters, type Model } from "../net/index.ts";

/** Compiling, and the overhead of each layer. */
const fixedSeconds = 0.5;
const secondsPerTap = 0.02;
/** Drawing a weight of each sampled network and using it; most of the time of wide networks. */
const secondsPerWeight = 3e-8;

/** Predicted seconds. */
export function probeSeconds(model: Model, seeds: number): number {
  return fixedSeconds + secondsPerTap * model.taps.length + secondsPerWeight * seeds * countParameters(model);
}
