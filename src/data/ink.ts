/** @file Inks polylines on a small square of pixels: intensity falls from 1 to 0 across the edge of the stroke. */

export interface Pen {
  /** Half the width of the stroke, in pixels. */
  readonly radius: number;
  /** Half the width of its blurred edge, in pixels; > 0. */
  readonly softness: number;
}

/**
 * Square of the distance from each pixel centre to the nearest of the strokes, where it is below `reach`.
 * @param field [side * side], lowered in place; fill it with Infinity first.
 * @param points x0, y0, x1, y1, … of one polyline in pixel units, (0, 0) being the centre of the first pixel.
 * @param reach Distances of this many pixels and more are left as they are.
 */
export function lowerDistances(
  field: Float64Array,
  side: number,
  points: ArrayLike<number>,
  reach: number,
): void {
  for (let s = 0; s + 3 < points.length; s += 2) {
    const x0 = points[s]!;
    const y0 = points[s + 1]!;
    const dx = points[s + 2]! - x0;
    const dy = points[s + 3]! - y0;
    const inverse = 1 / (dx * dx + dy * dy + 1e-12);
    const left = Math.max(0, Math.ceil(Math.min(x0, x0 + dx) - reach));
    const right = Math.min(side - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
    const top = Math.max(0, Math.ceil(Math.min(y0, y0 + dy) - reach));
    const bottom = Math.min(side - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const along = ((x - x0) * dx + (y - y0) * dy) * inverse;
        const t = Math.max(0, Math.min(1, along));
        const ex = x - x0 - t * dx;
        const ey = y - y0 - t * dy;
        const square = ex * ex + ey * ey;
        if (square < field[y * side + x]!) field[y * side + x] = square;
      }
    }
  }
}

/** Ink in [0, 1] at a squared distance from the middle of the stroke: a smooth step across its edge. */
export function inkAt(square: number, { radius, softness }: Pen): number {
  const outer = radius + softness;
  if (square >= outer * outer) return 0;
  const t = (outer - Math.sqrt(square)) / (2 * softness);
  return t >= 1 ? 1 : t * t * (3 - 2 * t);
}
