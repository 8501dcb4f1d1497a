/**
 * @file Tuning by two numbers (criticality.md §7.4): one weight variance for all layers at a given bias variance, from
 * measurement alone. The weights and biases are drawn once and rescaled, so that the mean Jacobian of the later layers is a
 * smooth function of σw, which a bisection meets.
 */
import { FathomError } from "../../tensor/index.ts";
import type { Gains } from "./gains.ts";
import type { Stage } from "./stage.ts";
import type { Sweep } from "./sweep.ts";

/** σw is searched here: σw² in [1e-4, 1e2], as in theory (§7.1). */
const bracket = { low: Math.log(1e-2), high: Math.log(10) };
/** Halvings: σw is found to 0.2 %. */
const steps = 12;

/**
 * Sets one σw² in all layers, so that J of the layers from the middle to the last hidden one has geometric mean 1.
 * @param sb2 - variance of all biases.
 * @returns J of every stretch there.
 * @throws FathomError failed `no critical sw for this sb` where J is not below 1 at small and above 1 at large σw.
 */
export async function tuneScalars(
  sweep: Sweep,
  stages: readonly Stage[],
  sb2: number,
): Promise<readonly number[]> {
  const growth = async (lnSw: number) => {
    setAll(sweep.gains, { sw2: Math.exp(2 * lnSw), sb2 });
    return lateGrowth(await sweep.measure(stages));
  };
  let { low, high } = bracket;
  const ends = { low: await growth(low), high: await growth(high) };
  if (!(ends.low < 0 && ends.high > 0)) throw noCritical(sb2, ends);
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    if ((await growth(middle)) < 0) low = middle;
    else high = middle;
  }
  setAll(sweep.gains, { sw2: Math.exp(low + high), sb2 });
  return sweep.measure(stages);
}

function setAll(gains: Gains, { sw2, sb2 }: { readonly sw2: number; readonly sb2: number }): void {
  for (const site of gains.sites()) {
    gains.setWeight(site, Math.sqrt(sw2 / site.sw2));
    gains.setSb2(site, sb2);
  }
}

/** Mean ln J of the layers from the middle to the last hidden one; ∞ where they overflow, −∞ where they die. */
function lateGrowth(J: readonly number[]): number {
  const last = Math.max(2, J.length - 1);
  const late = J.slice(Math.max(1, Math.min(Math.floor(last / 2), last - 1)), last).map(Math.log);
  const mean = late.reduce((sum, log) => sum + log, 0) / late.length;
  return Number.isNaN(mean) ? Number.POSITIVE_INFINITY : mean;
}

function noCritical(
  sb2: number,
  { low, high }: { readonly low: number; readonly high: number },
): FathomError {
  const side = low >= 0 ? "above 1 at all of them" : high <= 0 ? "below 1 at all of them" : "unknown";
  return new FathomError({
    code: "failed",
    where: "sb2",
    message: `There is no critical sw for this sb: at sb2 = ${sb2}, J of a layer is ${side} for sw from 0.01 to 10.`,
    hint: "Use another bias variance (above 0 behind normalisations), or the method sweep, which gives each layer its own.",
  });
}
