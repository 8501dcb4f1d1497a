/**
 * @file Covariance rules of layers that know positions (kernels.md §2.1, §2.2), as plain data. `K[p, p']` is
 * `K(x, x')` between position p of one example and p' of the other, averaged over channels. Layers with weights add
 * `trained.weight·⟨K⟩ + trained.bias` to Θ, ⟨K⟩ what stands beside `scale` in their rule for K.
 */
import type { SparseMatrix } from "../tensor/index.ts";
import type { WindowAxis } from "./geometry.ts";
import type { Tangent, Trained } from "./trained.ts";

export type SpatialCovarianceOp =
  /** `K' = scale·⟨K⟩ + shift`, ⟨K⟩[i, i'] the mean over taps j of `K[s·i + d·j − lo, s·i' + d·j − lo]`; 0 outside. */
  | {
      readonly op: "convolution";
      readonly scale: number;
      readonly shift: number;
      readonly trained: Trained;
      readonly windows: readonly WindowAxis[];
    }
  /** The same where p = p'; 0 elsewhere, for every position has weights and a bias of its own. */
  | {
      readonly op: "localConvolution";
      readonly scale: number;
      readonly shift: number;
      readonly trained: Trained;
      readonly windows: readonly WindowAxis[];
    }
  /**
   * The adjoint stencil: `K'[q, q'] = scale/Πk · Σ_j K[i, i'] + shift` over the taps j with `q = s·i + j − lo` and
   * `q' = s·i' + j − lo`. `windows` are those of the convolution from the output to the input of this layer.
   */
  | {
      readonly op: "transposedConvolution";
      readonly scale: number;
      readonly shift: number;
      readonly trained: Trained;
      readonly windows: readonly WindowAxis[];
    }
  /** Sum over the windows of both positions; divided by both windows' sizes, or by the positions inside the edges. */
  | {
      readonly op: "pool";
      readonly windows: readonly WindowAxis[];
      readonly divisor: "none" | "window" | "inside";
    }
  /** Mean over all pairs of positions. */
  | { readonly op: "globalAvgPool"; readonly positions: number }
  /** `K' = A K Aᵀ` along every spatial axis; `matrices[axis]` has rows of coefficients. */
  | { readonly op: "resize"; readonly matrices: readonly (readonly (readonly number[])[])[] }
  /** `K' = A K Aᵀ` over nodes. */
  | { readonly op: "aggregate"; readonly matrix: SparseMatrix }
  /** `K'[p, p'] = variance` where both examples have the same id there, else 0; Θ' likewise with `table`. */
  | { readonly op: "embedding"; readonly variance: number; readonly table: Tangent }
  /** `K' = K + variance·I` (a learned table; Θ' = Θ + table·I), or plus the Gram matrix of sinusoids, `⟨cos(ω_c (p − p'))⟩/2`. */
  | {
      readonly op: "positional";
      readonly encoding: "learned";
      readonly variance: number;
      readonly table: Tangent;
    }
  | { readonly op: "positional"; readonly encoding: "sinusoidal"; readonly channels: number }
  /**
   * `K' = scale·G K G'ᵀ + shift`, G the softmax over keys of `query·K(x, x)` and G' the same of x'; a causal layer's
   * keys are not after the query. Weights of queries and keys add nothing to Θ in the wide limit.
   */
  | {
      readonly op: "attention";
      readonly query: number;
      readonly scale: number;
      readonly shift: number;
      readonly trained: Trained;
      readonly causal: boolean;
    }
  /**
   * The same without a softmax: with k(x, x') = scale·K + shift the kernel of queries, keys and values, G = ζ(factor·k(x, x))
   * entry by entry, 0 for keys after the query where causal; `K' = scale·G k G'ᵀ + shift`,
   * `Θ' = scale·G (scale·Θ + value.weight·K + value.bias) G'ᵀ + out.weight·G k G'ᵀ + out.bias`.
   */
  | {
      readonly op: "elementwiseAttention";
      readonly weights: "identity" | "relu" | "abs";
      readonly factor: number;
      readonly causal: boolean;
      readonly scale: number;
      readonly shift: number;
      readonly value: Trained;
      readonly out: Trained;
    }
  /** Positions are renamed, K stays: images and signals become tokens. */
  | { readonly op: "identity" };
