/**
 * @file Draws every run as a dot: outcome by learning rate, one colour and symbol a group, a line through the means.
 * Runs without a finite outcome stand as crosses on a rail above, so that divergence is seen and not dropped.
 */
import * as Plot from "@observablehq/plot";
import type { StripFigure, StripGroup, StripPoint } from "../analyses/index.ts";
import { fitsScale, resolveAxis, tickRoom } from "./axes.ts";
import type { Drawing, Frame } from "./frame.ts";
import { innerHeight, innerWidth, ruleMarks, spanLegend, spanMarks } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { dashOf, ink, paper, roleColour, symbolOf } from "./palette.ts";

/** Pixels by which neighbouring groups stand apart, so that their dots do not cover each other. */
const spread = 10;

interface Mean {
  readonly x: number;
  readonly y: number | null;
}

/** Means over seeds at each abscissa; a gap where some run has no number. */
function groupMeans(points: readonly StripPoint[]): Mean[] {
  const byX = Map.groupBy(points, ({ x }) => x);
  return [...byX]
    .sort(([a], [b]) => a - b)
    .map(([x, runs]) => {
      const values = runs.map(({ y }) => y).filter((y) => y !== null);
      const complete = values.length === runs.length;
      return { x, y: complete ? values.reduce((sum, y) => sum + y, 0) / values.length : null };
    });
}

interface Placed {
  readonly group: StripGroup;
  readonly dx: number;
  readonly symbol: ReturnType<typeof symbolOf>;
  readonly dash: string;
}

function place(groups: readonly StripGroup[]): Placed[] {
  return groups.map((group, index) => ({
    group,
    dx: (index - (groups.length - 1) / 2) * spread,
    symbol: symbolOf(index),
    dash: dashOf(index),
  }));
}

function meanLine({ group, dx, dash }: Placed): Plot.Markish {
  return Plot.line(groupMeans(group.points), {
    x: "x",
    y: "y",
    dx,
    stroke: roleColour(group.role),
    strokeWidth: 1.8,
    strokeDasharray: dash,
    strokeOpacity: 0.8,
    clip: true,
  });
}

function runDots({ group, dx, symbol }: Placed): Plot.Markish {
  const colour = roleColour(group.role);
  return Plot.dot(
    group.points.filter(({ y }) => y !== null),
    {
      x: "x",
      y: "y",
      dx,
      r: 3.4,
      symbol,
      fill: symbol === "circle" ? colour : paper,
      stroke: colour,
      strokeWidth: 1.5,
    },
  );
}

function divergedCrosses({ group, dx }: Placed): Plot.Markish[] {
  const diverged = group.points.filter(({ y }) => y === null);
  if (diverged.length === 0) return [];
  const stroke = roleColour(group.role);
  return [
    Plot.dot(diverged, {
      x: "x",
      frameAnchor: "top",
      dx,
      dy: -8,
      r: 4,
      symbol: "times",
      stroke,
      strokeWidth: 2,
    }),
  ];
}

/** An arrow at the foot of the figure under each chosen abscissa. */
function bestMarks({ group, dx }: Placed): Plot.Markish[] {
  if (group.best === undefined) return [];
  const fill = roleColour(group.role);
  return [
    Plot.dot([group.best], {
      x: group.best,
      frameAnchor: "bottom",
      dx,
      dy: -6,
      r: 5,
      symbol: "triangle",
      fill,
      stroke: paper,
    }),
  ];
}

function legend(placed: readonly Placed[], figure: StripFigure): LegendItem[] {
  const groups = placed.map(
    ({ group, symbol }): LegendItem => ({
      label: group.best === undefined ? group.name : `${group.name} (▲ chosen)`,
      colour: roleColour(group.role),
      swatch: { kind: "dots", symbol, interval: "none" },
    }),
  );
  const diverged = figure.groups.some(({ points }) => points.some(({ y }) => y === null));
  const cross: LegendItem[] = diverged ? [{ label: "diverged", colour: ink, swatch: { kind: "cross" } }] : [];
  return [...groups, ...cross, ...spanLegend(figure.spans ?? [])];
}

function showableGroups(figure: StripFigure): StripGroup[] {
  return figure.groups.map((group) => ({
    ...group,
    points: group.points
      .filter(({ x }) => fitsScale(figure.x, x))
      .map((run) => ({ ...run, y: fitsScale(figure.y, run.y) ? run.y : null })),
  }));
}

/** The drawing of a strip figure in a frame. */
export function drawStrip(figure: StripFigure, frame: Frame): Drawing {
  const placed = place(showableGroups(figure));
  const runs = placed.flatMap(({ group }) => group.points);
  const rules = figure.rules ?? [];
  const spans = figure.spans ?? [];
  const x = resolveAxis({
    axis: figure.x,
    values: runs.map((run) => run.x),
    pixels: innerWidth(frame),
    perTick: tickRoom.x,
    pad: 0.06,
  });
  const y = resolveAxis({
    axis: figure.y,
    values: runs.map((run) => run.y),
    soft: rules.filter(({ along }) => along === "y").map(({ at }) => at),
    pixels: innerHeight(frame),
    perTick: tickRoom.y,
    pad: 0.12,
  });
  return {
    x,
    y,
    marks: [
      ...spanMarks(spans, { x, y }),
      ...ruleMarks(rules, { x, y }, frame),
      ...placed.map(meanLine),
      ...placed.map(runDots),
      ...placed.flatMap(divergedCrosses),
      ...placed.flatMap(bestMarks),
    ],
    legend: legend(placed, figure),
  };
}
