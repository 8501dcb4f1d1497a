/** @file Vector-valued functions of one variable as Chebyshev interpolants: barycentric, at points of the second kind. */

/** Enough for 1e-13 where the nearest singularity lies a panel's length away. */
const DEGREE = 16;

/** f on [from, to], known from its values at 17 points. */
export class ChebyshevPanel {
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
