/**
 * @file The algebraic curve of J Jᵀ (criticality.md §9). With y = M_J(z) = M_l(ζ_l) for every layer and v = ln((1+y)/y),
 *
 *     ln z = sum_l ln ζ_l - (n - 1) v + g ln(1+y) + s y + b exp(-v),
 *
 * n layers that are not multiples of the identity, g Gaussian weight matrices, and s, b the variances of the
 * double-scaling limits (§10). Every law has mean 1 here, so z is in units of the mean. v loses no digits where y tends
 * to 0, -1 or infinity, and v ~ ln ζ at both ends: in (ln ζ_l, v) the equations are nearly linear.
 */
import type { SlopeLaw } from "./slope-law.ts";

/** Layers of one law. */
export interface Group {
  readonly law: SlopeLaw;
  readonly count: number;
}

export interface Curve {
  readonly groups: readonly Group[];
  /** n, the sum of the counts. */
  readonly layers: number;
  /** Gaussian weight matrices. */
  readonly gaussians: number;
  /** s: variance of the smooth class in the limit of infinite depth. */
  readonly smooth: number;
  /** b: that of the Bernoulli class. */
  readonly bernoulli: number;
}

/** A complex number as an out-parameter, so that loops allocate nothing. */
export interface Complex {
  re: number;
  im: number;
}

/** v_l(ζ) = ln H - ln M and its derivative by ω = ln ζ. */
export interface LayerPoint {
  readonly v: Complex;
  readonly slope: Complex;
}

/** A place for `evaluateLayer` to write to. */
export function layerPoint(): LayerPoint {
  return { v: { re: 0, im: 0 }, slope: { re: 0, im: 0 } };
}

/**
 * v_l and dv_l/dω at ζ = exp(ω): H = ζ sum_i w_i/(ζ - d_i) is summed directly, never as 1 + M, which would lose the left
 * tail; dv/dω = ζ P/(H M) with P = sum_i w_i d_i/(ζ - d_i)².
 */
export function evaluateLayer(law: SlopeLaw, omegaRe: number, omegaIm: number, out: LayerPoint): void {
  const { values, weights, zero } = law;
  const radius = Math.exp(omegaRe);
  const zr = radius * Math.cos(omegaIm);
  const zi = radius * Math.sin(omegaIm);
  const square = zi * zi;
  let sr = 0;
  let si = 0;
  let mr = 0;
  let mi = 0;
  let pr = 0;
  let pi = 0;
  for (let i = 0; i < values.length; i++) {
    const d = values[i]!;
    const a = zr - d;
    const inverse = 1 / (a * a + square);
    const ur = a * inverse;
    const ui = -zi * inverse;
    const w = weights[i]!;
    const wr = w * ur;
    const wi = w * ui;
    sr += wr;
    si += wi;
    const dr = d * wr;
    const di = d * wi;
    mr += dr;
    mi += di;
    pr += dr * ur - di * ui;
    pi += dr * ui + di * ur;
  }
  const hr = zr * sr - zi * si + zero;
  const hi = zr * si + zi * sr;
  finishLayer({ hr, hi, mr, mi, nr: zr * pr - zi * pi, ni: zr * pi + zi * pr }, out);
}

/** H, M and ζ P. */
interface Sums {
  readonly hr: number;
  readonly hi: number;
  readonly mr: number;
  readonly mi: number;
  readonly nr: number;
  readonly ni: number;
}

function finishLayer({ hr, hi, mr, mi, nr, ni }: Sums, { v, slope }: LayerPoint): void {
  const hh = hr * hr + hi * hi;
  const mm = mr * mr + mi * mi;
  v.re = Math.log(hh / mm) / 2;
  v.im = Math.atan2(hi * mr - hr * mi, hr * mr + hi * mi);
  // ζ P conj(H M) / |H M|²
  const qr = hr * mr - hi * mi;
  const qi = -(hr * mi + hi * mr);
  const scale = 1 / (hh * mm);
  slope.re = (nr * qr - ni * qi) * scale;
  slope.im = (nr * qi + ni * qr) * scale;
}

/** 1/(exp(v) - 1) = y, without cancellation at small v. */
export function yOf(vr: number, vi: number, out: Complex): void {
  const half = Math.sin(vi / 2);
  const re = Math.expm1(vr) * Math.cos(vi) - 2 * half * half;
  const im = Math.exp(vr) * Math.sin(vi);
  const norm = re * re + im * im;
  if (norm === Number.POSITIVE_INFINITY) {
    out.re = Math.exp(-vr) * Math.cos(vi);
    out.im = -Math.exp(-vr) * Math.sin(vi);
    return;
  }
  out.re = re / norm;
  out.im = -im / norm;
}

const y: Complex = { re: 0, im: 0 };

/** The terms of ln z in v alone but for -(n - 1) v: `value`, and their derivative by v. */
export function extraTerms(curve: Curve, vr: number, vi: number, value: Complex, slope: Complex): void {
  const { gaussians, smooth, bernoulli } = curve;
  value.re = value.im = slope.re = slope.im = 0;
  if (gaussians === 0 && smooth === 0 && bernoulli === 0) return;
  yOf(vr, vi, y);
  if (gaussians > 0) {
    // ln(1 + y) = v + ln y
    value.re += gaussians * (vr + Math.log(y.re * y.re + y.im * y.im) / 2);
    value.im += gaussians * (vi + Math.atan2(y.im, y.re));
    slope.re -= gaussians * y.re;
    slope.im -= gaussians * y.im;
  }
  if (smooth > 0) {
    value.re += smooth * y.re;
    value.im += smooth * y.im;
    slope.re -= smooth * (y.re + y.re * y.re - y.im * y.im);
    slope.im -= smooth * (y.im + 2 * y.re * y.im);
  }
  if (bernoulli > 0) {
    const re = bernoulli * Math.exp(-vr) * Math.cos(vi);
    const im = -bernoulli * Math.exp(-vr) * Math.sin(vi);
    value.re += re;
    value.im += im;
    slope.re -= re;
    slope.im -= im;
  }
}
