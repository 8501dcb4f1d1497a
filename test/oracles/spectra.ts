/**
 * @file Reference values of Jacobian spectra: criticality.md §8-10. Densities to the printed digits (eps -> 0); those marked
 * closed are by closed forms, the others by an independent continuation in numpy.
 */

/** m_1, m_2, … at χ_J = 1 (criticality.md §8). */
export const moments = [
  { activation: "linear", q: 1, depth: 3, weights: "gaussian", values: [1, 4, 22, 140, 969, 7084] },
  { activation: "relu", q: 1, depth: 10, weights: "haar", values: [1, 11, 166, 2891, 54676, 1091138] },
  { activation: "relu", q: 1, depth: 10, weights: "gaussian", values: [1, 21, 641, 23001, 903761] },
  {
    activation: "erf",
    q: 0.2,
    depth: 10,
    weights: "haar",
    values: [1, 2.16312611, 5.92328793, 18.21133711, 60.01629441],
  },
  { activation: "erf", q: 0.2, depth: 50, weights: "haar", values: [1, 6.81563057, 66.2023103, 751.649984] },
] as const;

/** Upper edge and [λ, ρ(λ)] at χ_J = 1 (criticality.md §9). */
export const densities = [
  {
    activation: "linear",
    q: 1,
    depth: 5,
    weights: "gaussian",
    edge: 14.92992,
    rho: [
      [0.1, 0.8209144],
      [1, 0.09565432],
      [10, 0.005782378],
    ],
  },
  {
    activation: "relu",
    q: 1,
    depth: 10,
    weights: "haar",
    edge: 25.81174792,
    rho: [
      [0.1, 0.3367097],
      [1, 0.04499319],
      [10, 0.004696222],
      [25, 4.715495e-4],
    ],
  },
  {
    activation: "relu",
    q: 1,
    depth: 10,
    weights: "gaussian",
    edge: 54.41085853,
    rho: [
      [0.1, 0.2762688],
      [1, 0.02967111],
      [10, 0.002605494],
      [50, 1.427622e-4],
    ],
  },
  {
    activation: "relu",
    q: 1,
    depth: 2,
    weights: "haar",
    edge: 4,
    rho: [
      [0.5, 0.1203098],
      [1, 0.09188815],
      [3, 0.09188815],
    ],
  },
  {
    activation: "erf",
    q: 0.2,
    depth: 10,
    weights: "haar",
    edge: 4.384543629,
    rho: [
      [0.1, 1.1042221],
      [0.5, 0.3990554],
      [1, 0.2465573],
      [2, 0.1406784],
      [4, 0.04115364],
    ],
  },
  {
    activation: "erf",
    q: 0.2,
    depth: 50,
    weights: "haar",
    edge: 17.10703011,
    rho: [
      [0.01, 6.1723752],
      [0.1, 0.7635328],
      [1, 0.08534886],
      [5, 0.01502044],
      [15, 0.001998681],
    ],
  },
  {
    activation: "erf",
    q: 0.2,
    depth: 10,
    weights: "gaussian",
    edge: 31.68999043,
    rho: [
      [0.1, 0.5076179],
      [1, 0.05181901],
      [10, 0.003948924],
    ],
  },
  {
    activation: "tanh",
    q: 0.05,
    depth: 20,
    weights: "haar",
    edge: 2.167426947,
    rho: [
      [0.2, 0.4122387],
      [0.5, 0.696517],
      [1, 0.5943458],
      [1.5, 0.4513457],
      [2, 0.2334018],
    ],
  },
] as const;
