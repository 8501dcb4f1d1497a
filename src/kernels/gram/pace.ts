/** @file How long a kernel matrix takes: a small tile is timed before the work begins. */
import type { TileEngine } from "../types.ts";
import { itemBlock } from "./items.ts";
import type { KernelJob } from "./options.ts";

/** Items a side: the first tile warms the compiler up, and is all where it is slow. */
const sizes = [4, 16, 64] as const;
/** Seconds of a tile after which no larger one is timed. */
const enough = 0.03;

/** Seconds a pair of items on one thread, preparation included. */
export function paceOf(engine: TileEngine, { sides }: KernelJob): number {
  let pace = 0;
  for (const size of sizes) {
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
