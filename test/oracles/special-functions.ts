/**
 * @file Special functions to 17 digits.
 * How obtained: mpmath 1.3 at 40 digits, rounded; gelu as x erfc(−x/√2)/2, softplus as log1p(exp(x)).
 */
export interface SpecialValue {
  readonly name: "erf" | "gelu" | "sigmoid" | "softplus" | "log1p" | "expm1";
  readonly x: number;
  readonly y: number;
}

export const references: readonly SpecialValue[] = [
  { name: "erf", x: -3, y: -0.9999779095030014 },
  { name: "erf", x: -0.5, y: -0.5204998778130465 },
  { name: "erf", x: 1e-9, y: 1.1283791670955127e-9 },
  { name: "erf", x: 0.25, y: 0.27632639016823696 },
  { name: "erf", x: 1.5, y: 0.9661051464753108 },
  { name: "erf", x: 5.5, y: 0.9999999999999927 },
  { name: "gelu", x: -9, y: -1.0157295653584566e-18 },
  { name: "gelu", x: -2.5, y: -0.015524163314440337 },
  { name: "gelu", x: -0.125, y: -0.056282721896235885 },
  { name: "gelu", x: 0.75, y: 0.5800294857173488 },
  { name: "gelu", x: 3, y: 2.99595030590511 },
  { name: "sigmoid", x: -40, y: 4.248354255291589e-18 },
  { name: "sigmoid", x: -3, y: 0.04742587317756678 },
  { name: "sigmoid", x: 0.5, y: 0.6224593312018546 },
  { name: "sigmoid", x: 30, y: 0.9999999999999064 },
  { name: "softplus", x: -50, y: 1.9287498479639178e-22 },
  { name: "softplus", x: -1.5, y: 0.2014132779827524 },
  { name: "softplus", x: 0.25, y: 0.8259394198788436 },
  { name: "softplus", x: 40, y: 40.0 },
  { name: "log1p", x: -0.75, y: -1.3862943611198906 },
  { name: "log1p", x: 1e-12, y: 9.999999999995e-13 },
  { name: "log1p", x: 0.5, y: 0.4054651081081644 },
  { name: "log1p", x: 9, y: Math.LN10 },
  { name: "expm1", x: -30, y: -0.9999999999999064 },
  { name: "expm1", x: -1e-10, y: -9.999999999500001e-11 },
  { name: "expm1", x: 0.5, y: 0.6487212707001282 },
  { name: "expm1", x: 3, y: 19.085536923187668 },
];
