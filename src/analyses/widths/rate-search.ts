/**
 * @file The best learning rate on a grid of doublings, found from a start: rates are tried outwards until the best one has
 * two neighbours on each side. So every curve of loss against rate shows its minimum, wherever that lies.
 */

/** One rate of the grid. */
export interface RatePoint {
  /** The rate is the grid's origin times 2^exponent. */
  readonly exponent: number;
  /** Loss by seed; null for a run that diverged. */
  readonly losses: readonly (number | null)[];
}

/** Neighbours on each side of the best rate. */
const wing = 2;
/** Rates tried at most: a start that is ten octaves off is found from. */
const mostPoints = 40;
/** Octaves down after a rate at which everything diverges. */
const retreat = 3;

/**
 * Tries rates until the best one is enclosed.
 * @param start - exponent to begin with.
 * @param lossesAt - the losses of a rate, by seed.
 * @returns Points in ascending order; without any finite loss where no rate in reach trains.
 * @example await searchRates(0, async (exponent) => [(exponent - 3) ** 2 + 1]) // exponents 0 … 5
 */
export async function searchRates(
  start: number,
  lossesAt: (exponent: number) => Promise<readonly (number | null)[]>,
): Promise<RatePoint[]> {
  const points = new Map<number, RatePoint>();
  let next: number | undefined = start;
  while (next !== undefined && points.size < mostPoints) {
    points.set(next, { exponent: next, losses: await lossesAt(next) });
    next = nextExponent(points);
  }
  return [...points.values()].sort((a, b) => a.exponent - b.exponent);
}

/** The nearest untried neighbour of the best rate so far; undefined when it is enclosed. */
function nextExponent(points: ReadonlyMap<number, RatePoint>): number | undefined {
  const best = bestPoint([...points.values()]);
  if (best === undefined) return Math.min(...points.keys()) - retreat;
  for (let distance = 1; distance <= wing; distance++) {
    for (const exponent of [best.exponent + distance, best.exponent - distance]) {
      if (!points.has(exponent)) return exponent;
    }
  }
  return undefined;
}

function bestPoint(points: readonly RatePoint[]): RatePoint | undefined {
  let best: RatePoint | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const height = logLoss(point.losses);
    if (height < least) [best, least] = [point, height];
  }
  return best;
}

/** Mean log2 loss; infinite where a run diverged. */
export function logLoss(losses: readonly (number | null)[]): number {
  if (losses.includes(null)) return Number.POSITIVE_INFINITY;
  return losses.reduce<number>((sum, loss) => sum + Math.log2(loss!), 0) / losses.length;
}

/**
 * The exponent of the least loss between grid points, by a parabola through the best one and its neighbours; the grid point
 * itself where a neighbour diverged.
 * @param losses - the loss of a point, null where it diverged: of one seed, or of all.
 * @returns undefined when nothing is finite.
 */
export function bestExponent(
  points: readonly RatePoint[],
  losses: (point: RatePoint) => number | null,
): number | undefined {
  const heights = new Map(
    points.map((point) => {
      const loss = losses(point);
      return [point.exponent, loss === null ? Number.POSITIVE_INFINITY : Math.log2(loss)];
    }),
  );
  let best: number | undefined;
  for (const [exponent, height] of heights) {
    if (height < (best === undefined ? Number.POSITIVE_INFINITY : heights.get(best)!)) best = exponent;
  }
  if (best === undefined) return undefined;
  const [below, at, above] = [-1, 0, 1].map((step) => heights.get(best! + step) ?? Number.POSITIVE_INFINITY);
  const curvature = below! - 2 * at! + above!;
  if (!Number.isFinite(curvature) || curvature <= 0) return best;
  return best + (below! - above!) / (2 * curvature);
}
