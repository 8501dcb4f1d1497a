/** @file Places the labels of marked points where they meet neither each other nor the points, inside the frame. */

/** A point in pixels from the top left corner of the frame. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  /** Width of its label in pixels. */
  readonly length: number;
}

export interface LabelPlace {
  readonly textAnchor: "start" | "middle" | "end";
  readonly dx: number;
  readonly dy: number;
}

export interface Box {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

const candidates: readonly LabelPlace[] = [
  { textAnchor: "start", dx: 11, dy: 0 },
  { textAnchor: "end", dx: -11, dy: 0 },
  { textAnchor: "start", dx: 8, dy: -14 },
  { textAnchor: "start", dx: 8, dy: 14 },
  { textAnchor: "end", dx: -8, dy: -14 },
  { textAnchor: "end", dx: -8, dy: 14 },
  { textAnchor: "middle", dx: 0, dy: -17 },
  { textAnchor: "middle", dx: 0, dy: 17 },
];

function boxOf({ x, y, length }: Anchor, { textAnchor, dx, dy }: LabelPlace, fontSize: number): Box {
  const start =
    textAnchor === "start" ? x + dx : textAnchor === "end" ? x + dx - length : x + dx - length / 2;
  return { x1: start, x2: start + length, y1: y + dy - fontSize * 0.7, y2: y + dy + fontSize * 0.7 };
}

/** Labels nearer than this read as one. */
const margin = 6;

function withMargin({ x1, x2, y1, y2 }: Box): Box {
  return { x1: x1 - margin, x2: x2 + margin, y1: y1 - margin / 2, y2: y2 + margin / 2 };
}

/** The area that two boxes share. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** How much of the box lies outside the frame. */
function outside(box: Box, width: number, height: number): number {
  const area = (box.x2 - box.x1) * (box.y2 - box.y1);
  return area - overlap(box, { x1: 0, x2: width, y1: 0, y2: height });
}

/** Rounds in which every label moves to where it meets the others least. */
const rounds = 3;

/**
 * One place for each anchor's label: labels move in turn to the first candidate with the least overlap.
 * @param frame inner size of the figure in pixels
 */
export function placeLabels(
  anchors: readonly Anchor[],
  frame: {
    readonly width: number;
    readonly height: number;
    readonly fontSize: number;
    /** What else labels keep away from: curves, other texts. */
    readonly obstacles?: readonly Box[];
  },
): LabelPlace[] {
  const points = anchors.map(({ x, y }): Box => ({ x1: x - 7, x2: x + 7, y1: y - 7, y2: y + 7 }));
  const places: (LabelPlace | undefined)[] = anchors.map(() => undefined);
  const placeAt = (index: number): LabelPlace => {
    const labels = places.flatMap((place, other) =>
      place === undefined || other === index
        ? []
        : [withMargin(boxOf(anchors[other]!, place, frame.fontSize))],
    );
    const costs = candidates.map((place) => {
      const box = boxOf(anchors[index]!, place, frame.fontSize);
      const met = [...points, ...labels, ...(frame.obstacles ?? [])].reduce(
        (sum, other) => sum + overlap(box, other),
        0,
      );
      return met + 4 * outside(box, frame.width, frame.height);
    });
    return candidates[costs.indexOf(Math.min(...costs))]!;
  };
  for (let round = 0; round < rounds; round++) {
    for (const index of anchors.keys()) places[index] = placeAt(index);
  }
  return places as LabelPlace[];
}
