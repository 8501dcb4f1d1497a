/**
 * @file ONNX forms of functions that onnxruntime lacks or computes coarsely: erf and atan in float64 (no kernels),
 * sigmoid in float32 (its kernel loses all relative accuracy in the tail), softplus (its kernel loses the tail, too,
 * and takes twice the time), gelu.
 */
import { emitPolynomial, emitScalar } from "./onnx.ts";
import type { Emitter, ShapeAndDType } from "./primitive.ts";
import { emitUnary } from "./threads.ts";

/** W. J. Cody, Math. Comp. 23 (1969) 631: erf(x) = x P(x²)/Q(x²) for |x| ≤ 0.46875, ascending powers. */
const erfSmall = {
  p: [3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315],
  q: [2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1],
};

/** The same source: e^{x²} erfc(x) = P(x)/Q(x) for 0.46875 ≤ x ≤ 4; up to 6 good enough for erf = 1 − erfc. */
const erfcMiddle = {
  p: [
    1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001,
    66.11919063714163, 8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
  ],
  q: [
    1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
    537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
  ],
};

/** erf: the operator where it has a kernel, Cody's rational forms in float64 (a few 1e-16). */
export function emitErf(emit: Emitter, x: string, node: ShapeAndDType): string {
  if (node.dtype !== "float64") return emit.node("Erf", [x]);
  const number = (value: number) => emitScalar(emit, value, "float64");
  const polynomial = (at: string, coefficients: readonly number[]) =>
    emitPolynomial(emit, at, coefficients, "float64");
  const magnitude = emit.node("Min", [emit.node("Abs", [x]), number(6)]);
  const squared = emit.node("Mul", [magnitude, magnitude]);
  const small = emit.node("Mul", [
    x,
    emit.node("Div", [polynomial(squared, erfSmall.p), polynomial(squared, erfSmall.q)]),
  ]);
  const scaled = emit.node("Div", [polynomial(magnitude, erfcMiddle.p), polynomial(magnitude, erfcMiddle.q)]);
  const erfc = emit.node("Mul", [emitUnary(emit, "Exp", emit.node("Neg", [squared]), node), scaled]);
  const large = emit.node("Mul", [emit.node("Sign", [x]), emit.node("Sub", [number(1), erfc])]);
  return emit.node("Where", [emit.node("Less", [magnitude, number(0.46875)]), small, large]);
}

/** Cephes (S. L. Moshier), atan.c: atan(t) = t + t³ P(t²)/Q(t²) for |t| ≤ 0.66, ascending powers. */
const atanCore = {
  p: [-64.85021904942025, -122.88666844901361, -75.00855792314705, -16.157537187333652, -0.8750608600031904],
  q: [194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1],
};

/** atan in float64: atan x = 2 atan(x/(1 + √(1 + x²))) twice brings the argument under tan(π/8) = 0.414. */
export function emitAtan64(emit: Emitter, x: string): string {
  const number = (value: number) => emitScalar(emit, value, "float64");
  const halved = (t: string) => {
    const hypotenuse = emit.node("Sqrt", [emit.node("Add", [emit.node("Mul", [t, t]), number(1)])]);
    return emit.node("Div", [t, emit.node("Add", [hypotenuse, number(1)])]);
  };
  // atan is π/2 to double accuracy beyond 1e17; the bound keeps x² finite.
  const bounded = emit.node("Max", [emit.node("Min", [x, number(1e18)]), number(-1e18)]);
  const t = halved(halved(bounded));
  const squared = emit.node("Mul", [t, t]);
  const ratio = emit.node("Div", [
    emitPolynomial(emit, squared, atanCore.p, "float64"),
    emitPolynomial(emit, squared, atanCore.q, "float64"),
  ]);
  const correction = emit.node("Mul", [emit.node("Mul", [t, squared]), ratio]);
  return emit.node("Mul", [emit.node("Add", [t, correction]), number(4)]);
}

/** 1/(1 + e^{−x}), which keeps the relative accuracy of the left tail. */
export function emitSigmoid(emit: Emitter, x: string, node: ShapeAndDType): string {
  const decay = emitUnary(emit, "Exp", emit.node("Neg", [x]), node);
  return emit.node("Reciprocal", [emit.node("Add", [decay, emitScalar(emit, 1, node.dtype)])]);
}

/**
 * max(x, 0) + ln(1 + u) with u = e^{−|x|} in (0, 1]. With w = fl(1 + u), ln w + (u − (w − 1))/w restores what rounding
 * takes from u, so the left tail keeps its relative accuracy.
 */
export function emitSoftplus(emit: Emitter, x: string, node: ShapeAndDType): string {
  const one = emitScalar(emit, 1, node.dtype);
  const u = emitUnary(emit, "Exp", emit.node("Neg", [emit.node("Abs", [x])]), node);
  const w = emit.node("Add", [u, one]);
  const lost = emit.node("Sub", [u, emit.node("Sub", [w, one])]);
  const logarithm = emit.node("Add", [emitUnary(emit, "Log", w, node), emit.node("Div", [lost, w])]);
  return emit.node("Add", [emit.node("Relu", [x]), logarithm]);
}

/** x Φ(x): one fused node in float32, through erf otherwise. */
export function emitGelu(emit: Emitter, x: string, node: ShapeAndDType): string {
  const { dtype } = node;
  if (dtype === "float32" && !emit.portable) return emit.node("Gelu", [x], {}, "com.microsoft");
  const scaled = emit.node("Mul", [x, emitScalar(emit, Math.SQRT1_2, dtype)]);
  const doubled = emit.node("Add", [emitErf(emit, scaled, node), emitScalar(emit, 1, dtype)]);
  return emit.node("Mul", [emit.node("Mul", [x, emitScalar(emit, 0.5, dtype)]), doubled]);
}
