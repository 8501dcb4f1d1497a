/** @file What the three kinds of figures share: sizes by page width, marked lines and ranges, thinning of data. */
import * as Plot from "@observablehq/plot";
import type { Point, Rule, Span } from "../analyses/index.ts";
import type { ResolvedAxis } from "./axes.ts";
import { plainText } from "./escape.ts";
import type { Block, LegendItem } from "./legend.ts";
import { fitLines, fitText, textWidth } from "./legend.ts";
import { ink, paper, roleColour } from "./palette.ts";
import { type Box, overlap } from "./place.ts";

/** The room a figure has, in pixels, and the type that suits it. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
  readonly marginLeft: number;
  readonly marginRight: number;
  readonly marginTop: number;
  readonly marginBottom: number;
}

/** A figure ready for the plotting library. */
export interface Drawing {
  readonly x: ResolvedAxis;
  readonly y: ResolvedAxis;
  readonly marks: readonly Plot.Markish[];
  readonly legend: readonly LegendItem[];
  /** Drawn under the rows of the legend: a colour ramp. */
  readonly ramp?: Block;
}

/** Sizes for a page width; `aspect` is height by width on a wide page, phones get taller figures. */
export function frameFor(width: number, aspect: number): Frame {
  const narrow = width < 480;
  return {
    width,
    height: Math.round(Math.min(width * (narrow ? Math.max(aspect, 0.72) : aspect), 460)),
    fontSize: narrow ? 11.5 : 12.5,
    marginLeft: narrow ? 46 : 54,
    marginRight: 14,
    marginTop: narrow ? 26 : 28,
    marginBottom: narrow ? 40 : 42,
  };
}

export function innerWidth(frame: Frame): number {
  return frame.width - frame.marginLeft - frame.marginRight;
}

export function innerHeight(frame: Frame): number {
  return frame.height - frame.marginTop - frame.marginBottom;
}

/** Place of a value along an axis: 0 at its start, 1 at its end. */
export function fractionAlong(axis: ResolvedAxis, value: number): number {
  const [lo, hi] = axis.domain;
  if (axis.type === "log") return Math.log(value / lo) / Math.log(hi / lo);
  if (axis.type === "sqrt") return (Math.sqrt(value) - Math.sqrt(lo)) / (Math.sqrt(hi) - Math.sqrt(lo));
  return (value - lo) / (hi - lo);
}

/** A halo keeps a label readable on lines and colours. */
export const halo = { stroke: paper, strokeWidth: 4, strokeLinejoin: "round" } as const;

function isInside(axis: ResolvedAxis, value: number): boolean {
  return value >= axis.domain[0] && value <= axis.domain[1];
}

/** A vertical marked line with its label at the top, on the side with more room and below the labels it would meet. */
function verticalRule(rule: Rule, x: ResolvedAxis, frame: Frame, taken: Box[]): Plot.Markish[] {
  const place = fractionAlong(x, rule.at) * innerWidth(frame);
  const leftward = place > innerWidth(frame) / 2;
  const room = (leftward ? place : innerWidth(frame) - place) - 12;
  const lines = fitLines(plainText(rule.label), room, frame.fontSize, 3);
  const length = Math.max(...lines.map((line) => textWidth(line, frame.fontSize))) + 10;
  const height = lines.length * frame.fontSize * 1.25;
  const boxAt = (y: number): Box => ({
    x1: leftward ? place - length : place,
    x2: leftward ? place : place + length,
    y1: y,
    y2: y + height,
  });
  let top = 5;
  const meeting = () => taken.find((box) => overlap(box, boxAt(top)) > 0);
  for (let met = meeting(); met; met = meeting()) top = met.y2 + 2;
  taken.push(boxAt(top));
  return [
    Plot.ruleX([rule.at], { stroke: ink, strokeDasharray: "4 3", strokeOpacity: 0.75 }),
    Plot.text([lines.join("\n")], {
      x: rule.at,
      frameAnchor: "top",
      lineAnchor: "top",
      textAnchor: leftward ? "end" : "start",
      dx: leftward ? -5 : 5,
      dy: top,
      lineHeight: 1.25,
      fill: ink,
      ...halo,
    }),
  ];
}

/** A horizontal marked line; its label stands above it, or below where the frame ends. */
function horizontalRule(rule: Rule, y: ResolvedAxis, frame: Frame): Plot.Markish[] {
  const room = (1 - fractionAlong(y, rule.at)) * innerHeight(frame);
  return [
    Plot.ruleY([rule.at], { stroke: ink, strokeDasharray: "4 3", strokeOpacity: 0.75 }),
    Plot.text([fitText(plainText(rule.label), innerWidth(frame) * 0.8, frame.fontSize)], {
      y: rule.at,
      frameAnchor: "right",
      textAnchor: "end",
      dx: -5,
      dy: room < frame.fontSize * 1.4 ? 10 : -8,
      fill: ink,
      ...halo,
    }),
  ];
}

/** Marked lines; those outside the shown range are left out. */
export function ruleMarks(
  rules: readonly Rule[],
  axes: { readonly x: ResolvedAxis; readonly y: ResolvedAxis },
  frame: Frame,
): Plot.Markish[] {
  const taken: Box[] = [];
  const along = (name: "x" | "y") =>
    rules.filter((rule) => rule.along === name && isInside(axes[name], rule.at));
  return [
    ...along("x").flatMap((rule) => verticalRule(rule, axes.x, frame, taken)),
    ...along("y").flatMap((rule) => horizontalRule(rule, axes.y, frame)),
  ];
}

/** Shaded ranges, cut to the shown range; their labels are in the legend. */
export function spanMarks(
  spans: readonly Span[],
  axes: { readonly x: ResolvedAxis; readonly y: ResolvedAxis },
): Plot.Markish[] {
  return spans.flatMap((span) => {
    const [lo, hi] = axes[span.along].domain;
    const [from, to] = [Math.max(span.from, lo), Math.min(span.to, hi)];
    if (!(from < to)) return [];
    const style = { fill: roleColour(span.role), fillOpacity: 0.13 };
    return span.along === "x"
      ? [Plot.rectX([span], { x1: from, x2: to, ...style })]
      : [Plot.rectY([span], { y1: from, y2: to, ...style })];
  });
}

export function spanLegend(spans: readonly Span[]): LegendItem[] {
  return spans.map(({ label, role }) => ({ label, colour: roleColour(role), swatch: { kind: "band" } }));
}

/** At most `limit` points with the extremes of every stretch kept, so that a thinned line looks like the whole. */
export function thinLine(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const stretch = Math.ceil((2 * points.length) / limit);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch);
    const gap = part.find(({ y }) => y === null);
    const heights = part.map(({ y }) => y ?? Number.NaN);
    const lowest = part[heights.indexOf(Math.min(...heights.filter(Number.isFinite)))];
    const highest = part[heights.indexOf(Math.max(...heights.filter(Number.isFinite)))];
    const chosen = new Set([lowest, highest, gap].filter((one) => one !== undefined));
    kept.push(...[...chosen].sort((a, b) => a.x - b.x));
  }
  return kept;
}

/** Every n-th point so that at most `limit` remain, and n. */
export function thinDots(
  points: readonly Point[],
  limit: number,
): { points: readonly Point[]; every: number } {
  const every = Math.max(1, Math.ceil(points.length / limit));
  return { points: points.filter((_, index) => index % every === 0), every };
}
