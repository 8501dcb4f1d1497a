/** @file `factorise`: the blocked Cholesky factor of a matrix in blocks, with the least jitter of a ladder that it needs. */
import { showBytes } from "../../runtime/index.ts";
import { FathomError, type FloatDType } from "../../tensor/index.ts";
import { loadAssembly } from "../assembly.ts";
import type { BlockMatrix } from "../types.ts";
import { type AttemptOptions, attemptFactor, type BadPivot } from "./attempt.ts";
import type { CrewData } from "./crew.ts";
import { factorOf } from "./factor.ts";
import { productModels } from "./models.ts";
import { nativeRuntime } from "./native-products.ts";
import { notPositive } from "./not-positive.ts";
import { requireSquare } from "./square.ts";
import { createTeam, type Team, teamBytes, teamSize } from "./team.ts";
import { createStore, heightOf, tileRows } from "./tiles.ts";
import type { Factor, FactoriseOptions } from "./types.ts";

/** Parts of the mean diagonal that are tried in turn (kernels.md §8). */
const jitterLadder = [0, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4] as const;

/**
 * The Cholesky factor of a symmetric positive definite matrix, by tiles of 512 × 512 on worker threads. Dispose of it when it has
 * served: it keeps the workers and n²/2 numbers.
 * @param matrix - [n, n]; of one that says `symmetric` only the lower triangle of blocks is read.
 * @throws FathomError bad-shape unless it is square; bad-input for entries that are not finite (with block and index) and triangles
 * that differ by more than 1e-5 of the mean diagonal; too-large beyond `memory`; failed naming the pivot that is not positive
 * and the jitter that would mend it; the signal's reason.
 * @example
 * await using factor = await factorise(blockMatrix(k, { symmetric: true }));
 * const alpha = await factor.solve(y);
 */
export async function factorise(matrix: BlockMatrix, options: FactoriseOptions = {}): Promise<Factor> {
  const { mode = "float64", threads, signal } = options;
  const n = matrix.rows;
  const ladder = stepsOf(options.jitter);
  requireSquare(matrix);
  const dtype = dtypeOf(mode);
  const count = teamSize(n, threads);
  requireMemory(matrix, factorBytes(n, options), options);
  signal?.throwIfAborted();
  const scale = await meanDiagonal(matrix);
  const models = await modelsFor(n, dtype, options.arithmetic);
  const { module } = await loadAssembly("factor");
  const store = createStore(n, dtype);
  const data: CrewData = { module, store, ...(models !== undefined && { models }) };
  const team = await createTeam(data, count);
  try {
    const found = await climb(store, team, { ...options, matrix, scale, ladder });
    return await factorOf(
      {
        ...found,
        matrix,
        scale,
        mode,
        store,
        team,
        arithmetic: models ? "native" : "wasm",
      },
      options,
    );
  } catch (error) {
    await team[Symbol.asyncDispose]();
    throw error;
  }
}

function dtypeOf(mode: FactoriseOptions["mode"]): FloatDType {
  return mode === "float32-refined" ? "float32" : "float64";
}

/**
 * Bytes that the factor of n rows takes while it is computed: what {@link factorise} holds against `memory`.
 * @example factorBytes(50_000, { mode: "float32-refined" }) // 5.2e9
 */
export function factorBytes(
  n: number,
  { mode, threads }: Pick<FactoriseOptions, "mode" | "threads"> = {},
): number {
  return teamBytes(n, dtypeOf(mode), teamSize(n, threads));
}

interface Climb extends Omit<AttemptOptions, "relativeJitter" | "number"> {
  readonly ladder: readonly number[];
}

/** Tries one jitter after another. */
async function climb(store: CrewData["store"], team: Team, { ladder, ...options }: Climb) {
  let last: BadPivot | undefined;
  for (const [number, relativeJitter] of ladder.entries()) {
    const attempt = await attemptFactor(store, team, { ...options, relativeJitter, number });
    if ("norm" in attempt) return { relativeJitter, norm: attempt.norm };
    last = attempt.bad;
    if (!(options.scale > 0)) break;
  }
  throw await notPositive({ ...options, bad: last!, tried: options.scale > 0 ? ladder : [0] });
}

function stepsOf(jitter: number | "ladder" = "ladder"): readonly number[] {
  if (jitter === "ladder") return jitterLadder;
  if (Number.isFinite(jitter) && jitter >= 0) return [jitter];
  throw new FathomError({
    code: "bad-input",
    message: `A jitter of ${jitter} was asked for.`,
    where: "jitter",
    hint: 'Give a part of the mean diagonal from 0 on, or "ladder".',
  });
}

function requireMemory({ rows }: BlockMatrix, needed: number, { memory, mode }: FactoriseOptions): void {
  const bound = memory ?? process.availableMemory();
  if (needed <= bound) return;
  const half = mode === "float32-refined" ? "" : ', or the mode "float32-refined", which needs half of it';
  throw new FathomError({
    code: "too-large",
    message: `The factor of ${rows} rows takes ${needed} bytes (${showBytes(needed)}); ${showBytes(bound)} are there.`,
    where: "memory",
    hint: `Take fewer rows${half}.`,
  });
}

async function meanDiagonal(matrix: BlockMatrix): Promise<number> {
  const n = matrix.rows;
  let sum = 0;
  for (let j = 0; j < tileRows(n); j++) {
    const [block, size] = [await matrix.read(j, j), heightOf(n, j)];
    for (let r = 0; r < size; r++) sum += block[r * (size + 1)]!;
  }
  return n === 0 ? 0 : sum / n;
}

/** Fewer rows than this stay on this thread, where loading the native runtime would take longer than it saves. */
const nativeRows = 1024;

/** The models of the native product, where it is wanted, worth it and there. */
async function modelsFor(n: number, dtype: FloatDType, arithmetic: FactoriseOptions["arithmetic"]) {
  if (arithmetic === "wasm" || (arithmetic === undefined && n <= nativeRows)) return undefined;
  return (await nativeRuntime()) === undefined ? undefined : productModels(dtype);
}
