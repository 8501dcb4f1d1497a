/** @file A worker of the tile pool: an engine of its own, strips by number into the shared buffers. */
import { serveJobs } from "../../jobs/index.ts";
import { createEngine } from "../engine.ts";
import { type BlockPlace, stripsOfBlock } from "./grid.ts";
import type { KernelJob } from "./options.ts";
import { buffersOf, type SharedSlots } from "./slots.ts";
import { computeStrip } from "./strips.ts";

/** What a worker is born with. */
export interface FillData {
  readonly job: KernelJob;
  readonly places: readonly BlockPlace[];
  readonly slots: SharedSlots;
}

serveJobs(async ({ job, places, slots }: FillData) => {
  const { spec, grid, sides } = job;
  const engine = await createEngine(spec);
  const count = Object.values(slots)[0]!.length;
  return (task) => {
    const index = Math.floor(task / stripsOfBlock);
    const place = places[index]!;
    const buffers = buffersOf(grid, slots, { place, slot: index % count });
    let total = 0;
    for (const pairs of computeStrip(
      engine,
      { grid, sides, buffers },
      { place, strip: task % stripsOfBlock },
    ))
      total += pairs;
    return total;
  };
});
