/** @file Hyper-parameters that a search goes over: the variances of the network, its depth, the jitter. */
import { type Net, withDepth, withVariances } from "../../net/index.ts";
import { FathomError, Key, uniform } from "../../tensor/index.ts";
import { recogniseArchitecture } from "../architecture.ts";
import { describeNet } from "../describe.ts";
import { refused } from "../refused.ts";

export const parameterNames = ["sw2", "sb2", "depth", "jitter"] as const;
export type ParameterName = (typeof parameterNames)[number];

/** From `low` to `high`; with `points` a grid, without them drawn at random. Logarithmic where `low` is above 0. */
export interface ParameterRange {
  readonly low: number;
  readonly high: number;
  readonly points?: number;
}
export type SearchSpace = Partial<Readonly<Record<ParameterName, ParameterRange>>>;

/** Values of the parameters that are searched; the others are the network's own. */
export type Candidate = Partial<Readonly<Record<ParameterName, number>>>;

/** The most tries of one search. */
const mostTries = 10_000;

/**
 * Candidates in the order in which they are tried; the network as it is comes first, as {}.
 * A space of grids alone is tried whole; otherwise `tries` are drawn, those parameters with `points` from their grid.
 * @throws FathomError bad-input for a range that is none, or too many tries.
 */
export function candidatesOf(
  space: SearchSpace,
  { tries, seed }: { tries: number; seed: number },
): Candidate[] {
  const ranges = Object.entries(space) as [ParameterName, ParameterRange][];
  for (const [name, range] of ranges) checkRange(name, range);
  const whole = ranges.every(([, { points }]) => points !== undefined);
  const total = whole ? ranges.reduce((product, [, { points }]) => product * points!, 1) : tries;
  if (total > mostTries)
    throw refused("search.tries", `That makes ${total} tries.`, `Try at most ${mostTries}.`);
  const found = whole ? grid(ranges) : drawn(ranges, tries, seed);
  return [{}, ...found];
}

function checkRange(name: ParameterName, { low, high, points }: ParameterRange): void {
  const least = name === "depth" ? 1 : 0;
  const whole = name !== "depth" || (Number.isInteger(low) && Number.isInteger(high));
  const counted = points === undefined || (Number.isInteger(points) && points >= 1);
  if (low >= least && high >= low && Number.isFinite(high) && whole && counted) return;
  throw refused(
    `search.space.${name}`,
    `${name} cannot be searched from ${low} to ${high}${points === undefined ? "" : ` in ${points} points`}.`,
    `Give ${name === "depth" ? "whole numbers" : "numbers"} low:high or low:high:points, ${least} ≤ low ≤ high.`,
  );
}

function grid(ranges: readonly [ParameterName, ParameterRange][]): Candidate[] {
  return ranges.reduce<Candidate[]>(
    (all, [name, range]) =>
      all.flatMap((one) =>
        Array.from({ length: range.points! }, (_, i) => ({
          ...one,
          [name]: valueAt(name, range, range.points === 1 ? 0 : i / (range.points! - 1)),
        })),
      ),
    [{}],
  );
}

/** Each parameter has a stream of its own, so that another one in the space does not change it. */
function drawn(ranges: readonly [ParameterName, ParameterRange][], tries: number, seed: number): Candidate[] {
  const key = Key.fromSeed(seed).split("search");
  const streams = ranges.map(([name]) => uniform(key.split(name), "float64", [tries]).data);
  return Array.from({ length: tries }, (_, at) =>
    Object.fromEntries(
      ranges.map(([name, range], i) => {
        const { points } = range;
        const u = streams[i]![at]!;
        return [name, valueAt(name, range, points === undefined ? u : place(u, points))];
      }),
    ),
  );
}

/** One of `points` evenly spaced places. */
function place(u: number, points: number): number {
  return points === 1 ? 0 : Math.floor(u * points) / (points - 1);
}

function valueAt(name: ParameterName, { low, high }: ParameterRange, part: number): number {
  const value = low > 0 ? low * (high / low) ** part : low + (high - low) * part;
  return name === "depth" ? Math.round(value) : Number(value.toPrecision(6));
}

/**
 * The network with a candidate's values. A variance that is not searched keeps what every layer has.
 * @throws FathomError as `withVariances` and `withDepth`; unsupported where one variance alone is searched of a network whose
 * layers have several.
 */
export function netOf(net: Net, { sw2, sb2, depth }: Candidate): Net {
  const deep = depth === undefined ? net : withDepth(net, depth);
  if (sw2 === undefined && sb2 === undefined) return deep;
  const own = recogniseArchitecture(net);
  const [weights, biases] = [sw2 ?? own?.sw2, sb2 ?? own?.sb2];
  if (weights !== undefined && biases !== undefined)
    return withVariances(deep, { sw2: weights, sb2: biases });
  throw new FathomError({
    code: "unsupported",
    where: `search.space.${weights === undefined ? "sb2" : "sw2"}`,
    message: `The layers of this network (${describeNet(net)}) have no common variance to keep while another is searched.`,
    hint: "Search sw2 and sb2 together: both are then set in every layer.",
  });
}
