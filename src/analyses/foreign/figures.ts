/** @file Pictures of an imported model: what each block does to small changes, and what becomes of them over the depth. */
import { type Figure, lineFigure, point } from "../figure.ts";
import type { BlocksMeasurement } from "./blocks.ts";

export function blockFigures(measured: BlocksMeasurement): Figure[] {
  if (measured.layers.length < 2) return [];
  return [gainFigure(measured), growthFigure(measured)];
}

function gainFigure({ layers, culprit, hidden }: BlocksMeasurement): Figure {
  const points = layers
    .slice(0, hidden)
    .flatMap(({ index, local }) =>
      local === undefined
        ? []
        : [
            point(
              index,
              Math.exp(local.lnMean),
              local.ci && { lo: Math.exp(local.ci[0]), hi: Math.exp(local.ci[1]) },
            ),
          ],
    );
  const worst = culprit?.verdict === "culprit" ? culprit.segment : undefined;
  return lineFigure({
    id: "block-gains",
    title: "Gain of each block",
    caption: `J from the tap before a block to its own, with 95 % intervals. 1 keeps small changes as they are.${hidden < layers.length ? " The readout is left out." : ""}`,
    x: { label: "block", integer: true },
    y: { label: "gain", scale: "log" },
    series: [{ name: "gain", role: "measured", form: "dots", points }],
    rules: [
      { along: "y", at: 1, label: "" },
      ...(worst === undefined
        ? []
        : [{ along: "x" as const, at: worst.index, label: `block ${worst.index} (${worst.name})` }]),
    ],
  });
}

function growthFigure({ layers, hidden }: BlocksMeasurement): Figure {
  const shown = layers.slice(0, hidden);
  return lineFigure({
    id: "block-growth",
    title: "Size of a small change by block",
    caption:
      "ln J from the first tap to each block. Flat is critical, rising amplifies, falling dies out. The readout is left out.",
    x: { label: "block", integer: true },
    y: { label: "ln J(1, block)" },
    series: [
      {
        name: "measured",
        role: "measured",
        form: "dots",
        points: shown.map(({ index, J }) => point(index, J.lnMean, J.ci && { lo: J.ci[0], hi: J.ci[1] })),
      },
    ],
  });
}
