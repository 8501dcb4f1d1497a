/**
 * @file The order in which workers take the tiles of a factorisation: column by column, since a tile needs those left of it
 * and those left of its column's diagonal. Every tile stands behind all that it needs, so whoever waits, waits for somebody
 * who works.
 */

/** Tile (i, j). */
export type TilePlace = readonly [i: number, j: number];

/**
 * All tiles of a lower triangle of `count` rows of tiles. The next diagonal tile is taken after two tiles of a column and
 * not at the column's end: its scalar work is done while there are other tiles to do.
 * @example tileOrder(2) // [[0, 0], [1, 0], [1, 1]]
 */
export function tileOrder(count: number): TilePlace[] {
  const order: TilePlace[] = count > 0 ? [[0, 0]] : [];
  for (let j = 0; j + 1 < count; j++) {
    const column = Array.from({ length: count - j - 1 }, (_, k): TilePlace => [j + 1 + k, j]);
    order.push(...column.slice(0, 2), [j + 1, j + 1], ...column.slice(2));
  }
  return order;
}

/** Products of tiles that a tile takes, and one for the rest. */
export function unitsOf([, j]: TilePlace): number {
  return j + 1;
}
