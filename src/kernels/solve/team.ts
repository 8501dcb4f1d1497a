/**
 * @file Who does the rounds of a solver: a pool of workers on one store, or this thread where the matrix is too small to be
 * worth a start of workers.
 */
import { threadCount, WorkerPool, workerModule } from "../../jobs/index.ts";
import { turns } from "../turns.ts";
import { type CrewData, createCrew, type Round, tasksOf } from "./crew.ts";
import { factorSlots } from "./factor-tiles.ts";
import { kernelBytes } from "./tile-kernel.ts";
import { storeBytes, tileRows } from "./tiles.ts";

/** Who does the tasks of a solver. */
export interface Team extends AsyncDisposable {
  readonly threads: number;
  /** True when rounds run on this thread: it must not wait for itself. */
  readonly here: boolean;
  /** Does all tasks of a round, unless the store says stop; one round at a time. */
  run(round: Round): Promise<void>;
}

/** Matrices of at most so many rows of tiles take tens of milliseconds: less than to start workers. */
const smallRows = 2;

/** Workers for a matrix of n rows: no more than tiles in a column. @throws FathomError bad-input. */
export function teamSize(n: number, asked?: number): number {
  return threadCount({ most: tileRows(n) - 1, asked });
}

/** Bytes that the factor of a matrix takes while it is computed. */
export function teamBytes(n: number, dtype: CrewData["store"]["dtype"], threads: number): number {
  return storeBytes(n, dtype) + threads * kernelBytes(factorSlots(n), dtype);
}

/** Workers, or this thread for small matrices. */
export async function createTeam(data: CrewData, threads: number): Promise<Team> {
  return tileRows(data.store.n) <= smallRows ? teamHere(data) : teamOfWorkers(data, threads);
}

async function teamHere(data: CrewData): Promise<Team> {
  const work = await createCrew(data);
  return {
    threads: 1,
    here: true,
    async run(round) {
      const turn = turns(undefined);
      for (let task = 0; task < tasksOf(round, data.store.n); task++) {
        await work(task, round);
        await turn();
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

function teamOfWorkers(data: CrewData, threads: number): Team {
  const pool = new WorkerPool({ worker: workerModule("kernels/solve/worker"), data, threads });
  return {
    threads,
    here: false,
    run: (round) => pool.run({ tasks: tasksOf(round, data.store.n), input: round }),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
