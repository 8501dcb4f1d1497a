/**
 * @file Convolutions and poolings: sums that tell values and gradients.
 * How obtained: PyTorch 2.15.0, float64, by bench/peers/convolution-fixtures.py, which says what the numbers are.
 */

/** Of a tensor t: Σ t, Σ t cos(i), and its last element. */
export type Told = readonly [number, number, number];

export interface Fixture {
  readonly shape: readonly number[];
  readonly value: Told;
  readonly gradients: readonly Told[];
}

export interface ConvFixture extends Fixture {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

export interface PoolFixture extends Fixture {
  readonly kind: "max" | "avg";
  readonly x: readonly number[];
  readonly window: readonly number[];
  readonly strides: readonly number[];
  readonly padding: readonly number[];
  readonly countPadding: "include" | "exclude";
}

export const convolutionFixtures: readonly ConvFixture[] = [
  {
    x: [2, 3, 9],
    w: [4, 3, 3],
    strides: [2],
    padding: [1],
    dilations: [1],
    groups: 1,
    shape: [2, 4, 5],
    value: [0.04972703761067736, 0.07890008554306559, -0.03263601541133948],
    gradients: [
      [-0.02258896959389678, 0.08232097139827219, 0.09280442301852188],
      [1.2171142118993157, 0.49286707642418515, -1.8030243734295368],
    ],
  },
  {
    x: [2, 4, 7, 8],
    w: [6, 2, 3, 3],
    strides: [2, 1],
    padding: [1, 1],
    dilations: [1, 2],
    groups: 2,
    shape: [2, 6, 4, 6],
    value: [-2.3016663443397953, 16.660751148043538, -0.6368153721581684],
    gradients: [
      [37.157076079981266, -1.5464757396925206, 2.182860923399042],
      [-47.15836113580392, 2.7809017571321792, 2.394685930869957],
    ],
  },
  {
    x: [2, 3, 8, 8],
    w: [5, 3, 2, 4],
    strides: [1, 3],
    padding: [1, 2],
    dilations: [1, 1],
    groups: 1,
    shape: [2, 5, 9, 3],
    value: [0.8534596056327377, -28.33458384890625, -2.1071677006033562],
    gradients: [
      [-18.341772297938313, -8.427679921925698, 0.365447099146863],
      [-14.713815915196452, -1.1860960546961032, 0.6106566961067557],
    ],
  },
  {
    x: [1, 2, 5, 4, 6],
    w: [3, 2, 2, 3, 2],
    strides: [2, 1, 2],
    padding: [1, 1, 0],
    dilations: [1, 1, 2],
    groups: 1,
    shape: [1, 3, 3, 4, 2],
    value: [0.13334862304898232, 0.8879632447537951, -1.2139402237822732],
    gradients: [
      [17.223817207104133, -15.326571825907852, 0.0],
      [13.719351552690727, 2.6850165751237545, 1.8235025664189457],
    ],
  },
];

export const transposedFixtures: readonly ConvFixture[] = [
  {
    x: [2, 4, 4, 5],
    w: [4, 2, 3, 3],
    strides: [2, 2],
    padding: [1, 1],
    dilations: [1, 1],
    groups: 2,
    shape: [2, 4, 8, 9],
    value: [2.411989514155516, -0.10650335707120329, 0.35867223277553284],
    gradients: [
      [-45.29953326884221, 0.7663369319249358, -0.7116093281007505],
      [-1.864323343570283, 2.5562422655749426, 0.5989209724203136],
    ],
  },
  {
    x: [2, 3, 6],
    w: [3, 5, 4],
    strides: [3],
    padding: [2],
    dilations: [1],
    groups: 1,
    shape: [2, 5, 16],
    value: [17.047210725487098, -2.824997396293583, 0.6304869968220319],
    gradients: [
      [2.5333418687906133, 7.123286757467623, 1.0072695633787363],
      [-0.2884641920110558, -18.13217382223685, 4.567981144048325],
    ],
  },
];

export const poolFixtures: readonly PoolFixture[] = [
  {
    kind: "max",
    x: [2, 2, 7, 8],
    window: [3, 2],
    strides: [2, 2],
    padding: [1, 1],
    countPadding: "include",
    shape: [2, 2, 4, 5],
    value: [34.6526629528872, 20.75549998778787, -0.19518627273900457],
    gradients: [[-2.7080105525180427, 3.6708785972585796, 0.0]],
  },
  {
    kind: "max",
    x: [2, 3, 9],
    window: [2],
    strides: [2],
    padding: [0],
    countPadding: "include",
    shape: [2, 3, 4],
    value: [6.085437237104965, 0.7606641158842431, -0.9317168878547055],
    gradients: [[2.821512365835886, -0.279029102192877, 0.0]],
  },
  {
    kind: "avg",
    x: [2, 2, 7, 8],
    window: [3, 2],
    strides: [2, 1],
    padding: [1, 1],
    countPadding: "include",
    shape: [2, 2, 4, 9],
    value: [0.08703901483267024, 0.402860848278058, -0.16094851016067854],
    gradients: [[-0.9961480152109758, 0.7188556624128191, 0.10944766676854796]],
  },
  {
    kind: "avg",
    x: [2, 2, 7, 8],
    window: [3, 3],
    strides: [2, 2],
    padding: [1, 1],
    countPadding: "exclude",
    shape: [2, 2, 4, 4],
    value: [0.13334656026746955, 1.0685658277217776, -0.7509260899765029],
    gradients: [[1.1661771475375353, -0.20738734097348444, 0.16645466120725028]],
  },
  {
    kind: "avg",
    x: [1, 2, 4, 5, 6],
    window: [2, 3, 2],
    strides: [2, 1, 2],
    padding: [1, 1, 1],
    countPadding: "exclude",
    shape: [1, 2, 3, 5, 4],
    value: [1.1632208556858683, -0.21747847087679012, -0.471338582467846],
    gradients: [[-2.71711592374403, -0.7753260002902403, -0.5404516126742791]],
  },
];
