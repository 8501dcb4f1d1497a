/** @file Numbers that both halves of an activation need (conventions.md, "Where activations live"). */

/** Constants of activations, each with its source. */
export const activationConstants = {
  /** Klambauer et al. 2017, arXiv 1706.02515. */
  selu: { scale: 1.0507009873554805, alpha: 1.6732632423543772 },
  /** tanh approximation of gelu: Hendrycks and Gimpel 2016, arXiv 1606.08415. */
  geluTanh: { scale: Math.sqrt(2 / Math.PI), cubic: 0.044715 },
  /** (1 + erf(x/s))/2 is closest to the logistic function at this s (kernels.md §3). */
  sigmoidLike: { scale: 2.4020563531719796 },
} as const;
