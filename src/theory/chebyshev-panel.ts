/** @file Vector-valued functions of one variable as Chebyshev interpolants: barycentric, at points of the second kind. */

/** Enough for 1e-13 where the nearest singularity lies a panel's length away. */
const DEGREE = 16;

/** f on [from, to], known from its values at 17 points. */
class ChebyshevPanel {
  readonly #points: Float64Array;
  readonly #values: readonly Float64Array[];

  /** @param f Vectors of one length. */
  constructor(from: number, to: number, f: (t: number) => Float64Array) {
    const [centre, half] = [(from + to) / 2, (to - from) / 2];
    this.#points = Float64Array.from(
      { length: DEGREE + 1 },
      (_, i) => centre - half * Math.cos((Math.PI * i) / DEGREE),
    );
    this.#values = Array.from(this.#points, f);
  }

  /** f(t); the weights of the points are ±1, halved at the ends. */
  at(t: number): Float64Array {
    const points = this.#points;
    const weights = points.map((point, i) => {
      const end = i === 0 || i === DEGREE;
      return ((i % 2 === 0 ? 1 : -1) * (end ? 0.5 : 1)) / (t - point);
    });
    const hit = points.indexOf(t);
    if (hit >= 0) return this.#values[hit]!.slice();
    const total = weights.reduce((a, b) => a + b, 0);
    const result = new Float64Array(this.#values[0]!.length);
    for (const [i, values] of this.#values.entries()) {
      const weight = weights[i]! / total;
      for (let l = 0; l < result.length; l++) result[l]! += weight * values[l]!;
    }
    return result;
  }
}

/** Panels of log2 v: a factor of four, cut in four where the interpolant misses, twice at most. */
const PANEL = 2;
const SMALLEST_PANEL = 2 ** -3;
/** Where in a panel it is tried. */
const TRIALS = [0.07, 0.46, 0.81];

/** Vectors that depend on a variance. */
interface Tabulated {
  /** The function on a panel that ends at variance `upper`: it may choose the length of its vectors. */
  readonly on: (upper: number) => (v: number) => Float64Array;
  /** Whether an interpolated vector is good enough. */
  readonly accepts: (found: Float64Array, exact: Float64Array, v: number) => boolean;
}

/** A function of v > 0, computed where a panel of it is first asked for and interpolated in log v from then on. */
export function tabulate({ on, accepts }: Tabulated): (v: number) => Float64Array {
  const panels = new Map<string, ChebyshevPanel | undefined>();
  const make = (from: number, width: number) => {
    const direct = on(2 ** (from + width));
    const panel = new ChebyshevPanel(from, from + width, (t) => direct(2 ** t));
    const holds = TRIALS.every((share) => {
      const t = from + share * width;
      return accepts(panel.at(t), direct(2 ** t), 2 ** t);
    });
    return holds ? panel : undefined;
  };
  return (v) => {
    const t = Math.log2(v);
    for (let width = PANEL; width >= SMALLEST_PANEL; width /= 4) {
      const from = Math.floor(t / width) * width;
      const name = `${width} ${from}`;
      if (!panels.has(name)) panels.set(name, make(from, width));
      const panel = panels.get(name);
      if (panel !== undefined) return panel.at(t);
    }
    return on(v)(v);
  };
}
