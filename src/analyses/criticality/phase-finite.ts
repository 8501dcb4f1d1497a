/**
 * @file The diagram of a network that is no row of the table: how much J grows a layer, over its own layers and its own
 * depth, when all of its affine layers are given the same variances. No fixed point is meant, and none is needed.
 */
import { setImmediate } from "node:timers/promises";
import { buildModel, type MeanFieldPlace, type Net, withVariances } from "../../net/index.ts";
import { propagate } from "../../theory/index.ts";
import type { Progress } from "../document.ts";
import { theoryReach } from "../reach.ts";
import { hiddenTaps } from "../readout.ts";
import type { Grid } from "./phase-figure.ts";
import { standInStarts } from "./stand-in.ts";

export interface FiniteGrowth {
  /** ln J(1, L)/(L - 1) over the hidden layers, [sb2][sw2]; NaN where a signal died or overflowed on the way. */
  readonly logGrowth: readonly (readonly number[])[];
  readonly hidden: number;
  /** Why theory does not reach the last hidden layer, if it does not. */
  readonly missing: string | undefined;
  readonly assumptions: readonly string[];
}

export interface FiniteSettings {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws the reason of `signal` when it is aborted. */
export async function finiteGrowth(
  net: Net,
  { sw2, sb2 }: Grid,
  { onProgress, signal }: FiniteSettings = {},
): Promise<FiniteGrowth> {
  const hidden = hiddenTaps(buildModel(net));
  const { missing, layers, assumptions } = reachOf(net);
  const short = hidden < 2 || layers.length < hidden;
  if (short) return { logGrowth: [], hidden, missing: missing ?? "it has no two hidden layers", assumptions };
  const logGrowth: number[][] = [];
  for (const [done, bias] of sb2.entries()) {
    signal?.throwIfAborted();
    onProgress?.({ label: "theory over the grid", done, total: sb2.length });
    logGrowth.push(
      sw2.map((weight) => {
        return logGrowthOf(withVariances(net, { sw2: weight, sb2: bias }), hidden);
      }),
    );
    await setImmediate();
  }
  return { logGrowth, hidden, missing: undefined, assumptions };
}

/** ln J(1, L)/(L - 1) of one network, without the J of all the places between. */
function logGrowthOf(net: Net, hidden: number): number {
  const { layers } = theoryReach(buildModel(net), (places) =>
    propagate(tappedAtEnds(places, hidden), standInStarts[0]!),
  );
  return (layers[1]?.logJ ?? Number.NaN) / (hidden - 1);
}

function tappedAtEnds(places: readonly MeanFieldPlace[], hidden: number): MeanFieldPlace[] {
  let taps = 0;
  return places.map((place) => {
    if (place.tap) taps++;
    return { ...place, tap: place.tap && (taps === 1 || taps === hidden) };
  });
}

function reachOf(net: Net) {
  return theoryReach(buildModel(net), (places) => propagate(places, standInStarts[0]!));
}
