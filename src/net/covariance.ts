/**
 * @file What a layer does to the covariance of its units, as plain data: the program that the kernel engine compiles
 * (conventions.md, "covariance rules are plain-data operations"). `K(x, x')` is the second moment of the units over
 * the random parameters, averaged over positions where the shape has any.
 */
import type { ActivationSpec } from "./activations/index.ts";
import type { NetShape } from "./shapes.ts";

export type CovarianceOp =
  /** `K → scale·K + shift`: a dense layer with `scale = sw2`, `shift = sb2`. */
  | { readonly op: "affine"; readonly scale: number; readonly shift: number }
  /** `K → E[φ(u) φ(v)]`, `(u, v)` Gaussian with covariance K. */
  | { readonly op: "activation"; readonly activation: ActivationSpec }
  /** `K(x, x') → (K − m m')/√((K(x, x) − m² + ε)(K(x', x') − m'² + ε))`, m the mean over the units. */
  | { readonly op: "layerNorm"; readonly epsilon: number }
  /** `K → branch(K) + mu²·K`: the branch's output is independent of its input. */
  | { readonly op: "residual"; readonly mu: number; readonly branch: readonly CovarianceOp[] }
  /** `K → factor²·K`. */
  | { readonly op: "scale"; readonly factor: number }
  /** `K → mean of K over positions`; nothing for vectors. */
  | { readonly op: "flatten"; readonly from: NetShape };
