/**
 * @file The gain at which a measured quantity reaches its target. What a gain a adds to a floor grows as a power of a:
 * a² for one linear layer, where one step is exact. The same random numbers at every gain make the quantity smooth.
 */

/** How a search for a gain ended. */
export interface GainSearch {
  readonly gain: number;
  /**
   * `dead`: nothing comes through at any gain. `insensitive`: the quantity does not depend on the gain, as before a
   * normalisation. `clipped`: the gain that would do is out of reach.
   * `unmet`: the quantity did not come to its target in the steps there are, as where it jumps over it.
   */
  readonly status: "ok" | "dead" | "insensitive" | "clipped" | "unmet";
}

/** Gains stay in this factor of 1. */
const reach = Math.log(1e6);
/** ln of the quantity is met to this. */
const tolerance = 2e-3;
const mostSteps = 24;
/** A power of the gain below this is none. */
const leastPower = 0.05;

interface Sample {
  readonly x: number;
  readonly y: number;
}

/**
 * Searches the gain a with value(a) = target, for value(a) − floor a growing function of a.
 * @param value - the quantity; may be infinite or NaN where the gain is too large.
 * @param floor - the quantity at gain 0; below `target`.
 * @example await solveGain(async (a) => 3 * a ** 2, { floor: 0, target: 1 }) // { gain: 0.577…, status: "ok" }
 */
export async function solveGain(
  value: (gain: number) => Promise<number>,
  { floor, target }: { readonly floor: number; readonly target: number },
): Promise<GainSearch> {
  const sample = async (x: number): Promise<Sample> => {
    const added = (await value(Math.exp(x))) - floor;
    if (Number.isNaN(added)) return { x, y: Number.POSITIVE_INFINITY };
    return { x, y: added > 1e-9 * floor ? Math.log(added / (target - floor)) : Number.NEGATIVE_INFINITY };
  };
  let last = await firstFinite(sample);
  if (last === undefined) return { gain: 1, status: "dead" };
  let power = 2;
  let low = -reach;
  let high = reach;
  for (let step = 0; step < mostSteps && Math.abs(last.y) > tolerance; step++) {
    if (last.y < 0) low = Math.max(low, last.x);
    else high = Math.min(high, last.x);
    const aimed: number = last.x - last.y / power;
    const next: Sample = await sample(aimed > low && aimed < high ? aimed : (low + high) / 2);
    const measured = (next.y - last.y) / (next.x - last.x);
    if (Number.isFinite(measured)) {
      if (Math.abs(measured) < leastPower && step === 0) return { gain: 1, status: "insensitive" };
      power = Math.min(16, Math.max(0.5, measured));
    }
    last = next;
  }
  return { gain: Math.exp(last.x), status: endOf(last) };
}

function endOf({ x, y }: Sample): GainSearch["status"] {
  if (Math.abs(x) > reach - 1e-3) return "clipped";
  return Math.abs(y) <= tolerance ? "ok" : "unmet";
}

/** The sample nearest to gain 1 where something comes through and nothing overflows. */
async function firstFinite(sample: (x: number) => Promise<Sample>): Promise<Sample | undefined> {
  for (const x of [0, -4, 4, -8, 8, -12, 12]) {
    const found = await sample(x);
    if (Number.isFinite(found.y)) return found;
  }
  return undefined;
}
