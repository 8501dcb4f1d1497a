/**
 * @file Skeletons of the ten digits: for each class a few ways to write it, each a list of strokes, each stroke a
 * polyline in a box x, y in [-1, 1] (x to the right, y downwards). `digits.ts` bends, maps and inks them.
 */

/** x0, y0, x1, y1, … */
export type Stroke = readonly number[];
/** One way to write a digit. */
export type Glyph = readonly Stroke[];

type Point = readonly [x: number, y: number];

/** Longest piece of a polyline: short enough to bend smoothly, long enough to ink fast. */
const SPACING = 0.16;

/** Straight pieces through the points, cut so that they can bend. */
function line(...points: Point[]): Stroke {
  const stroke: number[] = [...points[0]!];
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    const pieces = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / (2 * SPACING));
    for (let k = 1; k <= pieces; k++) {
      stroke.push(x0 + ((x1 - x0) * k) / pieces, y0 + ((y1 - y0) * k) / pieces);
    }
  }
  return stroke;
}

/** A smooth curve through the points (Catmull-Rom, end points doubled). */
function curve(...points: Point[]): Stroke {
  const at = (i: number) => points[Math.min(Math.max(i, 0), points.length - 1)]!;
  const stroke: number[] = [...points[0]!];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const pieces = Math.ceil(Math.hypot(c[0] - b[0], c[1] - b[1]) / SPACING);
    for (let k = 1; k <= pieces; k++) {
      const t = k / pieces;
      const along = (axis: 0 | 1) =>
        b[axis] +
        (t / 2) *
          (c[axis] -
            a[axis] +
            t *
              (2 * a[axis] -
                5 * b[axis] +
                4 * c[axis] -
                d[axis] +
                t * (3 * (b[axis] - c[axis]) + d[axis] - a[axis])));
      stroke.push(along(0), along(1));
    }
  }
  return stroke;
}

/** Part of an ellipse around (cx, cy); angles in degrees, 0 to the right, 90 downwards. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const pieces = Math.ceil((Math.abs(to - from) * Math.PI * (rx + ry)) / (360 * SPACING));
  return Array.from({ length: pieces + 1 }, (_, k) => {
    const angle = ((from + ((to - from) * k) / pieces) * Math.PI) / 180;
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  }).flat();
}

/** The ways to write each digit, by class. */
export const GLYPHS: readonly (readonly Glyph[])[] = [
  [
    [arc(0, 0, 0.55, 0.88, 0, 360)],
    [arc(0, 0, 0.42, 0.9, -70, 290)],
    [arc(0, 0.05, 0.66, 0.8, -100, 245)],
    [
      curve(
        [0.15, -0.88],
        [-0.4, -0.5],
        [-0.48, 0.3],
        [-0.05, 0.88],
        [0.42, 0.5],
        [0.5, -0.3],
        [0.2, -0.85],
        [-0.1, -0.75],
      ),
    ],
  ],
  [
    [line([0, -0.9], [0, 0.9])],
    [line([-0.38, -0.5], [0.05, -0.9], [0.05, 0.9])],
    [line([-0.38, -0.5], [0.02, -0.9], [0.02, 0.88]), line([-0.42, 0.88], [0.46, 0.88])],
    [curve([0.08, -0.9], [0, -0.3], [-0.02, 0.3], [0.05, 0.9])],
  ],
  [
    [
      curve([-0.5, -0.5], [-0.2, -0.86], [0.3, -0.82], [0.48, -0.4], [0.15, 0.15], [-0.55, 0.85]),
      line([-0.55, 0.85], [0.6, 0.85]),
    ],
    [
      curve(
        [-0.48, -0.55],
        [0, -0.9],
        [0.46, -0.55],
        [0.2, 0.1],
        [-0.3, 0.75],
        [-0.58, 0.7],
        [-0.35, 0.48],
        [0.1, 0.75],
        [0.6, 0.8],
      ),
    ],
    [
      curve([-0.45, -0.75], [0.1, -0.88], [0.42, -0.6], [0.2, -0.05], [-0.5, 0.8]),
      curve([-0.5, 0.8], [0, 0.74], [0.55, 0.88]),
    ],
  ],
  [
    [arc(0, -0.45, 0.44, 0.42, -150, 90), arc(0, 0.42, 0.52, 0.46, -90, 145)],
    [
      line([-0.48, -0.85], [0.42, -0.85], [-0.06, -0.15]),
      curve([-0.06, -0.15], [0.4, 0], [0.52, 0.42], [0.2, 0.85], [-0.5, 0.75]),
    ],
    [
      curve([-0.45, -0.7], [0, -0.9], [0.4, -0.6], [0.25, -0.15], [-0.15, -0.02]),
      curve([-0.15, -0.02], [0.35, 0.08], [0.5, 0.45], [0.1, 0.88], [-0.48, 0.68]),
    ],
  ],
  [
    [line([-0.35, -0.9], [-0.5, 0.15], [0.56, 0.15]), line([0.25, -0.5], [0.2, 0.92])],
    [line([0.25, 0.92], [0.25, -0.9], [-0.56, 0.32], [0.6, 0.32])],
    [
      curve([-0.45, -0.85], [-0.5, -0.3], [-0.35, 0.02], [0.1, 0.02], [0.4, -0.08]),
      line([0.42, -0.88], [0.36, 0.92]),
    ],
  ],
  [
    [
      line([0.5, -0.86], [-0.36, -0.86], [-0.42, -0.08]),
      curve([-0.42, -0.08], [0.05, -0.22], [0.48, 0.12], [0.42, 0.64], [-0.02, 0.88], [-0.5, 0.7]),
    ],
    [
      curve(
        [0.45, -0.85],
        [-0.1, -0.84],
        [-0.36, -0.5],
        [-0.1, -0.12],
        [0.36, 0.18],
        [0.4, 0.62],
        [0, 0.88],
        [-0.46, 0.72],
      ),
    ],
    [
      line([-0.3, -0.8], [-0.38, -0.02]),
      curve([-0.38, -0.02], [0.1, -0.1], [0.42, 0.3], [0.2, 0.8], [-0.45, 0.8]),
      line([-0.3, -0.8], [0.52, -0.9]),
    ],
  ],
  [
    [
      curve(
        [0.32, -0.9],
        [-0.2, -0.5],
        [-0.48, 0.2],
        [-0.35, 0.74],
        [0.08, 0.88],
        [0.44, 0.55],
        [0.3, 0.12],
        [-0.1, 0.08],
        [-0.46, 0.42],
      ),
    ],
    [line([-0.3, -0.92], [-0.44, 0.3]), arc(0, 0.4, 0.45, 0.46, 190, 550)],
    [
      curve(
        [0.42, -0.78],
        [0, -0.88],
        [-0.4, -0.4],
        [-0.5, 0.3],
        [-0.2, 0.84],
        [0.3, 0.8],
        [0.46, 0.4],
        [0.1, 0.05],
        [-0.44, 0.3],
      ),
    ],
  ],
  [
    [line([-0.5, -0.85], [0.52, -0.85], [-0.12, 0.9])],
    [line([-0.5, -0.85], [0.52, -0.85], [-0.05, 0.9]), line([-0.28, 0.02], [0.5, 0.02])],
    [
      line([-0.5, -0.6], [-0.46, -0.86]),
      line([-0.46, -0.86], [0.5, -0.86]),
      curve([0.5, -0.86], [0.14, -0.2], [0, 0.3], [-0.05, 0.9]),
    ],
  ],
  [
    [arc(0, -0.45, 0.4, 0.42, 90, 450), arc(0, 0.44, 0.5, 0.46, -90, 270)],
    [
      curve(
        [0.4, -0.66],
        [0, -0.9],
        [-0.4, -0.62],
        [-0.15, -0.15],
        [0.3, 0.2],
        [0.42, 0.6],
        [0, 0.88],
        [-0.44, 0.58],
        [-0.2, 0.15],
        [0.2, -0.2],
        [0.42, -0.62],
      ),
    ],
    [
      curve(
        [0.1, -0.88],
        [-0.36, -0.6],
        [0, -0.08],
        [0.4, 0.42],
        [0, 0.9],
        [-0.42, 0.45],
        [0, -0.05],
        [0.38, -0.5],
        [0.08, -0.88],
      ),
    ],
  ],
  [
    [arc(-0.02, -0.42, 0.44, 0.45, 0, 360), line([0.42, -0.5], [0.36, 0.92])],
    [
      curve(
        [0.4, -0.6],
        [0, -0.9],
        [-0.42, -0.5],
        [-0.1, -0.08],
        [0.36, -0.3],
        [0.4, -0.6],
        [0.42, 0],
        [0.28, 0.6],
        [-0.1, 0.9],
        [-0.4, 0.72],
      ),
    ],
    [
      curve([0.42, -0.7], [0.02, -0.88], [-0.4, -0.55], [-0.3, -0.12], [0.1, -0.12], [0.42, -0.62]),
      curve([0.42, -0.72], [0.3, 0.1], [0, 0.9]),
    ],
  ],
];
