/**
 * @file The phase diagram as a figure: χ_J at the fixed point over weight and bias variance, with the critical line,
 * contours of the correlation length, a network's own point where there is one, and sampled cells (criticality.md §7.5).
 */
import type { ActivationSpec } from "../../net/index.ts";
import {
  type CriticalInitialisation,
  contour,
  type PhaseDiagram,
  phaseDiagram,
  spaced,
} from "../../theory/index.ts";
import type { Normalisation } from "../architecture.ts";
import { describeLayer } from "../describe.ts";
import { type HeatFigure, type HeatSample, heatFigure, type Mark, type Polyline } from "../figure.ts";
import type { UniformPrediction } from "./predict.ts";

/** What a diagram is of: one layer type, whatever its variances. */
export interface DiagramOf {
  readonly activation: ActivationSpec;
  readonly norm: Normalisation;
  readonly mu: number;
}

export interface Grid {
  readonly sw2: readonly number[];
  readonly sb2: readonly number[];
}

/** χ_J is shown within this factor of 1; beyond, the end colours stand. */
export const shownFactor = 2;

/** Correlation lengths in layers whose contours are drawn. */
export const lengths = [5, 10, 30, 100] as const;

/** A contour of ξ, on the side of order (χ_J < 1) or chaos. */
export interface LengthContour {
  readonly xi: number;
  readonly phase: "ordered" | "chaotic";
  readonly points: readonly { readonly sw2: number; readonly sb2: number }[];
}

/** Contours of ξ = 1/|ln χ| over a grid of ln χ: level sets of ln χ at ±1/ξ, where ξ itself is infinite between them. */
export function lengthContours({ sw2, sb2 }: Grid, lnChi: readonly (readonly number[])[]): LengthContour[] {
  return lengths.flatMap((xi) =>
    (["ordered", "chaotic"] as const).flatMap((phase) =>
      contour({ x: sw2, y: sb2, z: lnChi, level: (phase === "ordered" ? -1 : 1) / xi }).map((line) => ({
        xi,
        phase,
        points: line.map(([x, y]) => ({ sw2: x, sb2: y })),
      })),
    ),
  );
}

/** As lines of a figure, their labels on them. */
export function contourLines(contours: readonly LengthContour[]): Polyline[] {
  return contours.map(({ xi, points }) => ({
    label: String(xi),
    style: "contour" as const,
    points: points.map(({ sw2, sb2 }) => ({ x: sw2, y: sb2 })),
  }));
}

/** ln χ_J of every cell. */
export function logarithms(grid: readonly (readonly number[])[]): number[][] {
  return grid.map((row) => row.map(Math.log));
}

/** The critical point, or the point of a line that stands for it; none where every point is critical. */
function criticalMarks(
  { norm }: DiagramOf,
  critical: CriticalInitialisation | undefined,
  { criticalLine }: Pick<PhaseDiagram, "criticalLine">,
): Mark[] {
  if (critical === undefined || (norm !== "none" && criticalLine.length === 0)) return [];
  const label = norm === "none" ? "critical point" : "critical";
  return [{ x: critical.sw2, y: critical.sb2, label, role: "after" }];
}

const ownMark = (point: { readonly sw2: number; readonly sb2: number }): Mark => ({
  x: point.sw2,
  y: point.sb2,
  label: "this network",
  role: "before",
});

/** What lies on a diagram beside its cells and lines. */
export interface Overlay {
  readonly own?: { readonly sw2: number; readonly sb2: number } | undefined;
  readonly critical?: CriticalInitialisation | undefined;
  readonly samples?: readonly HeatSample[];
}

export function phaseFigure(of: DiagramOf, diagram: PhaseDiagram, overlay: Overlay): HeatFigure {
  const { chiJ, sw2, sb2, criticalLine: line } = diagram;
  const { own, critical, samples = [] } = overlay;
  const contours = contourLines(lengthContours(diagram, logarithms(chiJ)));
  const lengthsText =
    contours.length === 0 ? "" : " On thin lines the correlation length ξ is 5, 10, 30 or 100 layers.";
  const dots = samples.length === 0 ? "" : " Dots: one layer of sampled networks, in the same colours.";
  return heatFigure({
    id: "criticality-phase",
    title: `Phase diagram of ${describeLayer(of)}`,
    caption: `χ_J at the fixed point: below 1 changes die out (ordered), above 1 they grow (chaotic), on the line they keep their size.${lengthsText}${dots}`,
    x: { label: "weight variance σw²" },
    y: { label: "bias variance σb²" },
    xs: sw2,
    ys: sb2,
    z: chiJ,
    zLabel: "χ_J",
    midpoint: 1,
    zDomain: [1 / shownFactor, shownFactor],
    lines: [
      ...(line.length < 2 ? [] : [{ label: "χ_J = 1", points: line.map((p) => ({ x: p.sw2, y: p.sb2 })) }]),
      ...contours,
    ],
    marks: [...(own === undefined ? [] : [ownMark(own)]), ...criticalMarks(of, critical, diagram)],
    samples,
  });
}

/** A grid around some points, as wide as such diagrams usually are. */
export function gridAround(points: readonly { readonly sw2: number; readonly sb2: number }[]): Grid {
  const upper = (values: readonly number[], least: number) => Math.max(least, 1.25 * Math.max(...values));
  return {
    sw2: spaced(
      0.1,
      upper(
        points.map(({ sw2 }) => sw2),
        3,
      ),
      40,
    ),
    sb2: spaced(
      0,
      upper(
        points.map(({ sb2 }) => sb2),
        0.5,
      ),
      26,
    ),
  };
}

/** The diagram around a network's own point, which is marked, and its critical point beside it. */
export function architecturePhase({ architecture, layer, critical }: UniformPrediction): HeatFigure {
  const grid = gridAround([architecture, ...(critical === undefined ? [] : [critical])]);
  return phaseFigure(architecture, phaseDiagram({ ...layer, ...grid }), { own: architecture, critical });
}
