/** @file What a probe of freshly sampled networks costs on two cores: measured, rounded up. */
import { countParameters, type Model } from "../net/index.ts";
import { secondsPerStep } from "./step-cost.ts";

/** Compiling, and the overhead of each layer. */
const fixedSeconds = 0.5;
const secondsPerTap = 0.02;
/** Drawing a weight of each sampled network and using it; most of the time of wide networks. */
const secondsPerWeight = 3e-8;

/**
 * Predicted seconds.
 * @param rows - inputs that are run through each network; with probes, as many times.
 */
export function probeSeconds(
  model: Model,
  { seeds, rows }: { readonly seeds: number; readonly rows: number },
): number {
  const overhead = fixedSeconds + secondsPerTap * model.taps.length;
  return overhead + seeds * (secondsPerWeight * countParameters(model) + secondsPerStep(model, rows));
}
