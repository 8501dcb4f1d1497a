/** @file One attempt at a factorisation with a given jitter: fills the tiles while workers take them up. */
import type { Attention, BlockMatrix } from "../types.ts";
import { fillStore } from "./fill.ts";
import { tileOrder, unitsOf } from "./order.ts";
import type { Team } from "./team.ts";
import { badPivot, resetStore, stop, type TileStore, tileRows } from "./tiles.ts";
import { watched } from "./watch.ts";

/** The matrix, and the jitter of this attempt. */
export interface AttemptOptions extends Attention {
  readonly matrix: BlockMatrix;
  /** The mean of the diagonal. */
  readonly scale: number;
  readonly relativeJitter: number;
  /** Tells attempts on one store apart. */
  readonly number: number;
}

/** A pivot that was not positive. */
export interface BadPivot {
  readonly row: number;
  readonly value: number;
}

/** What became of it: the norm ‖A‖₁ of a matrix that is positive definite, or the pivot that says it is not. */
type Attempt = { readonly norm: number } | { readonly bad: BadPivot };

/**
 * Fills the store and factorises it.
 * @throws FathomError for matrices that cannot be used; the signal's reason, when everybody has stopped.
 */
export async function attemptFactor(store: TileStore, team: Team, options: AttemptOptions): Promise<Attempt> {
  const { matrix, scale, relativeJitter, number, signal } = options;
  signal?.throwIfAborted();
  resetStore(store);
  const filling = { matrix, scale, signal, jitter: relativeJitter * scale };
  const round = { kind: "factor", attempt: number } as const;
  const stage = {
    label: "factorising",
    ...(relativeJitter > 0 && { detail: `jitter ${relativeJitter} × mean diagonal` }),
    total: tileOrder(tileRows(store.n)).reduce((sum, place) => sum + unitsOf(place), 0),
  };
  const norm = await watched(store, stage, options, async () => {
    if (!team.here) return together(store, fillStore(store, filling), team.run(round));
    const found = await fillStore(store, filling);
    await team.run(round);
    return found;
  });
  signal?.throwIfAborted();
  return outcome(store, norm);
}

/** The result of the first once both have ended; a failure of either stops the other. */
async function together<T>(store: TileStore, filling: Promise<T>, work: Promise<void>): Promise<T> {
  const stopping = (error: unknown) => {
    stop(store);
    throw error;
  };
  const [first, second] = await Promise.allSettled([filling.catch(stopping), work.catch(stopping)]);
  if (second.status === "rejected") throw second.reason;
  if (first.status === "rejected") throw first.reason;
  return first.value;
}

function outcome({ control, pivot }: TileStore, norm: number): Attempt {
  const row = Atomics.load(control, badPivot) - 1;
  return row < 0 ? { norm } : { bad: { row, value: pivot[0]! } };
}
