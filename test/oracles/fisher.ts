/**
 * @file Reference values of criticality.md §12: the dual Fisher of wide erf networks at their critical point. The moments
 * follow from the recursion by hand (mpmath agrees in all printed digits); the samples are networks of width 300.
 */

/** Mean m1 and relative standard deviation of the eigenvalues at depth L; the latter as printed. */
export const erfFisher = [
  { q: 0.001, depth: 20, m1: 0.02541398, relativeStd: 0.007, digits: 5e-5 },
  { q: 0.01, depth: 20, m1: 0.249670813, relativeStd: 0.0676, digits: 5e-5 },
  { q: 0.1, depth: 20, m1: 2.132015162, relativeStd: 0.5183, digits: 5e-5 },
] as const;

/** erf, q = 0.5, L = 6: exact moments, and largest eigenvalues of samples. */
export const erfHalf = { q: 0.5, depth: 6, m1: 2, m2: 6.087804806, sampledLargest: [5.71, 5.95] } as const;
