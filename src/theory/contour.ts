/**
 * @file Contour lines of a grid by marching squares (criticality.md §7.5), for quantities without a formula: a correlation
 * length, a measured chi_J.
 */
import { FathomError } from "../tensor/index.ts";

export interface ContourOptions {
  /** Ascending; columns of z. */
  readonly x: readonly number[];
  /** Ascending; rows of z. */
  readonly y: readonly number[];
  /** z[row][column]; cells with a corner that is not finite are left out. */
  readonly z: readonly (readonly number[])[];
  readonly level: number;
}

export type Polyline = readonly (readonly [x: number, y: number])[];

/** A point on a grid edge; its key names the edge, so that neighbouring cells agree on it exactly. */
interface Crossing {
  readonly key: string;
  readonly at: readonly [number, number];
}

type Segment = readonly [Crossing, Crossing];

/**
 * The level set of z, joined into polylines (closed ones repeat their first point). Positions on edges are linear
 * interpolations.
 * @throws FathomError `bad-shape` when z does not fit x and y.
 * @example
 * contour({ x: [0, 1], y: [0, 1], z: [[0, 1], [0, 1]], level: 0.5 }); // [[[0.5, 0], [0.5, 1]]]
 * const { sw2, sb2, xi } = phaseDiagram({ activation: scalarActivation("tanh"), sw2: [1, 2, 3], sb2: [0, 0.5, 1] });
 * contour({ x: sw2, y: sb2, z: xi, level: 30 }); // where 30 layers are a correlation length
 */
export function contour(options: ContourOptions): Polyline[] {
  checkShape(options);
  const segments: Segment[] = [];
  for (let row = 0; row + 1 < options.y.length; row++) {
    for (let column = 0; column + 1 < options.x.length; column++)
      segments.push(...cellSegments(options, row, column));
  }
  return join(segments);
}

/** The one or two segments of the level set in a cell; saddles are split by the cell's mean. */
function cellSegments(options: ContourOptions, row: number, column: number): Segment[] {
  const corners = [
    [row, column],
    [row, column + 1],
    [row + 1, column + 1],
    [row + 1, column],
  ] as const;
  const heights = corners.map(([r, c]) => options.z[r]![c]! - options.level);
  if (!heights.every(Number.isFinite)) return [];
  const crossings = corners.flatMap((corner, i) => {
    const next = (i + 1) % 4;
    return heights[i]! >= 0 === heights[next]! >= 0 ? [] : [crossing(options, corner, corners[next]!)];
  });
  if (crossings.length === 2) return [[crossings[0]!, crossings[1]!]];
  if (crossings.length < 4) return [];
  const mean = (heights[0]! + heights[1]! + heights[2]! + heights[3]!) / 4;
  const [a, b, c, d] = crossings as [Crossing, Crossing, Crossing, Crossing];
  const connected = mean >= 0 === heights[0]! >= 0;
  return connected
    ? [
        [a, b],
        [c, d],
      ]
    : [
        [d, a],
        [b, c],
      ];
}

type Corner = readonly [row: number, column: number];

function crossing({ x, y, z, level }: ContourOptions, p: Corner, q: Corner): Crossing {
  const [from, to] = p[0] < q[0] || (p[0] === q[0] && p[1] < q[1]) ? [p, q] : [q, p];
  const a = z[from[0]]![from[1]]!;
  const b = z[to[0]]![to[1]]!;
  const t = (level - a) / (b - a);
  const mix = (u: number, v: number) => u + t * (v - u);
  return { key: `${from}:${to}`, at: [mix(x[from[1]]!, x[to[1]]!), mix(y[from[0]]!, y[to[0]]!)] };
}

/** Chains segments that share an edge. */
function join(segments: readonly Segment[]): Polyline[] {
  const touching = new Map<string, Segment[]>();
  for (const segment of segments) {
    for (const { key } of segment) touching.set(key, [...(touching.get(key) ?? []), segment]);
  }
  const used = new Set<Segment>();
  const extend = (chain: Crossing[]): Crossing[] => {
    for (;;) {
      const end = chain.at(-1)!;
      const next = touching.get(end.key)!.find((segment) => !used.has(segment));
      if (next === undefined) return chain;
      used.add(next);
      chain.push(next[0].key === end.key ? next[1] : next[0]);
    }
  };
  const lines: Polyline[] = [];
  for (const segment of segments) {
    if (used.has(segment)) continue;
    used.add(segment);
    const forward = extend([segment[0], segment[1]]);
    const chain = extend(forward.reverse());
    lines.push(chain.map(({ at }) => at));
  }
  return lines;
}

function checkShape({ x, y, z }: ContourOptions): void {
  if (z.length === y.length && z.every((row) => row.length === x.length)) return;
  throw new FathomError({
    code: "bad-shape",
    message: `The grid has ${z.length} rows for ${y.length} y, or a row whose length is not ${x.length}.`,
    where: "contour.z",
    hint: "z[row][column] belongs to y[row] and x[column].",
  });
}
