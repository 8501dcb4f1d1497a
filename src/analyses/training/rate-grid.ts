/**
 * @file The learning rates that all networks of a comparison try. One even grid where their edges of stability lie close
 * enough; where they lie orders of magnitude apart (far into chaos), a grid below each edge, so that none is judged at rates
 * so far between that its best one is missed.
 */

/** Rates of one even grid, and of each of several. */
const whole = 8;
const perEdge = 5;
/** From a 128th of an edge up to it: the best rate of plain SGD lies inside. */
const reach = 128;
/** Neighbours further apart than this may miss the best rate between them. */
const widest = 4;

/** Rates of the largest grid of so many networks: one has an even grid. */
export function mostRates(networks: number): number {
  return Math.max(whole, networks * perEdge);
}

/**
 * The common grid below some edges of stability.
 * @param edges - largest stable rates, positive and finite.
 * @returns Ascending rates, at least five.
 * @example rateGrid([0.5, 0.8]) // 8 rates from 0.0039 to 0.8
 */
export function rateGrid(edges: readonly number[]): number[] {
  const [low, high] = [Math.min(...edges) / reach, Math.max(...edges)];
  if (high / low <= widest ** (whole - 1)) return logGrid(low, high, whole);
  return edges.flatMap((edge) => logGrid(edge / reach, edge, perEdge)).sort((a, b) => a - b);
}

/** Evenly spaced in the logarithm, both ends included. */
export function logGrid(from: number, to: number, count: number): number[] {
  const ratio = Math.log(to / from) / (count - 1);
  return Array.from({ length: count }, (_, i) => from * Math.exp(i * ratio));
}
