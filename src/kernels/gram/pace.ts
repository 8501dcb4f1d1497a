/** @file How long a kernel matrix takes: a small tile is timed before the work begins. */
import type { TileEngine } from "../types.ts";
import { itemBlock } from "./items.ts";
import type { KernelJob } from "./options.ts";

/**
 * Items a side, and the seconds after which no larger tile is timed: the first tiles warm the compiler up. One pair tells enough
 * of a network that takes so long that more of them would leave a user without a word.
 */
const tiles = [
  { size: 1, enough: 0.5 },
  { size: 4, enough: 0.03 },
  { size: 16, enough: 0.03 },
  { size: 64, enough: 0.03 },
] as const;

/** Seconds a pair of items on one thread, preparation included. */
export function paceOf(engine: TileEngine, { sides }: KernelJob): number {
  let pace = 0;
  for (const { size, enough } of tiles) {
    const rows = { from: 0, count: Math.min(size, sides.rows.count) };
    const columns = { from: 0, count: Math.min(size, sides.columns.count) };
    if (rows.count === 0 || columns.count === 0) return 0;
    const start = performance.now();
    engine.load("a", itemBlock(sides.rows, rows));
    engine.load("b", itemBlock(sides.columns, columns));
    engine.compute({ same: false });
    const seconds = (performance.now() - start) / 1000;
    pace = seconds / (rows.count * columns.count);
    if (seconds > enough) break;
  }
  return pace;
}
