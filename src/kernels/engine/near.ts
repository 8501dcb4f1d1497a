/**
 * @file Pairs of items that nearly agree: the slope of ReLU goes as the angle between them, which float32 does not see below
 * 1 − ρ of 1e-4 (kernels.md §4). Their Θ comes from the float64 engine's squared distances.
 */
import { FathomError } from "../../tensor/index.ts";
import { type NearDuplicates, nearDuplicates } from "../reference/index.ts";
import type { EngineSpec, ItemBlock } from "../types.ts";

/** Items are near where the cosine between their numbers is above 1 − this. */
const NEAR = 1e-4;
/** Numbers of a sketch: sums over that many parts of an item of length 1. */
const PARTS = 4;

/** What of items tells which pairs are near. */
export interface Sketches {
  readonly rows: readonly (Float32Array | Float64Array)[];
  /** 1/|x|, 0 for items without length. */
  readonly inverse: Float64Array;
  /** Near items have near sketches. [count × PARTS]. */
  readonly sketches: Float64Array;
}

function sketched({ data, count }: ItemBlock): Sketches {
  const size = data.length / Math.max(count, 1);
  const copy = data.slice();
  const rows = Array.from({ length: count }, (_, i) => copy.subarray(i * size, (i + 1) * size));
  const inverse = new Float64Array(count);
  const sketches = new Float64Array(count * PARTS);
  for (const [i, row] of rows.entries()) {
    const { square, sums } = measured(row);
    inverse[i] = square === 0 ? 0 : 1 / Math.sqrt(square);
    const unit = inverse[i]! / Math.sqrt(Math.ceil(size / PARTS));
    for (const [p, sum] of sums.entries()) sketches[i * PARTS + p] = sum * unit;
  }
  return { rows, inverse, sketches };
}

/** |x|² and the sums over the parts of x. Four of each run side by side: a sum waits for its last addition. */
function measured(x: Float32Array | Float64Array) {
  const part = Math.ceil(x.length / PARTS);
  const sums = new Float64Array(PARTS);
  let square = 0;
  for (let p = 0; p < PARTS; p++) {
    const end = Math.min(x.length, (p + 1) * part);
    let k = p * part;
    let [a, b, c, d] = [0, 0, 0, 0];
    let [aa, bb, cc, dd] = [0, 0, 0, 0];
    for (; k + 3 < end; k += 4) {
      const u = x[k]!;
      const v = x[k + 1]!;
      const w = x[k + 2]!;
      const z = x[k + 3]!;
      a += u;
      b += v;
      c += w;
      d += z;
      aa += u * u;
      bb += v * v;
      cc += w * w;
      dd += z * z;
    }
    for (; k < end; k++) {
      a += x[k]!;
      aa += x[k]! * x[k]!;
    }
    sums[p] = a + b + c + d;
    square += aa + bb + cc + dd;
  }
  return { square, sums };
}

function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k]! * y[k]!;
  return sum;
}

function isNear(a: Sketches, i: number, b: Sketches, j: number): boolean {
  // |x̂ − ŷ|² = 2(1 − ρ) bounds the squared distance of sketches; most items part in the first number.
  let apart = 0;
  for (let p = 0; p < PARTS; p++) {
    const step = a.sketches[i * PARTS + p]! - b.sketches[j * PARTS + p]!;
    apart += step * step;
    if (apart > 2 * NEAR) return false;
  }
  const [x, y] = [a.inverse[i]!, b.inverse[j]!];
  // Of lengths that differ much, the distance says less about the angle than ρ does.
  return Math.min(x, y) * 2 > Math.max(x, y) && 1 - dot(a.rows[i]!, b.rows[j]!) * x * y < NEAR;
}

interface NearTile {
  readonly a: Sketches;
  readonly b: Sketches;
  readonly same: boolean;
  readonly own: Float64Array;
}

/** Finds near pairs of two sides, and evaluates their Θ. */
export class NearPairs {
  readonly #evaluate: NearDuplicates;

  constructor(evaluate: NearDuplicates) {
    this.#evaluate = evaluate;
  }

  sketch(items: ItemBlock): Sketches {
    return sketched(items);
  }

  /**
   * Writes Θ of near pairs into a tile; of `same` sides, below the diagonal alone. `own` is Θ of items of side A with
   * themselves, which equal items have too.
   */
  patch(tile: Float32Array, { a, b, same, own }: NearTile): void {
    for (let i = 0; i < a.rows.length; i++) {
      const end = same ? i : b.rows.length;
      for (let j = 0; j < end; j++) {
        if (!isNear(a, i, b, j)) continue;
        const [x, y] = [a.rows[i]!, b.rows[j]!];
        const equal = x.every((value, k) => value === y[k]);
        tile[i * b.rows.length + j] = equal ? own[i]! : this.#evaluate(x, y).ntk!;
      }
    }
  }
}

/** The near pairs of a network; none where Θ is not asked for, or a layer has no rule for distances. */
export function nearPairsOf(spec: EngineSpec): NearPairs | undefined {
  if (!spec.values.includes("ntk")) return undefined;
  try {
    return new NearPairs(nearDuplicates({ ...spec, precision: "float64" }));
  } catch (error) {
    if (error instanceof FathomError && error.code === "unsupported") return undefined;
    throw error;
  }
}
