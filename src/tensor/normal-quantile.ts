/**
 * @file Quantile of the standard normal distribution: Wichura's PPND16 (1988, Applied Statistics 37, algorithm
 * AS 241), accurate to about 1 part in 10^16. Written out here, rather than taken from @stdlib, because it sits
 * in the inner loop of every weight initialisation.
 */
// biome-ignore-all lint/correctness/noPrecisionLoss: coefficients carry the digits of the publication.

/** Beyond |p - 1/2| = 0.425 the tail rationals take over, beyond sqrt(-ln p) = 5 the far ones. */
const CENTRE = 0.425;
const FAR = 5;

/**
 * z with Phi(z) = p.
 * @param p Probability; 0 and 1 give -Infinity and Infinity, anything outside [0, 1] NaN. For p > 1/2 the
 * result is only as good as 1 - p: pass the small tail and negate where it is known exactly.
 * @example normalQuantile(0.975) // 1.959963984540054
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q <= CENTRE && q >= -CENTRE) return q * centralRatio(CENTRE * CENTRE - q * q);
  return q < 0 ? -tailQuantile(p) : tailQuantile(1 - p);
}

/** -z for the lower tail probability p < 0.075. */
function tailQuantile(p: number): number {
  if (!(p > 0)) return p === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  const root = Math.sqrt(-Math.log(p));
  return root <= FAR ? tailRatio(root - 1.6) : farRatio(root - FAR);
}

function centralRatio(r: number): number {
  let a = 2509.0809287301226727;
  a = a * r + 33430.575583588128105;
  a = a * r + 67265.770927008700853;
  a = a * r + 45921.953931549871457;
  a = a * r + 13731.693765509461125;
  a = a * r + 1971.5909503065514427;
  a = a * r + 133.14166789178437745;
  a = a * r + 3.387132872796366608;
  let b = 5226.495278852545925;
  b = b * r + 28729.085735721942674;
  b = b * r + 39307.89580009271061;
  b = b * r + 21213.794301586595867;
  b = b * r + 5394.1960214247511077;
  b = b * r + 687.1870074920579083;
  b = b * r + 42.313330701600911252;
  return a / (b * r + 1);
}

function tailRatio(r: number): number {
  let c = 7.7454501427834140764e-4;
  c = c * r + 0.0227238449892691845833;
  c = c * r + 0.24178072517745061177;
  c = c * r + 1.27045825245236838258;
  c = c * r + 3.64784832476320460504;
  c = c * r + 5.7694972214606914055;
  c = c * r + 4.6303378461565452959;
  c = c * r + 1.42343711074968357734;
  let d = 1.05075007164441684324e-9;
  d = d * r + 5.475938084995344946e-4;
  d = d * r + 0.0151986665636164571966;
  d = d * r + 0.14810397642748007459;
  d = d * r + 0.68976733498510000455;
  d = d * r + 1.6763848301838038494;
  d = d * r + 2.05319162663775882187;
  return c / (d * r + 1);
}

function farRatio(r: number): number {
  let e = 2.01033439929228813265e-7;
  e = e * r + 2.71155556874348757815e-5;
  e = e * r + 0.0012426609473880784386;
  e = e * r + 0.026532189526576123093;
  e = e * r + 0.29656057182850489123;
  e = e * r + 1.7848265399172913358;
  e = e * r + 5.4637849111641143699;
  e = e * r + 6.6579046435011037772;
  let f = 2.04426310338993978564e-15;
  f = f * r + 1.4215117583164458887e-7;
  f = f * r + 1.8463183175100546818e-5;
  f = f * r + 7.868691311456132591e-4;
  f = f * r + 0.0148753612908506148525;
  f = f * r + 0.13692988092273580531;
  f = f * r + 0.59983220655588793769;
  return e / (f * r + 1);
}
