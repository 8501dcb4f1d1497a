/** @file Curves on a heat figure: main lines with a pale edge, families of thin contours with their labels on them. */
import * as Plot from "@observablehq/plot";
import type { Polyline } from "../analyses/index.ts";
import type { ResolvedAxis } from "./axes.ts";
import { plainText } from "./escape.ts";
import { type Frame, fractionAlong, halo, innerHeight, innerWidth } from "./frame.ts";
import { textWidth } from "./legend.ts";
import { dashOf, ink } from "./palette.ts";
import { type Box, overlap } from "./place.ts";

export function isContour({ style }: Polyline): boolean {
  return style === "contour";
}

/** Curves get a pale edge, so that they are seen on every colour. */
export function lineMarks(lines: readonly Polyline[]): Plot.Markish[] {
  const shape = { x: "x", y: "y", clip: true, strokeLinejoin: "round" } as const;
  const thin = { ...shape, stroke: "#10151c", strokeWidth: 0.9, strokeOpacity: 0.75 };
  const contours = lines.filter(isContour).map(({ points }) => Plot.line(points, thin));
  const main = lines
    .filter((line) => !isContour(line))
    .flatMap((line, index) => {
      return [
        Plot.line(line.points, { ...shape, stroke: "#ffffff", strokeWidth: 4.2, strokeOpacity: 0.85 }),
        Plot.line(line.points, {
          ...shape,
          stroke: "#10151c",
          strokeWidth: 2,
          strokeDasharray: dashOf(index),
        }),
      ];
    });
  return [...contours, ...main];
}

export interface Axes {
  readonly x: ResolvedAxis;
  readonly y: ResolvedAxis;
}

export interface Pixel {
  readonly x: number;
  readonly y: number;
}

/** A point of the data in pixels from the top left corner inside the frame. */
export function pixelOf({ x, y }: Pixel, axes: Axes, frame: Frame): Pixel {
  return {
    x: fractionAlong(axes.x, x) * innerWidth(frame),
    y: (1 - fractionAlong(axes.y, y)) * innerHeight(frame),
  };
}

/** Half the side of the square around a point of a line that labels keep away from. */
const lineReach = 3;
/** Pixels between such points. */
const lineStep = 8;

/** The square around a point. */
export function boxAround({ x, y }: Pixel, reach: number): Box {
  return { x1: x - reach, x2: x + reach, y1: y - reach, y2: y + reach };
}

/** Squares along a curve, so that labels do not lie on it. */
export function boxesAlong({ points }: Polyline, axes: Axes, frame: Frame): Box[] {
  const path = points.map((point) => pixelOf(point, axes, frame));
  return path.flatMap((to, index) => {
    const from = path[index - 1] ?? to;
    const steps = Math.max(1, Math.min(200, Math.round(Math.hypot(to.x - from.x, to.y - from.y) / lineStep)));
    return Array.from({ length: steps }, (_, step) => {
      const t = (step + 1) / steps;
      return boxAround({ x: from.x + t * (to.x - from.x), y: from.y + t * (to.y - from.y) }, lineReach);
    });
  });
}

/** Contours shorter than this have no room for a label. */
const leastContour = 40;

/** The label of every contour on it, at places that are apart from each other and from points of the data. */
export function contourLabels(
  lines: readonly Polyline[],
  axes: Axes,
  { frame, points: taken }: { readonly frame: Frame; readonly points: readonly Pixel[] },
) {
  const size = frame.fontSize * 0.85;
  const placed: { readonly label: string; readonly point: Pixel; readonly box: Box }[] = [];
  const dots = taken.map((point) => boxAround(pixelOf(point, axes, frame), 9));
  const [width, height] = [innerWidth(frame), innerHeight(frame)];
  const inside = { x1: 0, x2: width, y1: 0, y2: height };
  for (const { label, points } of lines.filter(isContour)) {
    const half = textWidth(plainText(label), size) / 2 + 4;
    const path = points.map((point) => ({ point, at: pixelOf(point, axes, frame) }));
    const ends = [path[0]!, path.at(-1)!].map(({ at }) => at) as [Pixel, Pixel];
    if (Math.hypot(ends[0].x - ends[1].x, ends[0].y - ends[1].y) < leastContour) continue;
    const free = path
      .map(({ point, at }, index) => ({
        point,
        box: { x1: at.x - half, x2: at.x + half, y1: at.y - size * 0.7, y2: at.y + size * 0.7 },
        off: Math.abs(index / path.length - 0.6),
      }))
      .filter(({ box }) => overlap(box, inside) > 0.999 * (box.x2 - box.x1) * (box.y2 - box.y1))
      .filter(({ box }) =>
        [...placed.map((other) => other.box), ...dots].every((other) => overlap(box, other) === 0),
      )
      .sort((a, b) => a.off - b.off)[0];
    if (free !== undefined) placed.push({ label: plainText(label), ...free });
  }
  return placed;
}

export function contourMarks(labels: ReturnType<typeof contourLabels>, { fontSize }: Frame): Plot.Markish[] {
  return labels.map(({ label, point }) =>
    Plot.text([label], { ...point, fill: ink, fontSize: fontSize * 0.85, ...halo }),
  );
}
