/**
 * @file Rectangles of positions p with p and p + Δ both inside, as assembly/covariance/layout.ts reads them: rows,
 * columns, columns of the whole space, whether Δ = 0, the number of pieces, then of each piece where it starts in the map,
 * its rows and columns, and the positions of sides A and B that it starts at.
 */
import type { Space } from "../compile/index.ts";

export const RECTANGLE_WORDS = 28;

/** The rectangle of a whole space: Δ = 0. */
function whole({ height, width }: Space): number[] {
  return [height, width, width, 1, 1, 0, height, width, 0, 0];
}

/** Words of the rectangles of all spaces for Δ = 0. */
export function diagonalRectangles(spaces: readonly Space[]): Int32Array {
  const words = new Int32Array(spaces.length * RECTANGLE_WORDS);
  spaces.forEach((space, i) => {
    words.set(whole(space), i * RECTANGLE_WORDS);
  });
  return words;
}
