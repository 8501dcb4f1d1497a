/**
 * @file Predictions of the ResNet kernel with 100 training images of MNIST (rows 5000 to 5099, jitter 0): kernels.md §6.3, which had
 * them from float64 numpy with the textbook arc-cosine form and a Cholesky solve.
 */
export const resnet100 = {
  /** Of the first 500 test images. */
  errors: 106,
  /** Posterior mean of the first test image by class. */
  mean: [
    -0.811892, -0.957917, -0.679166, -0.735531, -0.714, -0.92138, -1.086481, 1.054483, -0.962629, -0.841271,
  ],
  /** Posterior and prior variance of the first three test images. */
  variances: [
    [0.02099119, 0.19139176],
    [0.03985221, 0.31592957],
    [0.00937237, 0.10647048],
  ],
} as const;
