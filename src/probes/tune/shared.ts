/**
 * @file Weights that several stretches share have one gain, so that J of each cannot be 1: their gain is the one at which
 * the mean of ln J over them is what it should be.
 */
import type { Gains } from "./gains.ts";
import type { Site } from "./sites.ts";
import { solveGain } from "./solve.ts";
import type { StretchResult } from "./sweep.ts";

/**
 * Sets the gains of shared weights anew.
 * @param results - of the first pass: what each stretch should have.
 * @param measure - J of every stretch with the gains as they are.
 * @returns the groups whose gains are shared.
 */
export async function shareGains(
  gains: Gains,
  results: readonly StretchResult[],
  measure: () => Promise<readonly number[]>,
): Promise<ReadonlySet<number>> {
  const shared = sharedSites(gains, results);
  for (const { site, places } of shared) {
    await solveShared(gains, site, async () => {
      const J = await measure();
      const logs = places.map((place) => Math.log(J[place]! / results[place]!.target!));
      return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
    });
  }
  return new Set(shared.map(({ site }) => site.group));
}

async function solveShared(gains: Gains, site: Site, measure: () => Promise<number>): Promise<void> {
  const start = gains.weight(site);
  const value = (gain: number) => {
    gains.setWeight(site, start * gain);
    return measure();
  };
  const { gain } = await solveGain(value, { floor: 0, target: 1 });
  gains.setWeight(site, start * gain);
}

/** One site of every group that ends several stretches, and which of them have a target. */
function sharedSites({ plan }: Gains, results: readonly StretchResult[]) {
  const places = new Map<number, { site: Site; places: number[]; stretches: number }>();
  for (const [place, { finals }] of plan.stretches.entries()) {
    for (const site of finals) {
      const entry = places.get(site.group) ?? { site, places: [], stretches: 0 };
      entry.stretches++;
      entry.places.push(place);
      places.set(site.group, entry);
    }
  }
  return [...places.values()]
    .map((entry) => ({ ...entry, places: [...new Set(entry.places)].filter((l) => hasTarget(results[l]!)) }))
    .filter(({ stretches, places }) => stretches > 1 && places.length > 0);
}

function hasTarget({ target }: StretchResult): boolean {
  return target !== undefined;
}
