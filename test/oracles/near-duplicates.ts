/**
 * @file Kernels of items that differ by 2^-17, by the recursion of kernels.md §2.1 and §3 in 60 digits (mpmath, acos form). All
 * inputs and weights are dyadic, so float64 holds them exactly; results are rounded to float64.
 */

/** The step between near duplicates. */
export const nearStep = 2 ** -17;

/**
 * Inputs (1, 1/2) and (1, 1/2 + 2^-17), three hidden layers of abRelu(a, 1) and a readout, weights sw2, sb2 throughout: K12, Θ12
 * and K11 + K22 − 2K12.
 */
export const nearMlps = [
  [0, 2, 0, 1.2500038146972656, 5.000000687750288, 5.820747997670141e-11],
  [0, 2.25, 0.015625, 2.077490241266787, 8.208130784680868, 9.323712872961962e-11],
  [0.125, 1.5, 0.25, 1.1103134916202748, 3.1653363670747563, 1.9294095994772827e-11],
  [-1, 1, 0.125, 1.1250019073486328, 3.749990957455524, 2.9103660850793673e-11],
] as const;

/**
 * Images x = ((3r + 5c) mod 11)/16 and x + 2^-17 ((3r + 7c) mod 5 − 2), 8 × 8, sw2 = 2, sb2 = 1/16, ReLU, torch-same padding:
 * Conv3, ReLU, Conv3 with stride 2, residual [ReLU, Conv3], ReLU, flatten, dense.
 */
export const nearConv = {
  nngp: 0.6741029194189542,
  ntk: 1.9606283134306357,
  distance: 3.0107533406625786e-10,
};
