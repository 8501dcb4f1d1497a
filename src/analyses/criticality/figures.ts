/** @file Pictures of criticality: the partial Jacobian by depth, theory beside measured, and the phase diagram. */
import type { Figure, LineFigure } from "../figure.ts";
import { estimatePoint, lineFigure, point } from "../figure.ts";
import { kernelFigure } from "../learning-rate/kernel-layers.ts";
import type { CriticalityMeasurement } from "./measure.ts";
import { architecturePhase } from "./phase-figure.ts";
import type { CriticalityPrediction } from "./predict.ts";

export function criticalityFigures(
  predicted: CriticalityPrediction,
  measured?: CriticalityMeasurement,
): Figure[] {
  const phase = predicted.uniform === undefined ? [] : [architecturePhase(predicted.uniform)];
  const kernels = measured?.kernels;
  const kernel =
    measured === undefined || kernels === undefined || kernels.length < 3
      ? []
      : [kernelFigure({ theory: kernelTheory(predicted), jacobians: measured.jacobians, kernels })];
  return [jacobianFigure(predicted, measured), ...phase, ...kernel];
}

/** Theory of the tangent kernel, where it reaches the output. */
export function kernelTheory({ layers, missing }: CriticalityPrediction): CriticalityPrediction["layers"] {
  return missing === undefined ? layers : [];
}

function jacobianFigure({ layers }: CriticalityPrediction, measured?: CriticalityMeasurement): LineFigure {
  const dots = measured?.jacobians.layers.map(({ index, J }) =>
    estimatePoint(index, { value: J.lnMean, ci: J.ci }),
  );
  const worst = measured?.culprit?.verdict === "culprit" ? measured.culprit.segment : undefined;
  return lineFigure({
    id: "criticality-apjn",
    title: "Size of a small change by depth",
    caption:
      "ln J(1, l): the averaged partial Jacobian norm from the first preactivation to layer l. Flat is critical, rising is chaotic, falling is ordered." +
      (dots === undefined ? "" : " Dots: sampled networks of this width, with 95 % intervals over seeds."),
    x: { label: "layer l", integer: true },
    y: { label: "ln J(1, l)" },
    series: [
      ...(layers.length < 2
        ? []
        : [
            {
              name: "theory, infinite width",
              role: "theory" as const,
              form: "line" as const,
              points: layers.map(({ index, logJ }) => point(index, logJ)),
            },
          ]),
      ...(dots === undefined
        ? []
        : [{ name: "measured", role: "measured" as const, form: "dots" as const, points: dots }]),
    ],
    ...(worst === undefined ? {} : { rules: [{ along: "x" as const, at: worst.index, label: worst.name }] }),
  });
}
