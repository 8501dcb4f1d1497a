/** @file Draws a grid of values as coloured cells with curves and marked points on it: phase diagrams. */
import * as Plot from "@observablehq/plot";
import type { Axis, HeatFigure, Mark } from "../analyses/index.ts";
import { niceTicks, type ResolvedAxis, resolveAxis, tickRoom } from "./axes.ts";
import { plainText, svgText } from "./escape.ts";
import { formatNumber } from "./format.ts";
import type { Drawing, Frame } from "./frame.ts";
import { halo, innerHeight, innerWidth } from "./frame.ts";
import {
  type Axes,
  boxAround,
  boxesAlong,
  contourLabels,
  contourMarks,
  isContour,
  lineMarks,
  pixelOf,
} from "./heat-lines.ts";
import type { Block, LegendItem } from "./legend.ts";
import { fitText, textWidth } from "./legend.ts";
import { dashOf, heatColours, ink, missing, paper, roleColour } from "./palette.ts";
import { type Box, placeLabels } from "./place.ts";

/** Borders of cells whose centres are given: halfway between them, geometrically on a log axis. */
function cellEdges(centres: readonly number[], axis: Axis): number[] {
  const log = axis.scale === "log";
  const at = centres.map((value) => (log ? Math.log(value) : value));
  const [first, last] = [at[0] ?? 0, at.at(-1) ?? 0];
  const before = at.length > 1 ? first - (at[1]! - first) / 2 : first - 0.5;
  const after = at.length > 1 ? last + (last - at.at(-2)!) / 2 : last + 0.5;
  const inner = at.slice(1).map((value, index) => (value + at[index]!) / 2);
  return [before, ...inner, after].map((value) => (log ? Math.exp(value) : value));
}

interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly fill: string;
}

function cells(figure: HeatFigure, colour: (value: number) => string): Cell[] {
  const [xEdges, yEdges] = [cellEdges(figure.xs, figure.x), cellEdges(figure.ys, figure.y)];
  return figure.ys.flatMap((_, row) =>
    figure.xs.map((__, column) => {
      const z = figure.z[row]?.[column] ?? null;
      return {
        x1: xEdges[column]!,
        x2: xEdges[column + 1]!,
        y1: yEdges[row]!,
        y2: yEdges[row + 1]!,
        fill: z === null ? missing : colour(z),
      };
    }),
  );
}

function shownRange(figure: HeatFigure): readonly [number, number] {
  if (figure.zDomain) return figure.zDomain;
  const values = figure.z.flat().filter((value) => value !== null);
  if (values.length === 0) return [0, 1];
  return values.reduce(
    ([lo, hi], value) => [Math.min(lo, value), Math.max(hi, value)],
    [Infinity, -Infinity],
  );
}

/** The ends of a stated domain have the full colours; otherwise both sides of the midpoint share one scale. */
function coloursOf(figure: HeatFigure, range: readonly [number, number]): (value: number) => string {
  const { midpoint, zDomain } = figure;
  if (midpoint === undefined || zDomain !== undefined) return heatColours(range, midpoint);
  const reach = Math.max(Math.abs(range[0] - midpoint), Math.abs(range[1] - midpoint));
  return heatColours([midpoint - reach, midpoint + reach], midpoint);
}

/** Values beside the grid, in its colours. */
function sampleMarks(
  { samples = [] }: HeatFigure,
  colour: (value: number) => string,
  { x, y }: Axes,
): Plot.Markish[] {
  const shown = samples
    .filter((sample) => isWithin(x, sample.x) && isWithin(y, sample.y))
    .map((sample) => ({ ...sample, fill: colour(sample.z) }));
  const at = { x: "x", y: "y", r: 6.5 } as const;
  return [
    Plot.dot(shown, { ...at, fill: { value: "fill", scale: null }, stroke: "#10151c", strokeWidth: 1.3 }),
  ];
}

function pointMarks(
  marks: readonly Mark[],
  axes: Axes,
  frame: Frame,
  obstacles: readonly Box[],
): Plot.Markish[] {
  const { fontSize } = frame;
  const [width, height] = [innerWidth(frame), innerHeight(frame)];
  const labels = marks.map(({ label }) => fitText(plainText(label), width * 0.55, fontSize));
  const anchors = marks.map((mark, index) => ({
    ...pixelOf(mark, axes, frame),
    length: textWidth(labels[index]!, fontSize) * 1.12 + 6,
  }));
  const places = placeLabels(anchors, { width, height, fontSize, obstacles });
  return marks.flatMap((mark, index) => {
    const colour = roleColour(mark.role ?? "before");
    const text = { x: mark.x, y: mark.y, fill: ink, fontWeight: 600, ...places[index]!, ...halo };
    return [
      Plot.dot([mark], { x: "x", y: "y", r: 6, fill: colour, stroke: paper, strokeWidth: 2 }),
      Plot.text([labels[index]!], text),
    ];
  });
}

/** Numbers of the ramp: the ends of a stated domain, which say so when values lie beyond them, the midpoint, and round ones between. */
function rampTicks(figure: HeatFigure, range: readonly [number, number]) {
  const [lo, hi] = range;
  const values = figure.z.flat().filter((value) => value !== null);
  const ends = figure.zDomain === undefined ? [] : [lo, hi];
  const fixed = [...ends, ...(figure.midpoint === undefined ? [] : [figure.midpoint])].filter(
    (value) => value >= lo && value <= hi,
  );
  const apart = (value: number) => fixed.every((other) => Math.abs(value - other) > (hi - lo) / 7);
  return [...fixed, ...niceTicks(range, 4).filter(apart)].map((value) => {
    const beyond = value === lo ? values.some((z) => z < lo) : value === hi && values.some((z) => z > hi);
    return { value, label: `${beyond ? (value === lo ? "≤ " : "≥ ") : ""}${formatNumber(value, 3)}` };
  });
}

/** Room for the labels at the ends of the ramp. */
const rampMargin = 20;

/** The colour ramp with its numbers, the midpoint among them. */
function rampBlock(figure: HeatFigure, range: readonly [number, number], frame: Frame): Block {
  const colour = coloursOf(figure, range);
  const { fontSize } = frame;
  const width = Math.min(innerWidth(frame) - 2 * rampMargin, 300);
  const span = range[1] - range[0] || 1;
  const steps = 48;
  const bars = Array.from({ length: steps }, (_, index) => {
    const fill = colour(range[0] + ((index + 0.5) / steps) * span);
    return `<rect x="${((index * width) / steps).toFixed(2)}" width="${(width / steps + 0.5).toFixed(2)}" height="10" fill="${fill}"/>`;
  });
  const labels = rampTicks(figure, range).map(({ value, label }) => {
    const x = (((value - range[0]) / span) * width).toFixed(2);
    return `<path d="M${x},10V14" stroke="${ink}"/><text x="${x}" y="${14 + fontSize}" text-anchor="middle" fill="${ink}">${label}</text>`;
  });
  const title = svgText(fitText(plainText(figure.zLabel), frame.width - 8, fontSize));
  const y = fontSize + 8;
  const svg = `<g class="ramp"><text y="${fontSize}" fill="${ink}">${title}</text><g transform="translate(${rampMargin},${y})">${bars.join("")}${labels.join("")}</g></g>`;
  return { svg, height: y + 14 + fontSize + 10 };
}

function legend(figure: HeatFigure): LegendItem[] {
  const all = figure.lines ?? [];
  const lines = all
    .filter((line) => !isContour(line))
    .map(
      (line, index): LegendItem => ({
        label: line.label,
        colour: ink,
        swatch: { kind: "line", dash: dashOf(index) },
      }),
    );
  const hasGaps = figure.z.some((row) => row.some((value) => value === null));
  const samples: LegendItem[] =
    figure.samples === undefined
      ? []
      : [{ label: "measured", colour: ink, swatch: { kind: "dots", symbol: "circle", interval: "none" } }];
  const gaps: LegendItem[] = hasGaps
    ? [{ label: "no value", colour: missing, swatch: { kind: "cell" } }]
    : [];
  return [...lines, ...samples, ...gaps];
}

/** The drawing of a heat figure in a frame. */
export function drawHeat(figure: HeatFigure, frame: Frame): Drawing {
  const range = shownRange(figure);
  const axisFor = (axis: Axis, centres: readonly number[], pixels: number, perTick: number) =>
    resolveAxis({ axis, values: cellEdges(centres, axis), pixels, perTick, pad: 0 });
  const x = axisFor(figure.x, figure.xs, innerWidth(frame), tickRoom.x);
  const y = axisFor(figure.y, figure.ys, innerHeight(frame), tickRoom.y);
  const marks = (figure.marks ?? []).filter((mark) => isWithin(x, mark.x) && isWithin(y, mark.y));
  const lines = figure.lines ?? [];
  const labels = contourLabels(lines, { x, y }, { frame, points: [...marks, ...(figure.samples ?? [])] });
  const obstacles = [
    ...lines.filter((line) => !isContour(line)).flatMap((line) => boxesAlong(line, { x, y }, frame)),
    ...labels.map(({ box }) => box),
    ...(figure.samples ?? []).map((sample) => boxAround(pixelOf(sample, { x, y }, frame), 8)),
  ];
  return {
    x,
    y,
    marks: [
      Plot.rect(cells(figure, coloursOf(figure, range)), {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: { value: "fill", scale: null },
        shapeRendering: "crispEdges",
      }),
      ...lineMarks(lines),
      ...contourMarks(labels, frame),
      ...sampleMarks(figure, coloursOf(figure, range), { x, y }),
      ...pointMarks(marks, { x, y }, frame, obstacles),
    ],
    legend: legend(figure),
    ramp: rampBlock(figure, range, frame),
  };
}

function isWithin({ domain }: ResolvedAxis, value: number): boolean {
  return value >= domain[0] && value <= domain[1];
}
