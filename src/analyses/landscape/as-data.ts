/** @file Measurements of `probes` as plain JSON. */
import type { Curve, Grid, Sharpness, SpectralDensity } from "../../probes/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { finiteOrNull } from "../figure.ts";
import type { CurveData, DensityData, GridData, SharpnessData, Value } from "./measured.ts";

export function asValue({ value, se, ci, n }: Estimate): Value {
  return {
    value: finiteOrNull(value),
    ...(se === undefined ? {} : { se: finiteOrNull(se) }),
    ...(ci === undefined ? {} : { ci: [finiteOrNull(ci[0]), finiteOrNull(ci[1])] as const }),
    ...(n === undefined ? {} : { n }),
  };
}

export function curveData({ t, loss, error }: Curve): CurveData {
  return { t, loss: loss.map(finiteOrNull), ...(error && { error: error.map(finiteOrNull) }) };
}

export function gridData({ x, y, loss }: Grid): GridData {
  return { x, y, loss: loss.map((row) => row.map(finiteOrNull)) };
}

export function densityData({ x, density, se, width, negative, quadratures }: SpectralDensity): DensityData {
  return {
    x,
    density: density.map(finiteOrNull),
    se: se.map(finiteOrNull),
    width,
    negative: asValue(negative),
    starts: quadratures.length,
  };
}

export function sharpnessData({ rho, worst, oneStep, average, model }: Sharpness): SharpnessData {
  return {
    rho,
    worst: asValue(worst),
    oneStep: asValue(oneStep),
    average: asValue(average),
    ...(model && { model: asValue(model) }),
  };
}
