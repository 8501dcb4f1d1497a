/**
 * @file Activations other than the fused ReLU: k = E φφ, and Θ → k̇Θ, of a run of positions (kernels.md §3). The branch on the
 * activation stands outside the loop; src/kernels/forms makes the numbers that it reads.
 */
import { abRelu, erf, gelu, rectified, sign } from "./forms-arc";
import { exp, expNormalized, gabor, gaussian, wave } from "./forms-exp";
import { line, series } from "./forms-series";
import { sparse } from "./forms-sparse";

// src/kernels/forms/form.ts has the same list.
const LINE = 0;
const AB_RELU = 1;
const SIGN = 2;
const ERF = 3;
const GELU = 4;
const WAVE = 5;
const EXP = 6;
const EXP_NORMALIZED = 7;
const GAUSSIAN = 8;
const GABOR = 9;
const RECTIFIED = 10;
const SERIES = 11;
const SPARSE = 12;

@inline
function step(
  id: i32, lanes: bool, slope: bool, c: v128, a: usize, b: usize, p: usize, to: usize, from: usize, theta: usize,
): void {
  if (id == LINE) line(slope, c, p, to, from, theta);
  else if (id == AB_RELU) abRelu(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == SIGN) sign(lanes, slope, c, a, b, to, theta);
  else if (id == ERF) erf(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == GELU) gelu(lanes, slope, c, a, b, to, from, theta);
  else if (id == WAVE) wave(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == EXP) exp(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == EXP_NORMALIZED) expNormalized(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == GAUSSIAN) gaussian(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == GABOR) gabor(lanes, slope, c, a, b, to, from, theta);
  else if (id == RECTIFIED) rectified(lanes, slope, c, a, b, p, to, from, theta);
  else if (id == SERIES) series(lanes, slope, c, a, b, p, to, from, theta);
  else sparse(lanes, slope, c, a, b, p, to, from, theta);
}

@inline
function loop(
  id: i32, lanes: bool, slope: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  const factor = f32x4.splat(scale);
  for (let i = 0; i < count; ++i) {
    step(id, lanes, slope, f32x4.mul(v128.load(source), factor), a, b, p, to, from, theta);
    source += 16;
    to += 16;
    if (slope) {
      from += 16;
      theta += 16;
    }
    a += strideA;
    b += strideB;
  }
}

@inline
function variants(
  id: i32, lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  if (theta != 0) {
    if (lanes) loop(id, true, true, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
    else loop(id, false, true, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
  } else if (lanes) loop(id, true, false, source, scale, to, 0, 0, a, strideA, b, strideB, count, p);
  else loop(id, false, false, source, scale, to, 0, 0, a, strideA, b, strideB, count, p);
}

// One function a form, called through a table: in one function the compiler would take minutes over all the loops.
function ofLine(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(LINE, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofAbRelu(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(AB_RELU, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofSign(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(SIGN, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofErf(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(ERF, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofGelu(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(GELU, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofWave(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(WAVE, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofExp(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(EXP, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofExpNormalized(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(EXP_NORMALIZED, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofGaussian(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(GAUSSIAN, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofGabor(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(GABOR, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofRectified(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(RECTIFIED, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofSeries(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(SERIES, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
function ofSparse(
  lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  variants(SPARSE, lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}

function indexOf(id: i32): u32 {
  switch (id) {
    case LINE: return ofLine.index;
    case AB_RELU: return ofAbRelu.index;
    case SIGN: return ofSign.index;
    case ERF: return ofErf.index;
    case GELU: return ofGelu.index;
    case WAVE: return ofWave.index;
    case EXP: return ofExp.index;
    case EXP_NORMALIZED: return ofExpNormalized.index;
    case GAUSSIAN: return ofGaussian.index;
    case GABOR: return ofGabor.index;
    case RECTIFIED: return ofRectified.index;
    case SERIES: return ofSeries.index;
    default: return ofSparse.index;
  }
}

/**
 * Passes `count` consecutive positions through an activation; maps may be overwritten in place.
 * @param lanes - whether side A has slots in lanes (four items) as side B, or one item's numbers.
 * @param source, scale - the map of covariances, K = scale·m; `to` gets k in true scale.
 * @param from, theta - Θ before and after, in any scale; 0 where the tangent kernel is not wanted.
 * @param a, b - slots of the first position of both sides; `strideA` and `strideB` bytes later those of the next.
 * @param p - the constants, float32.
 */
export function applyForm(
  id: i32, lanes: bool, source: usize, scale: f32, to: usize, from: usize, theta: usize,
  a: usize, strideA: usize, b: usize, strideB: usize, count: i32, p: usize,
): void {
  call_indirect<void>(indexOf(id), lanes, source, scale, to, from, theta, a, strideA, b, strideB, count, p);
}
