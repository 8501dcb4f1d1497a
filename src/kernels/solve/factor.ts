/** @file The factor as its users see it: solves, whitening, what its diagonal says. */
import { type NdArray, zeros } from "../../tensor/index.ts";
import type { Attention, BlockMatrix } from "../types.ts";
import { inverseNorm } from "./condition.ts";
import { type Round, tasksOf } from "./crew.ts";
import { refine } from "./refine.ts";
import { columnsOf, rowsOf, sharedRows } from "./right-hand-sides.ts";
import { type RowsToSolve, unitsOfTask } from "./solve-rows.ts";
import { streamedProduct } from "./streamed-product.ts";
import type { Team } from "./team.ts";
import { diagonalAt, heightOf, stopped, type TileStore, tileRows, unitsDone } from "./tiles.ts";
import type { Factor } from "./types.ts";
import { watched } from "./watch.ts";

type Float64 = NdArray<"float64">;

interface FactorParts extends Pick<Factor, "relativeJitter" | "mode" | "arithmetic"> {
  readonly matrix: BlockMatrix;
  readonly scale: number;
  /** ‖A‖₁. */
  readonly norm: number;
  readonly store: TileStore;
  readonly team: Team;
}

/** A factor from finished tiles. */
export async function factorOf(parts: FactorParts, attention: Attention): Promise<Factor> {
  const { relativeJitter, mode, arithmetic, scale, norm, store, team } = parts;
  const { n } = store;
  const rounds = new Rounds(store, team);
  const inverse = (x: Float64Array, label: string, options?: Attention) => {
    const rows = sharedRows(x.length);
    rows.set(x);
    return rounds.solve({ rows, goal: "solve" }, label, options);
  };
  const direct: Solve = (rows, options) => rounds.solve({ rows, goal: "solve" }, "solving", options);
  const whiten: Solve = (rows, options) => rounds.solve({ rows, goal: "whiten" }, "whitening", options);
  const onColumns = (work: Solve) => async (b: Float64, options?: Attention) => {
    const rows = rowsOf(b, n);
    return rows.length === 0 ? zeros("float64", b.shape) : columnsOf(await work(rows, options), b);
  };
  return {
    n,
    jitter: relativeJitter * scale,
    relativeJitter,
    mode,
    arithmetic,
    logDet: logDeterminant(store),
    condition:
      n === 0 ? 1 : norm * (await inverseNorm((x) => inverse(x, "estimating the condition", attention), n)),
    solve: onColumns(mode === "float64" ? direct : refined(parts, inverse)),
    whiten: onColumns(whiten),
    [Symbol.asyncDispose]: () => team[Symbol.asyncDispose](),
  };
}

/** Solutions of rows, which may be replaced. */
type Solve = (rows: Float64Array, attention?: Attention) => Promise<Float64Array>;

type Inverse = (x: Float64Array, label: string, options?: Attention) => Promise<Float64Array>;

function refined({ matrix, relativeJitter, scale, norm }: FactorParts, inverse: Inverse): Solve {
  return async (rows, attention) => {
    const operator = await streamedProduct(matrix, relativeJitter * scale);
    const factor = (r: Float64Array) => inverse(r, "refining", { signal: attention?.signal });
    return refine(Float64Array.from(rows), { ...attention, operator, norm, factor });
  };
}

/** Rounds of a finished factor: callers need not wait for each other. */
class Rounds {
  readonly #store: TileStore;
  readonly #team: Team;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: TileStore, team: Team) {
    this.#store = store;
    this.#team = team;
  }

  /** Replaces rows by solutions, when those before are done. */
  solve(task: RowsToSolve, label: string, attention: Attention = {}): Promise<Float64Array> {
    const result = this.#last.then(() => this.#run(task, label, attention));
    this.#last = result.catch(() => {});
    return result;
  }

  async #run(task: RowsToSolve, label: string, attention: Attention): Promise<Float64Array> {
    const { signal } = attention;
    signal?.throwIfAborted();
    const { control, n } = this.#store;
    for (const word of [stopped, unitsDone]) Atomics.store(control, word, 0);
    const round: Round = { kind: "rows", ...task };
    const stage = { label, total: tasksOf(round, n) * unitsOfTask(n, task.goal) };
    await watched(this.#store, stage, attention, () => this.#team.run(round));
    signal?.throwIfAborted();
    return task.rows;
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
