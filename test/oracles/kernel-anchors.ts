/**
 * @file Kernels of small networks, float64 (kernels.md §6.3 and §12). The synthetic images are x[i][r][c] = ((7i + 3r + 5c) mod
 * 11)/10; their CNN-GP kernels come from plain numpy with the acos form, and agree to 5e-16 with a second implementation on
 * explicit shift matrices. The tables of §12 come from a recursion that was checked against random finite networks.
 */

/** Images 0, 1, 2 under the small versions of the three CNN-GP architectures. */
export const syntheticKernels = {
  resnet: [
    [0.05014013265562695, 0.04277001071150411, 0.04373825588351324],
    [0.04277001071150411, 0.05223397825315111, 0.04370191066005147],
    [0.04373825588351324, 0.04370191066005147, 0.0522568290293973],
  ],
  convnet: [
    [482724956617.90466, 430496781384.09045, 427301293057.634],
    [430496781384.09045, 489785410759.4967, 426917207151.4703],
    [427301293057.634, 426917207151.4703, 473995504586.32684],
  ],
  residual: [
    [2731100579356923.0, 2447163002257890.0, 2483172776823579.0],
    [2447163002257890.0, 2696991755680237.5, 2446306437533867.0],
    [2483172776823579.0, 2446306437533867.0, 2732653786930089.5],
  ],
} as const;

/** Inputs (1, 0) and (0.6, 0.8): activation, σw², σb², hidden layers, then K11, K12, Θ11, Θ12. */
export const mlpKernels = [
  ["relu", 2, 0, 1, 1, 0.677547567767, 2, 1.10044722659],
  ["relu", 2, 0, 3, 1, 0.775312434844, 4, 1.95228668518],
  ["relu", 2, 0, 10, 1, 0.906611329517, 11, 4.35824109182],
  ["relu", 2.25, 0.01, 3, 1.64995117187, 1.28832685987, 6.5346484375, 3.23246925999],
  ["erf", 2.25, 0.01, 3, 1.09554008119, 0.546876930236, 6.22458006367, 2.31140229499],
  ["gelu", 2.25, 0.01, 3, 1.06932905379, 0.706639171734, 4.68493195443, 2.18346198663],
] as const;

/**
 * [Conv3, ReLU]×2, head, Dense at σw = 1.2, σb = 0.3 on the synthetic images 0 and 1: K and Θ of (0, 0), then of (0, 1).
 */
export const cnnKernels = [
  ["same", "flatten", 0.38595456, 0.91306368, 0.332637888718, 0.606715789557],
  ["same", "globalAvgPool", 0.314826656761, 0.561965132548, 0.316503604657, 0.564715770364],
  ["same", "avgPool", 0.33680070531, 0.656567122456, 0.33260223219, 0.619310954868],
  ["circular", "flatten", 0.46063008, 1.13709024, 0.390754772171, 0.732417639576],
  ["circular", "globalAvgPool", 0.405981649552, 0.811063739601, 0.410465058661, 0.821106286337],
  ["circular", "avgPool", 0.411518707414, 0.852798240427, 0.407999836736, 0.810138226342],
] as const;
