/** @file The straight way from one solution to another: training loss along it, and the barrier between them. */
import { interpolate, type Point, type Surface } from "../../../probes/index.ts";
import { finiteOrNull } from "../../figure.ts";

export interface Path {
  /** ρ of WASAM. */
  readonly rho: number;
  /** From −½ to 1½: 0 is the base optimiser's solution, 1 WASAM's. */
  readonly t: readonly number[];
  /** Training loss; null where it is not finite. */
  readonly loss: readonly (number | null)[];
  readonly barrier: number;
  readonly distance: number;
}

/** Places on the way. */
const points = 21;

export async function pathBetween(surface: Surface, from: Point, to: Point): Promise<Omit<Path, "rho">> {
  const { t, loss, barrier, distance } = await interpolate(surface, { from, to, points });
  return { t, loss: loss.map(finiteOrNull), barrier: barrier.value, distance };
}
