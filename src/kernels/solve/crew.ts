/**
 * @file What does the tasks of a solver, in a worker or on this thread: a kernel with its products, and the task objects that
 * belong to the round's store.
 */
import { TileFactoriser } from "./factor-tiles.ts";
import { nativeProducts, nativeRuntime, type ProductModels } from "./native-products.ts";
import { tileOrder } from "./order.ts";
import { type Products, productsFor, wasmProducts } from "./products.ts";
import { RowSolver, type RowsToSolve, rowsOfTask } from "./solve-rows.ts";
import { TileKernel } from "./tile-kernel.ts";
import { stopped, type TileStore, tileRows } from "./tiles.ts";

/** What a worker is made from; it can be posted. */
export interface CrewData {
  readonly module: WebAssembly.Module;
  readonly store: TileStore;
  /** The models of the native product, where it is to be used. */
  readonly models?: ProductModels;
}

/** A round: the tiles of the factor by number (its number tells attempts apart), or right-hand sides by blocks of rows. */
export type Round =
  | { readonly kind: "factor"; readonly attempt: number }
  | ({ readonly kind: "rows" } & RowsToSolve);

/** Fewer rows than this are multiplied in WebAssembly: calling the native product costs more than it gains. */
const nativeRows = 64;

/** Numbers of tasks of a round. */
export function tasksOf(round: Round, n: number): number {
  if (round.kind === "factor") return (tileRows(n) * (tileRows(n) + 1)) / 2;
  const count = round.rows.length / n;
  return Math.ceil(count / rowsOfTask(count));
}

/** The runner of tasks by number. */
export async function createCrew({
  module,
  store,
  models,
}: CrewData): Promise<(task: number, round: Round) => Promise<void>> {
  const kernel = new TileKernel(module, store.dtype);
  const wasm = wasmProducts(kernel);
  const fast = models === undefined ? wasm : await nativeOr(wasm, kernel, models);
  const order = tileOrder(tileRows(store.n));
  let [attempt, factoriser] = [-1, undefined as TileFactoriser | undefined];
  return async (task, round) => {
    if (Atomics.load(store.control, stopped) !== 0) return;
    if (round.kind === "factor") {
      // Tiles that were kept in an earlier attempt are of another matrix.
      if (factoriser === undefined || attempt !== round.attempt)
        factoriser = new TileFactoriser(kernel, fast, store);
      attempt = round.attempt;
      return factoriser.compute(order[task]!);
    }
    const [count, size] = [round.rows.length / store.n, rowsOfTask(round.rows.length / store.n)];
    const first = task * size;
    const solver = new RowSolver(kernel, size < nativeRows ? productsFor(kernel, size) : fast, store);
    return solver.solve(round, first, Math.min(size, count - first));
  };
}

async function nativeOr(wasm: Products, kernel: TileKernel, models: ProductModels): Promise<Products> {
  const ort = await nativeRuntime();
  return ort === undefined ? wasm : nativeProducts(ort, kernel, models);
}
