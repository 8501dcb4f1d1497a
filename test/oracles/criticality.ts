/**
 * @file Reference values of criticality.md §2-5 and of kernels.md §3 and §12. How they were obtained: mpmath quadrature at
 * 30 digits (moments, duals, critical points), iteration of the recursions in mpmath (depth, fixed points), closed forms.
 * `digits` below means half a unit of the last printed digit.
 */

/** §2, K = 1: [m, B, A, chi_K/sw2, <phi'^4>], to 1e-10. */
export const momentsAtOne = {
  erf: [0, 0.46455905439754, 0.56941003473374, 0.18980334491125, 0.54037964609247],
  tanh: [0, 0.39429449039784, 0.46440290244827, 0.18179768814049, 0.34150920731666],
  gelu: [0.28209479177388, 0.4252214825703, 0.45585086564929, 0.48648024872828, 0.43395583885634],
  silu: [0.20662096414191, 0.35577551981735, 0.37948235163283, 0.41718025913172, 0.28658057687961],
  sin: [0, 0.43233235838169, 0.56766764161831, 0.13533528323661, 0.44270957444679],
} as const;

/** §3 (mish: effective-theory.md §3): critical point of a plain network. K undefined: every K. */
export const criticalPoints = [
  { activation: "linear", sw2: 1, sb2: 0, K: undefined, zeta: 0 },
  { activation: "relu", sw2: 2, sb2: 0, K: undefined, zeta: 0 },
  { activation: "erf", sw2: Math.PI / 4, sb2: 0, K: 0, zeta: 1 },
  { activation: "tanh", sw2: 1, sb2: 0, K: 0, zeta: 1 },
  { activation: "sin", sw2: 1, sb2: 0, K: 0, zeta: 1 },
  { activation: "gelu", sw2: 1.9830582574375, sb2: 0.1729223907561, K: 3.5615528128088, zeta: 0 },
  { activation: "silu", sw2: 1.9880046782695, sb2: 0.5551431707215, K: 14.320173618026, zeta: 0 },
  { activation: "mish", sw2: 2.0135240697, sb2: 0.0945217874, K: 1.6701691325, zeta: 0 },
] as const;

/** §3: erf at its critical point from K^1 = 1, after so many steps. */
export const erfRecursion = [
  { steps: 10, K: 0.04967364865057, J: 0.071319946202351 },
  { steps: 50, K: 0.010039467216552, J: 0.01478189079948 },
] as const;

/** §3: points of the critical line by K* = q; ten printed decimals. */
export const plainLine = [
  { activation: "erf", q: 0.1, sw2: 0.9292956392, sb2: 0.0009363804 },
  { activation: "erf", q: 0.2, sw2: 1.0537222097, sb2: 0.0056286497 },
  { activation: "erf", q: 0.5, sw2: 1.3603495232, sb2: 0.0465501589 },
  { activation: "erf", q: 1, sw2: 1.7562036828, sb2: 0.1841396778 },
  { activation: "gelu", q: 4, sw2: 1.9761097655, sb2: 0.1863748962 },
  { activation: "gelu", q: 5, sw2: 1.966274843, sb2: 0.214444709 },
  { activation: "gelu", q: 10, sw2: 1.9558151248, sb2: 0.323458814 },
  // criticality.md prints sb2 = .4753363679 here; mpmath quadrature at 25 digits gives .47533676789898.
  { activation: "gelu", q: 20, sw2: 1.9601850425, sb2: 0.4753367679 },
] as const;

/** §3: what is reached from K^1 = 1, plain; `digits` of K, chi_J, xi as printed. */
export const phaseSpots = [
  { activation: "erf", sw2: 1, sb2: 0, K: 0.14192377, chiJ: 1.01690252, xi: 59.661, xiDigits: 5e-4 },
  { activation: "erf", sw2: 1, sb2: 0.2, K: 0.55148049, chiJ: 0.71110486, xi: 2.9331, xiDigits: 5e-5 },
  { activation: "erf", sw2: 2, sb2: 0.2, K: 1.1968007, chiJ: 1.05853631, xi: 17.579, xiDigits: 5e-4 },
  { activation: "erf", sw2: 4, sb2: 1, K: 3.7527449, chiJ: 1.27280291, xi: 4.1456, xiDigits: 5e-5 },
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: as printed, to be compared at its digits.
  { activation: "relu", sw2: 1, sb2: 0.2, K: 0.4, chiJ: 0.5, xi: 1.4427, xiDigits: 5e-5 },
  { activation: "gelu", sw2: 1, sb2: 0.2, K: 0.30598798, chiJ: 0.37017461, xi: 1.0063, xiDigits: 5e-5 },
  { activation: "gelu", sw2: 1, sb2: 1, K: 1.8436201, chiJ: 0.48650342, xi: 1.3879, xiDigits: 5e-5 },
] as const;

/** §3: the two fixed points of gelu at its critical point. */
export const geluFixedPoints = {
  stable: { K: 3.034981435, chiJ: 0.9939784743, xi: 165.6 },
  halfStable: { K: 3.5615528128088 },
} as const;

/** §4.3: slope sigma_b/sigma_w of the ln-pre line, and sup of r = A/B; ln-pre. */
export const lnPre = [
  { activation: "relu", slope: 0, ratio: 1 },
  { activation: "erf", slope: 0.323807010944, ratio: 1.2257000038 },
  { activation: "tanh", slope: 0.264779931359, ratio: 1.1778072323 },
  { activation: "sin", slope: 0.367879441171, ratio: undefined },
  { activation: "gelu", slope: 0.175012522635, ratio: 1.0720315984 },
  { activation: "silu", slope: 0.15397023029, ratio: 1.0666342412 },
] as const;

/** §4.4: relu, ln-pre, mu = 1, sw2 = 1.96, sb2 = .09, K0 = 1. */
export const growth = {
  rho: 0.9158878505,
  J: [
    { steps: 10, value: 9.8201363413 },
    { steps: 100, value: 75.424422798 },
    { steps: 10000, value: 5079.1207428 },
  ],
} as const;

/** §4.5: critical points of LayerNorm on activations by K, mu = 0. */
export const lnAct = [
  { activation: "erf", K: 1, sw2: 0.8158603222, sb2: 0.1841396778 },
  { activation: "erf", K: 2, sw2: 1.390942827, sb2: 0.609057173 },
  { activation: "gelu", K: 1, sw2: 0.7582392336, sb2: 0.2417607664 },
  { activation: "tanh", K: 1, sw2: 0.8490353706, sb2: 0.1509646294 },
] as const;

/** §4.2: ln J of erf with mu = 1, sw2 = 1, sb2 = .1, K^1 = 1. */
export const stretched = [
  { depth: 10000, logJ: 121.45, leading: 121.399 },
  { depth: 40000, logJ: 243.063, leading: 242.797 },
] as const;

/** §4: two-layer block with LayerNorm, gelu, (1.44, .09), mu = 1, eight blocks from K = 1. */
export const twoLayerBlock = { K: 9.632, J: 8.277 } as const;

/** §5: diagonal NTK at depth L, ntk parameterisation, K^1 = 1. */
export const ntkDiagonal = [
  { activation: "relu", sw2: 2, sb2: 0, depth: 8, theta: 8 },
  { activation: "erf", sw2: 1.44, sb2: 0.09, depth: 8, theta: 4.817036 },
] as const;

/** kernels.md §12: MLP on inputs (1, 0) and (.6, .8) with h hidden layers, to 1e-9. */
export const mlpKernels = [
  { activation: "relu", sw2: 2, sb2: 0, hidden: 1, K12: 0.677547567767, T11: 2, T12: 1.10044722659 },
  { activation: "relu", sw2: 2, sb2: 0, hidden: 3, K12: 0.775312434844, T11: 4, T12: 1.95228668518 },
  { activation: "relu", sw2: 2, sb2: 0, hidden: 10, K12: 0.906611329517, T11: 11, T12: 4.35824109182 },
  {
    activation: "relu",
    sw2: 2.25,
    sb2: 0.01,
    hidden: 3,
    K12: 1.28832685987,
    T11: 6.5346484375,
    T12: 3.23246925999,
  },
  {
    activation: "erf",
    sw2: 2.25,
    sb2: 0.01,
    hidden: 3,
    K12: 0.546876930236,
    T11: 6.22458006367,
    T12: 2.31140229499,
  },
  {
    activation: "gelu",
    sw2: 2.25,
    sb2: 0.01,
    hidden: 3,
    K12: 0.706639171734,
    T11: 4.68493195443,
    T12: 2.18346198663,
  },
] as const;

/** kernels.md §3: dual and derivative dual at (C, Ka, Kb), to 1e-9. */
export const duals = [
  { activation: "relu", C: 0.5, Ka: 1, Kb: 1.5, dual: 0.336405695, derivative: 0.3169301182 },
  { activation: "relu", C: -0.7, Ka: 2, Kb: 0.6, dual: 0.036335805, derivative: 0.1396721911 },
  { activation: "erf", C: 0.5, Ka: 1, Kb: 1.5, dual: 0.1864294987, derivative: 0.3838961671 },
  { activation: "erf", C: -0.7, Ka: 2, Kb: 0.6, dual: -0.2774249359, derivative: 0.4234731734 },
  { activation: "gelu", C: 0.5, Ka: 1, Kb: 1.5, dual: 0.2506580984, derivative: 0.3264398298 },
  { activation: "gelu", C: -0.7, Ka: 2, Kb: 0.6, dual: -0.0483397038, derivative: 0.1343631895 },
] as const;

/** kernels.md §3: duals that are integrated, unit variances. */
export const integratedDuals = [
  { activation: "tanh", C: 0.5, dual: 0.186324413203 },
  { activation: "silu", C: 0.5, dual: 0.183169663088 },
  { activation: "tanh", C: 0.95, dual: 0.371429424018 },
  { activation: "silu", C: 0.95, dual: 0.336980167827 },
] as const;

/** §4.8: growth of J a layer behind BatchNorm over a large batch, A(1)/V(1); marked [V] there. */
export const batchNormGrowth = [
  { activation: "relu", chiJ: 1.4669422069 },
  { activation: "gelu", chiJ: 1.318844971 },
  { activation: "silu", chiJ: 1.212081115 },
  { activation: "erf", chiJ: 1.225700004 },
  { activation: "linear", chiJ: 1 },
] as const;

/** §4.9: relu, σw² = 2, kernel 3, 8 positions, five layers; marked [V] there. */
export const paddedConvolution = {
  kernel: 3,
  positions: 8,
  layers: 5,
  circular: 1,
  zeros: 0.738683,
} as const;

/** §4.8: growth of J a layer in a linear network behind BatchNorm over a batch of Bt, exact in depth; marked [V] there. */
export const finiteBatchGrowth = (batch: number) => (batch - 2) / (batch - 3);

/** §3: standard deviations at the critical point, as printed. */
export const standardDeviations = [
  { activation: "gelu", sw: 1.408211013108, sb: 0.415839380959 },
  { activation: "silu", sw: 1.409966198, sb: 0.745079305 },
] as const;

/** §3: gelu at its critical point: d²K'/dK² at K*, and chi_J - 1 at K = 1; as printed. */
export const geluTrap = { bend: -2.87e-4, excessAtOne: -0.096 } as const;

/** §4.3: least correlation length on the chaotic side, 1/ln(A/B); as printed. */
export const lnPreFloors = [
  { activation: "erf", xi: 4.914 },
  { activation: "tanh", xi: 6.11 },
  { activation: "gelu", xi: 14.377 },
  { activation: "silu", xi: 15.502 },
] as const;
