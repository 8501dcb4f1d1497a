/** @file The factor as its users see it: solves, whitening, what its diagonal says. */
import { type NdArray, zeros } from "../../tensor/index.ts";
import type { BlockMatrix } from "../types.ts";
import { inverseNorm } from "./condition.ts";
import type { Round } from "./crew.ts";
import { refine } from "./refine.ts";
import { columnsOf, rowsOf, sharedRows } from "./right-hand-sides.ts";
import { streamedProduct } from "./streamed-product.ts";
import type { Team } from "./team.ts";
import { diagonalAt, heightOf, stop, stopped, type TileStore, tileRows } from "./tiles.ts";
import type { Attention, Factor } from "./types.ts";

type Float64 = NdArray<"float64">;

export interface FactorParts extends Pick<Factor, "relativeJitter" | "mode" | "arithmetic"> {
  readonly matrix: BlockMatrix;
  readonly scale: number;
  /** ‖A‖₁. */
  readonly norm: number;
  readonly store: TileStore;
  readonly team: Team;
}

/** A factor from finished tiles. */
export async function factorOf(parts: FactorParts): Promise<Factor> {
  const { relativeJitter, mode, arithmetic, scale, norm, store, team } = parts;
  const { n } = store;
  const solveRows = async (rows: Float64Array, goal: "whiten" | "solve", attention: Attention = {}) => {
    await runStoppable(store, team, { kind: "rows", rows, goal }, attention);
    return rows;
  };
  const inverse: Solve = (x, attention) => {
    const rows = sharedRows(x.length);
    rows.set(x);
    return solveRows(rows, "solve", attention);
  };
  const direct: Solve = (rows, attention) => solveRows(rows, "solve", attention);
  const onColumns = (work: Solve) => async (b: Float64, attention?: Attention) => {
    const rows = rowsOf(b, n);
    return rows.length === 0 ? zeros("float64", b.shape) : columnsOf(await work(rows, attention), b);
  };
  return {
    n,
    jitter: relativeJitter * scale,
    relativeJitter,
    mode,
    arithmetic,
    logDet: logDeterminant(store),
    condition: n === 0 ? 1 : norm * (await inverseNorm(inverse, n)),
    solve: onColumns(mode === "float64" ? direct : refined(parts, inverse)),
    whiten: onColumns((rows, attention) => solveRows(rows, "whiten", attention)),
    [Symbol.asyncDispose]: () => team[Symbol.asyncDispose](),
  };
}

/** Solutions of rows, which may be replaced. */
type Solve = (rows: Float64Array, attention?: Attention) => Promise<Float64Array>;

function refined({ matrix, relativeJitter, scale, norm }: FactorParts, inverse: Solve): Solve {
  return async (rows, attention) => {
    const operator = await streamedProduct(matrix, relativeJitter * scale);
    const factor = (r: Float64Array) => inverse(r, { signal: attention?.signal });
    return refine(Float64Array.from(rows), { ...attention, operator, norm, factor });
  };
}

async function runStoppable(
  store: TileStore,
  team: Team,
  round: Round,
  { signal }: Attention,
): Promise<void> {
  signal?.throwIfAborted();
  const onAbort = () => stop(store);
  signal?.addEventListener("abort", onAbort);
  try {
    await team.run(round);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", onAbort);
    Atomics.store(store.control, stopped, 0);
  }
}

function logDeterminant(store: TileStore): number {
  let sum = 0;
  for (let j = 0; j < tileRows(store.n); j++) {
    const [tile, size] = [diagonalAt(store, j), heightOf(store.n, j)];
    for (let r = 0; r < size; r++) sum += Math.log(tile[r * (size + 1)]!);
  }
  return 2 * sum;
}
