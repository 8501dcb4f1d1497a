/**
 * @file Reference values of the whole table of activations. How they were obtained: `moments` and `classes` marked (m) by mpmath
 * quadrature and root finding at 30 digits, panels split at the kinks; `pairs` and `unitPairs` from kernels.md §3, `classes`
 * otherwise from effective-theory.md §3.
 */

/** K = 1: [E φ, E φ², E φ'², dB/dK, E φ'⁴, E φ⁴, E φ²φ'², E hφφ'], 15 digits. */
export const moments: Readonly<Record<string, readonly number[]>> = {
  tanh: [
    0, 0.394294490397841, 0.464402902448268, 0.181797688140487, 0.341509207316664, 0.252991883243951,
    0.0750509530010469, 0.181797688140487,
  ],
  gelu: [
    0.282094791773878, 0.425221482570299, 0.455850865649287, 0.486480248728276, 0.433955838856338,
    1.30467909721713, 0.48443623590102, 0.486480248728276,
  ],
  geluTanh: [
    0.282038588078789, 0.425193711033099, 0.455817845962951, 0.486548426315386, 0.433901338125302,
    1.30491003947234, 0.484599857195063, 0.486548426315386,
  ],
  arctan: [
    0, 0.449700916434902, 0.5, 0.252200832558655, 0.359279923736466, 0.359151610178254, 0.100950874496779,
    0.252200832558655,
  ],
  softsign: [
    0, 0.183014021266547, 0.227671340422182, 0.0872448996608168, 0.110741500834007, 0.0531815411005489,
    0.0142618813083369, 0.0872448996608168,
  ],
  elu: [
    0.160520572266556, 0.644945417492924, 0.668102001223171, 0.574625710581218, 0.594410641301969,
    1.57065368775825, 0.519484745814015, 0.574625710581218,
  ],
  selu: [
    0, 1.0, 1.0715749924558, 0.782647883196813, 1.51135290238747, 2.50314045061541, 0.795530004464269,
    0.782647883196813,
  ],
  softplus: [
    0.80605918334744, 0.9212459088593, 0.293379035858093, 0.45330197247963, 0.13159431306638,
    2.33775215383196, 0.501642460346972, 0.45330197247963,
  ],
  sigmoid: [
    0.5, 0.293379035858093, 0.0448362413501944, 0.0311982419796296, 0.00228565128667895, 0.13159431306638,
    0.0123944019283225, 0.0311982419796296,
  ],
  mish: [
    0.240403888374791, 0.452342192375883, 0.47908375837397, 0.486873459932142, 0.421736381746669,
    1.29917606976351, 0.473010540227272, 0.486873459932142,
  ],
  hardtanh: [
    0, 0.516058550961713, 0.682689492137086, 0.198748043098799, 0.682689492137086, 0.429613188121025,
    0.198748043098799, 0.198748043098799,
  ],
  gabor: [
    0, 0.0737186787883312, 0.28857726553911, -0.0174964219984006, 0.185871044489074, 0.0086734449516648,
    0.0123578970753017, -0.0174964219984006,
  ],
  sigmoidLike: [
    0.5, 0.291433623429878, 0.0423957612658215, 0.0314829054546763, 0.00197008826606334, 0.12850345635656,
    0.0117511014649674, 0.0314829054546763,
  ],
};

interface Pair {
  readonly spec: string | { readonly kind: string; readonly [parameter: string]: unknown };
  /** [k, k̇] at c = .5, v = (1, 1.5). */
  readonly A?: readonly [number, number];
  /** At c = -.7, v = (2, .6). */
  readonly B?: readonly [number, number];
}

/** kernels.md §3, to 1e-9. */
export const pairs: readonly Pair[] = [
  { spec: "relu", A: [0.336405695, 0.3169301182], B: [0.036335805, 0.1396721911] },
  { spec: { kind: "leakyRelu", alpha: 0.1 }, A: [0.3224886129, 0.3567133957] },
  { spec: "abs", A: [0.8456227798, 0.2677204728] },
  { spec: "sign", A: [0.2677204728, 0], B: [-0.4413112356, 0] },
  { spec: "erf", A: [0.1864294987, 0.3838961671], B: [-0.2774249359, 0.4234731734] },
  { spec: "gelu", A: [0.2506580984, 0.3264398298], B: [-0.0483397038, 0.1343631895] },
  { spec: { kind: "sin", a: 1.2, b: 0.8, p: 0.3 }, A: [0.251635001, 0.4092243733] },
  { spec: "cos", A: [0.3230702481, 0.1492963046] },
  { spec: { kind: "rbf", gamma: 0.7 }, A: [0.3499377491, 0.4899128488] },
  { spec: { kind: "exp", a: 0.5, b: 0.6 }, A: [0.4694026448, 0.1689849521] },
  { spec: { kind: "gaussian", a: 1.1, b: -0.7 }, A: [0.4589791613, 0.0647193638] },
  { spec: "gabor", A: [0.0097493482, 0.0253964027] },
  { spec: { kind: "monomial", degree: 3 }, A: [7.5, 18] },
  { spec: { kind: "rectifiedMonomial", degree: 2 }, A: [0.9007711902, 1.3456227798] },
  { spec: { kind: "rectifiedMonomial", degree: 3 }, A: [3.9339564502, 8.1069407116] },
  { spec: { kind: "polynomial", coefficients: [0.3, -1, 0.5, 0.25, -0.1] }, A: [0.25375, 0.45] },
];

/** kernels.md §3, "Exact values for tests": unit variances, [k at ρ = .5, k at ρ = .95]. */
export const unitPairs: Readonly<Record<string, readonly [number, number | undefined]>> = {
  tanh: [0.186324413203, 0.371429424018],
  silu: [0.183169663088, 0.336980167827],
  softplus: [0.780078165207, undefined],
  elu: [0.324783648957, 0.611721204444],
  gelu: [0.227294915022, undefined],
  relu: [0.304498890522, undefined],
};

interface Class {
  readonly class: string;
  readonly sw2?: number;
  readonly sb2?: number;
  readonly K?: number;
  readonly zeta?: number;
  readonly a1?: number;
  readonly b1?: number;
}

/** effective-theory.md §3; (m) for what it does not list. J ~ l^-zeta. */
export const classes: Readonly<Record<string, Class>> = {
  linear: { class: "scale-invariant", sw2: 1, sb2: 0, zeta: 0 },
  relu: { class: "scale-invariant", sw2: 2, sb2: 0, zeta: 0 },
  abs: { class: "scale-invariant", sw2: 1, sb2: 0, zeta: 0 },
  tanh: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 1, a1: -2, b1: -2 },
  sin: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 1, a1: -1, b1: -1 },
  arctan: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 1, a1: -2, b1: -2 },
  erf: { class: "zero", sw2: Math.PI / 4, sb2: 0, K: 0, zeta: 1, a1: -2, b1: -2 },
  // φ = x - (7/6) x³ + …
  gabor: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 1, a1: -7, b1: -7 },
  // K' = K - c K^{3/2}: K ~ l^-2, and chi_J = 1 - c K^{1/2} with the same c.
  softsign: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 2 },
  elu: { class: "zero", sw2: 1, sb2: 0, K: 0, zeta: 2 },
  gelu: { class: "half-stable", sw2: 1.9830582574, sb2: 0.1729223908, K: 3.5615528128, zeta: 0 },
  silu: { class: "half-stable", sw2: 1.9880046783, sb2: 0.5551431707, K: 14.320173618, zeta: 0 },
  mish: { class: "half-stable", sw2: 2.0135240697, sb2: 0.0945217874, K: 1.6701691325, zeta: 0 },
  // (m)
  geluTanh: {
    class: "half-stable",
    sw2: 1.982888239821092,
    sb2: 0.1728951982638158,
    K: 3.556772844715111,
    zeta: 0,
  },
  // B = (3K² - 2K + 1)/2: dB/dK = A = 2 at K = 1.
  hermite: { class: "half-stable", sw2: 1 / 2, sb2: 1 / 2, K: 1, zeta: 0 },
  selu: { class: "none" },
  sigmoid: { class: "none" },
  sigmoidLike: { class: "none" },
  softplus: { class: "none" },
  sign: { class: "none" },
  cos: { class: "none" },
  exp: { class: "none" },
  monomial: { class: "none" },
  rectifiedMonomial: { class: "none" },
  gaussian: { class: "none" },
  rbf: { class: "none" },
};

/** x sigmoid(1.702 x): silu's critical point with K* divided by 1.702² (m). */
export const quickGelu = { sw2: 1.988004678269492, sb2: 0.1916398799233674, K: 4.94343891337688 } as const;

/**
 * Where the textbook form of an integral cancels: kind, degree of `hermite`, K and the value, mpmath at 50 digits. The order of moments
 * is that of `moments`.
 */
export const delicateMoments: readonly {
  readonly spec: { readonly kind: string; readonly degree?: number };
  readonly moment: number;
  readonly K: number;
  readonly value: number;
}[] = [
  { spec: { kind: "sin" }, moment: 5, K: 1e-6, value: 2.999990000021e-12 },
  { spec: { kind: "sin" }, moment: 6, K: 1e-12, value: 9.99999999996e-13 },
  { spec: { kind: "cos" }, moment: 4, K: 1e-6, value: 2.999990000021e-12 },
  { spec: { kind: "softplus" }, moment: 3, K: 1e-12, value: 0.4232867951400368 },
  { spec: { kind: "sigmoid" }, moment: 3, K: 1e-12, value: 0.0624999999999375 },
  { spec: { kind: "sigmoid" }, moment: 3, K: 1e-6, value: 0.0624999375000664 },
  { spec: { kind: "hermite", degree: 12 }, moment: 4, K: 0.5, value: 54.73493541375501 },
  { spec: { kind: "hermite", degree: 12 }, moment: 5, K: 0.5, value: 0.368824329484653 },
];

/** Nearly or exactly opposite signals: E φφ, by the formulas of kernels.md §3 at 50 digits. */
export const oppositePairs = {
  relu: { Ka: 1, Kb: 1, C: -1 + 2 ** -30, dual: 4.264754789076763e-15, slope: 6.868868379417265e-6 },
  gelu: { Ka: 1e6, Kb: 1e6, C: -1e6, dual: -0.0001875656572396539 },
} as const;
