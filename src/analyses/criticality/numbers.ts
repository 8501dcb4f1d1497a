/** @file The numbers of criticality: where K begins and ends, the critical point, and slopes of ln J with the finite-width shift. */
import { growthShift } from "../../probes/index.ts";
import type { Estimate, Limit } from "../../theory/index.ts";
import type { NumberRow } from "../document.ts";
import { finiteOrNull } from "../figure.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { type CriticalityPrediction, theorySlope, type UniformPrediction } from "./predict.ts";
import { unlikeLayers } from "./unlike.ts";

export function criticalityNumbers(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): NumberRow[] {
  const { uniform, layers, hidden } = predicted;
  const first = layers[0];
  return [
    ...(first === undefined ? [] : [theoryRow("K¹", first.K)]),
    ...measuredRows(measured, hidden),
    ...(uniform === undefined ? [] : limitRows(uniform.fixedPoints.reached)),
    ...criticalRows(uniform),
    ...(unlikeLayers(predicted, measured) === undefined
      ? slopeRows(theorySlope(predicted), measured?.slope)
      : []),
  ];
}

/** Where K begins, and ln J over the hidden layers. */
function measuredRows(measured: CriticalityMeasurement | undefined, hidden: number): NumberRow[] {
  const [first] = measured?.jacobians.layers ?? [];
  const last = measured?.jacobians.layers[hidden - 1];
  const row = (name: string, value: number, se: number | undefined): NumberRow[] =>
    Number.isFinite(value) ? [{ name, value, ...(se === undefined ? {} : { se }), kind: "measured" }] : [];
  return [
    ...(first === undefined ? [] : row("K¹", first.K.value, first.K.se)),
    ...(last === undefined || hidden < 2 ? [] : row(`ln J(1, ${hidden})`, last.J.lnMean, last.J.se)),
  ];
}

function theoryRow(name: string, value: number, unit?: string): NumberRow {
  return {
    name,
    value: finiteOrNull(value),
    ...(Number.isFinite(value) ? {} : { status: "infinite" }),
    ...(unit === undefined ? {} : { unit }),
    kind: "theory",
  };
}

function limitRows({ K, chiJ, chiK, xi, status }: Limit): NumberRow[] {
  const note = status === "ok" ? {} : { note: status };
  return [
    { ...theoryRow("K*", K), ...note },
    theoryRow("χ_J at K*", chiJ),
    theoryRow("χ_K at K*", chiK),
    theoryRow("ξ", xi, "layers"),
  ];
}

function criticalRows(uniform: UniformPrediction | undefined): NumberRow[] {
  const critical = uniform?.critical;
  if (critical === undefined) return [];
  return [
    { ...theoryRow("critical σw²", critical.sw2), note: critical.note },
    theoryRow("critical σb²", critical.sb2),
  ];
}

function slopeRows(theory: number | undefined, slope: Estimate | undefined): NumberRow[] {
  const row = (name: string, { value, se, ci, n }: Estimate): NumberRow => ({
    name,
    value,
    ...(se === undefined ? {} : { se }),
    ...(ci === undefined ? {} : { ci }),
    ...(n === undefined ? {} : { n }),
    kind: "measured",
    unit: "per layer",
  });
  return [
    ...(theory === undefined ? [] : [theoryRow("slope of ln J", theory, "per layer")]),
    ...(slope === undefined ? [] : [row("slope of ln J", slope)]),
    ...(theory === undefined || slope === undefined
      ? []
      : [row("finite-width shift of the slope", growthShift(slope, theory))]),
  ];
}
