/** @file The loss of a run so far as a line of bars, however long the run is. */
import { sparkline } from "../report/index.ts";

/** Points that are kept: when there are more, neighbours are merged. */
const MOST = 256;

/** Collects losses; draws them on a logarithmic scale, because losses fall by orders of magnitude. */
export class LossTrace {
  #points: { sum: number; count: number }[] = [];

  /** The mean loss of some more steps. Losses that are not finite leave a gap. */
  add(loss: number): void {
    this.#points.push({ sum: Math.log(Math.max(loss, Number.MIN_VALUE)), count: 1 });
    if (this.#points.length <= MOST) return;
    const merged = Array.from({ length: MOST / 2 }, (_, i) => {
      const [a, b] = [this.#points[2 * i]!, this.#points[2 * i + 1]!];
      return { sum: a.sum + b.sum, count: a.count + b.count };
    });
    this.#points = [...merged, ...this.#points.slice(MOST)];
  }

  /** @param width - characters; fewer while there are fewer points. @example trace.line(20) // "█▇▅▄▃▂▂▁" */
  line(width: number): string {
    const columns = Math.min(width, this.#points.length);
    const means = Array.from({ length: columns }, (_, column) => {
      const start = Math.floor((column * this.#points.length) / columns);
      const end = Math.floor(((column + 1) * this.#points.length) / columns);
      const points = this.#points.slice(start, end);
      const count = points.reduce((total, point) => total + point.count, 0);
      return points.reduce((total, { sum }) => total + sum, 0) / count;
    });
    return sparkline(means);
  }
}
