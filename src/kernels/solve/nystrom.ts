/**
 * @file The Nyström preconditioner: K ≈ K_nm K_mm⁻¹ K_mn + σ, inverted by Woodbury's identity. It takes the largest eigenvalues,
 * which a kernel has few of, out of the way of conjugate gradients (kernels.md §8).
 */
import { FathomError, Key, ndarray, permutation } from "../../tensor/index.ts";
import { blockMatrix } from "../gram/matrix.ts";
import { turns } from "../turns.ts";
import type { BlockMatrix } from "../types.ts";
import type { Preconditioner } from "./conjugate-gradients.ts";
import { factorise } from "./factorise.ts";
import { gramOfRows } from "./gram-of-rows.ts";
import { requireSquare } from "./square.ts";
import { heightOf, tileRows, tileSize } from "./tiles.ts";

/** How much of the matrix the preconditioner keeps. */
export interface NystromOptions {
  /** Rows that are drawn: at most n. */
  readonly rank: number;
  /** σ as a part of the mean diagonal; 0.03 unless said. */
  readonly shift?: number;
  /** Draws the rows; a fixed one unless said. */
  readonly key?: Key;
  readonly signal?: AbortSignal;
}

/**
 * The preconditioner of a symmetric matrix; it keeps rank × n numbers.
 * @throws FathomError bad-shape unless the matrix is square; bad-input for a rank that is no whole number from 1 to n, or a shift
 * that is not positive; failed where its rows make no positive definite matrix.
 * @example await using preconditioner = await nystrom(matrix, { rank: 200 })
 */
export async function nystrom(matrix: BlockMatrix, options: NystromOptions): Promise<Preconditioner> {
  const { rank, shift = 0.03, key = Key.fromSeed(0).split("nystrom"), signal } = options;
  const n = matrix.rows;
  requireSquare(matrix);
  requireOptions(n, rank, shift);
  const landmarks = permutation(key, n).slice(0, rank).sort();
  const { rows, mean } = await rowsOfMatrix(matrix, landmarks, signal);
  const sigma = shift * mean;
  const root = await whitened(rows, landmarks, n);
  const inner = await gramOfRows({ rows: root, count: rank, n });
  for (let m = 0; m < rank; m++) inner[m * (rank + 1)]! += sigma;
  const factor = await factorise(blockMatrix(ndarray("float64", [rank, rank], inner), { symmetric: true }), {
    threads: 1,
  });
  const solve = async (t: Float64Array, count: number) => {
    const b = ndarray("float64", [rank, count], t);
    return (await factor.solve(b)).data;
  };
  return {
    name: `Nyström of rank ${rank} + ${shift} × mean diagonal`,
    async apply(v) {
      const count = v.length / n;
      return correct(v, root, await solve(project(v, root, n, count), count), { n, sigma });
    },
    [Symbol.asyncDispose]: () => factor[Symbol.asyncDispose](),
  };
}

/** W = L_mm⁻¹ K_mn, so that Wᵀ W = K_nm K_mm⁻¹ K_mn. */
async function whitened(rows: Float64Array, landmarks: Int32Array, n: number): Promise<Float64Array> {
  const rank = landmarks.length;
  const corner = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++)
    for (let j = 0; j < rank; j++) corner[i * rank + j] = rows[i * n + landmarks[j]!]!;
  const matrix = blockMatrix(ndarray("float64", [rank, rank], corner), { symmetric: true });
  await using factor = await factorise(matrix, { threads: 1 });
  return (await factor.whiten(ndarray("float64", [rank, n], rows))).data;
}

/** W v for every v, as [rank, count]. */
function project(v: Float64Array, root: Float64Array, n: number, count: number): Float64Array {
  const rank = root.length / n;
  const result = new Float64Array(rank * count);
  for (let m = 0; m < rank; m++) {
    for (let c = 0; c < count; c++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += root[m * n + i]! * v[c * n + i]!;
      result[m * count + c] = sum;
    }
  }
  return result;
}

/** (v − Wᵀ t) / σ, with t [rank, count]. */
function correct(
  v: Float64Array,
  root: Float64Array,
  t: Float64Array,
  { n, sigma }: { n: number; sigma: number },
): Float64Array {
  const count = v.length / n;
  const result = v.slice();
  for (let m = 0; m < root.length / n; m++) {
    for (let c = 0; c < count; c++) {
      const factor = t[m * count + c]!;
      for (let i = 0; i < n; i++) result[c * n + i]! -= factor * root[m * n + i]!;
    }
  }
  return result.map((value) => value / sigma);
}

/** Rows of a symmetric matrix by number (ascending), and the mean of its diagonal. */
async function rowsOfMatrix(matrix: BlockMatrix, wanted: Int32Array, signal: AbortSignal | undefined) {
  const n = matrix.rows;
  const rows = new Float64Array(wanted.length * n);
  let trace = 0;
  const turn = turns(signal);
  for (let i = 0; i < tileRows(n); i++) {
    for (let j = 0; j <= i; j++) {
      await turn();
      const block = await matrix.read(i, j);
      const width = heightOf(n, j);
      wanted.forEach((row, m) => {
        const [down, across] = [row - i * tileSize, row - j * tileSize];
        if (down >= 0 && down < heightOf(n, i))
          rows.set(block.subarray(down * width, (down + 1) * width), m * n + j * tileSize);
        if (across >= 0 && across < width && i !== j)
          for (let r = 0; r < heightOf(n, i); r++)
            rows[m * n + i * tileSize + r] = block[r * width + across]!;
      });
      if (i === j) for (let r = 0; r < width; r++) trace += block[r * (width + 1)]!;
    }
  }
  return { rows, mean: trace / n };
}

function requireOptions(n: number, rank: number, shift: number): void {
  const whole = Number.isInteger(rank) && rank >= 1 && rank <= n;
  if (whole && shift > 0 && Number.isFinite(shift)) return;
  throw new FathomError({
    code: "bad-input",
    message: whole ? `A shift of ${shift} was asked for.` : `A rank of ${rank} was asked for, of ${n} rows.`,
    where: whole ? "shift" : "rank",
    hint: whole ? "Give a positive part of the mean diagonal: 0.03." : `Give a whole number from 1 to ${n}.`,
  });
}
