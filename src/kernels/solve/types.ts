/** @file What a solver is asked for, and what it gives. */
import type { NdArray } from "../../tensor/index.ts";
import type { Attention } from "../types.ts";

/** Jitter, precision and means of a factorisation. */
export interface FactoriseOptions extends Attention {
  /**
   * What is added to the diagonal, as a part of its mean; `ladder` (the default) tries 0, 1e-10, 1e-8, 1e-6, 1e-5 and 1e-4 until the
   * matrix is positive definite.
   */
  readonly jitter?: number | "ladder" | undefined;
  /**
   * `float64` unless said. `float32-refined` keeps the factor in half the memory and corrects every solution by residuals in float64
   * from the matrix, which must stay readable.
   */
  readonly mode?: "float64" | "float32-refined" | undefined;
  /** Worker threads: the cores unless said. Any number gives the same bits. */
  readonly threads?: number | undefined;
  /** Bytes that the factor may take: what the machine has free unless said. */
  readonly memory?: number | undefined;
  /** Products of tiles: `native` (onnxruntime, where installed) unless said; `wasm` needs nothing and gives other last bits. */
  readonly arithmetic?: "native" | "wasm" | undefined;
}

/** The Cholesky factor of a symmetric positive definite matrix: K + jitter · 1 = L Lᵀ. */
export interface Factor extends AsyncDisposable {
  readonly n: number;
  /** What was added to the diagonal. */
  readonly jitter: number;
  /** The same as a part of the mean diagonal. */
  readonly relativeJitter: number;
  /** log |K + jitter · 1|. */
  readonly logDet: number;
  /** ‖A‖₁ ‖A⁻¹‖₁ of A = K + jitter · 1: the first exact, the second by Hager's and Higham's estimate, seldom below a third of it. */
  readonly condition: number;
  readonly mode: "float64" | "float32-refined";
  /** What multiplied the tiles: factors differ in their last bits between the two. */
  readonly arithmetic: "native" | "wasm";
  /**
   * A⁻¹ b.
   * @param b - [n, c] or [n].
   * @throws FathomError bad-shape, bad-input; failed when float32 solutions cannot be refined to 1e-10.
   */
  solve(b: NdArray<"float64">, attention?: Attention): Promise<NdArray<"float64">>;
  /** L⁻¹ b, whose squared columns are bᵀ A⁻¹ b. In float32-refined with that precision. */
  whiten(b: NdArray<"float64">, attention?: Attention): Promise<NdArray<"float64">>;
}
