/** @file Draws curves, dots with intervals, bands and staircases over one abscissa. */
import * as Plot from "@observablehq/plot";
import type { LineFigure, Series } from "../analyses/index.ts";
import { fitsScale, resolveAxis, tickRoom } from "./axes.ts";
import type { Drawing, Frame } from "./frame.ts";
import { innerHeight, innerWidth, ruleMarks, spanLegend, spanMarks, thinDots, thinLine } from "./frame.ts";
import type { LegendItem } from "./legend.ts";
import { dashOf, paper, roleColour, symbolOf } from "./palette.ts";

/** A series with its number among the lines, bands or dots of the figure, which decides dash, symbol and place. */
interface Styled extends Series {
  readonly order: number;
}

function styled(series: readonly Series[]): Styled[] {
  const counts = new Map<string, number>();
  return series.map((one) => {
    const key = one.form === "step" ? "line" : one.form;
    const order = counts.get(key) ?? 0;
    counts.set(key, order + 1);
    return { ...one, order };
  });
}

const dotLimit = 160;
const lineLimit = 1200;

function curve(series: Styled, form: "line" | "step"): Plot.Markish {
  return Plot.line(thinLine(series.points, lineLimit), {
    x: "x",
    y: "y",
    stroke: roleColour(series.role),
    strokeWidth: 2,
    strokeDasharray: dashOf(series.order),
    curve: form === "step" ? "step-after" : "linear",
    clip: true,
  });
}

function band(series: Styled): Plot.Markish {
  const points = thinLine(series.points, lineLimit);
  const fill = roleColour(series.role);
  return Plot.areaY(points, { x: "x", y1: "lo", y2: "hi", fill, fillOpacity: 0.2, clip: true });
}

/** Pixels between the dots of neighbouring series, so that intervals at one abscissa stand side by side. */
const dodge = 5;

function dots(series: Styled, count: number): Plot.Markish[] {
  const { points } = thinDots(series.points, dotLimit);
  const colour = roleColour(series.role);
  const symbol = symbolOf(series.order);
  const dx = (series.order - (count - 1) / 2) * dodge;
  const radius = points.length > 60 ? 2.4 : 3.3;
  const withInterval = points.filter(({ lo, hi }) => typeof lo === "number" && typeof hi === "number");
  return [
    Plot.ruleX(withInterval, {
      x: "x",
      y1: "lo",
      y2: "hi",
      stroke: colour,
      strokeOpacity: 0.65,
      dx,
      clip: true,
    }),
    Plot.dot(points, {
      x: "x",
      y: "y",
      dx,
      r: radius,
      symbol,
      fill: symbol === "circle" ? colour : paper,
      stroke: colour,
      strokeWidth: symbol === "circle" ? 0.8 : 1.5,
      clip: true,
    }),
  ];
}

/** Bands lie at the bottom, dots on top. */
function seriesMarks(series: readonly Styled[]): Plot.Markish[] {
  const dotted = series.filter(({ form }) => form === "dots");
  return [
    ...series.filter(({ form }) => form === "band").map(band),
    ...series.flatMap((one) => (one.form === "line" || one.form === "step" ? [curve(one, one.form)] : [])),
    ...dotted.flatMap((one) => dots(one, dotted.length)),
  ];
}

function legendItem(series: Styled): LegendItem {
  const colour = roleColour(series.role);
  if (series.form === "band") return { label: series.name, colour, swatch: { kind: "band" } };
  if (series.form !== "dots") {
    return { label: series.name, colour, swatch: { kind: "line", dash: dashOf(series.order) } };
  }
  const { every } = thinDots(series.points, dotLimit);
  const label = every === 1 ? series.name : `${series.name} (one in ${every} shown)`;
  const interval = series.points.some(({ lo }) => typeof lo === "number") ? "shown" : "none";
  return { label, colour, swatch: { kind: "dots", symbol: symbolOf(series.order), interval } };
}

/** Series without values an axis can show: gaps instead of points that the scale would send astray. */
function showableSeries(figure: LineFigure): Series[] {
  return figure.series.map((series) => ({
    ...series,
    points: series.points
      .filter(({ x }) => fitsScale(figure.x, x))
      .map((point) => ({
        ...point,
        y: fitsScale(figure.y, point.y) ? point.y : null,
        ...(point.lo === undefined ? {} : { lo: fitsScale(figure.y, point.lo) ? point.lo : null }),
        ...(point.hi === undefined ? {} : { hi: fitsScale(figure.y, point.hi) ? point.hi : null }),
      })),
  }));
}

/** The drawing of a line figure in a frame. */
export function drawLines(figure: LineFigure, frame: Frame): Drawing {
  const series = styled(showableSeries(figure));
  const points = series.flatMap((one) => one.points);
  const rules = figure.rules ?? [];
  const spans = figure.spans ?? [];
  const ruleValues = rules.filter(({ along }) => along === "y").map(({ at }) => at);
  const x = resolveAxis({
    axis: figure.x,
    values: points.map((point) => point.x),
    pixels: innerWidth(frame),
    perTick: tickRoom.x,
    pad: 0.02,
  });
  const y = resolveAxis({
    axis: figure.y,
    values: points.map((point) => point.y),
    soft: [...points.flatMap(({ lo, hi }) => [lo, hi]), ...ruleValues],
    pixels: innerHeight(frame),
    perTick: tickRoom.y,
    pad: 0.06,
  });
  return {
    x,
    y,
    marks: [...spanMarks(spans, { x, y }), ...seriesMarks(series), ...ruleMarks(rules, { x, y }, frame)],
    legend: [...series.map(legendItem), ...spanLegend(spans)],
  };
}
