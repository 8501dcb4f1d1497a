/**
 * @file What a layer does to the covariance of its units, as plain data: the program that the kernel engine compiles
 * (conventions.md, "covariance rules are plain-data operations"). `K(x, x')` is the second moment of the units over
 * the random parameters, averaged over positions where the shape has any; Θ(x, x') is the tangent kernel of the trained ones.
 */
import type { ActivationSpec } from "./activations/index.ts";
import type { NetShape } from "./shapes.ts";
import type { SpatialCovarianceOp } from "./spatial-covariance.ts";
import type { Trained } from "./trained.ts";

/** The layer that an operation comes from, for messages: `layers[3] (dense)` and `layers[3]`. */
export interface CovariancePlace {
  readonly name: string;
  readonly where: string;
}

/** A covariance operation; those of a network's layers say where they come from. */
export type CovarianceOp = CovarianceRule & { readonly layer?: CovariancePlace };

/** What a layer states; `⟨K⟩` is what its weights see. */
export type CovarianceRule =
  | SpatialCovarianceOp
  /** `K' = scale·K + shift`, `Θ' = scale·Θ + weight·K + bias`: a dense layer with `scale = sw2`, `shift = sb2`. */
  | { readonly op: "affine"; readonly scale: number; readonly shift: number; readonly trained: Trained }
  /** `K → E[φ(u) φ(v)]`, `(u, v)` Gaussian with covariance K. */
  | { readonly op: "activation"; readonly activation: ActivationSpec }
  /** `K(x, x') → (K − m m')/√((K(x, x) − m² + ε)(K(x', x') − m'² + ε))`, m the mean over the units. */
  // With `affine`, trained gains (1) and shifts (0) follow: Θ gains weight·K' + bias.
  | {
      readonly op: "layerNorm";
      readonly epsilon: number;
      readonly affine: boolean;
      readonly trained: Trained;
    }
  /**
   * The same with one mean M and one variance V − M² an item, the means of m and of K(x, x) over all positions:
   * `K → (K − M m' − m M' + M M')/√((V − M² + ε)(V' − M'² + ε))`.
   */
  | { readonly op: "exampleNorm"; readonly epsilon: number; readonly trained: Trained }
  /** `K → K/√((K(x, x) + ε)(K(x', x') + ε))`. With `affine`, trained gains follow that start at 1: Θ gains weight·K'. */
  | { readonly op: "rmsNorm"; readonly epsilon: number; readonly affine: boolean; readonly trained: Trained }
  /** `K → K/√((N·K(x, x) + ε)(N·K(x', x') + ε))`, N the units. */
  | { readonly op: "l2Normalize"; readonly units: number; readonly epsilon: number }
  /** `K → branch(K) + mu²·K`: the branch's output is independent of its input. */
  | { readonly op: "residual"; readonly mu: number; readonly branch: readonly CovarianceOp[] }
  /** `K → Σ K_b`, `Θ → Σ Θ_b`: branches with Gaussian outputs, independent of each other. */
  | { readonly op: "sum"; readonly branches: readonly (readonly CovarianceOp[])[] }
  /** `K → Π K_b`, `Θ → Σ_b Θ_b Π_{c≠b} K_c`. */
  | { readonly op: "product"; readonly branches: readonly (readonly CovarianceOp[])[] }
  /** `K → Σ n_b K_b / Σ n_b`, Θ likewise; `widths` are the channels n_b of the branches. */
  | {
      readonly op: "concat";
      readonly branches: readonly (readonly CovarianceOp[])[];
      readonly widths: readonly number[];
    }
  /** `K → factor²·K`. */
  | { readonly op: "scale"; readonly factor: number }
  /** `K → factor²·K`, `Θ → factor²·Θ + weight·K`: a trained factor, one number or one a channel. */
  | {
      readonly op: "gain";
      readonly factor: number;
      readonly per: "scalar" | "channel";
      readonly trained: Trained;
    }
  /** In training, entries of the same example and position are divided by 1 − rate; the identity in inference. */
  | { readonly op: "dropout"; readonly rate: number }
  /** Entries `from` to `to` (not included) of an axis of one example; the identity where that is the channel axis. */
  | {
      readonly op: "slice";
      readonly input: NetShape;
      readonly axis: number;
      readonly from: number;
      readonly to: number;
    }
  /** `K → mean of K over positions`; nothing for vectors. */
  | { readonly op: "flatten"; readonly from: NetShape };
