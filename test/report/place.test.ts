/** @file Labels of marked points keep apart from each other and inside the frame. */
import { expect, it } from "vitest";
import { type Anchor, type Box, overlap, placeLabels } from "../../src/report/place.ts";

const fontSize = 11;

function boxOf(
  { x, y, length }: Anchor,
  { textAnchor, dx, dy }: ReturnType<typeof placeLabels>[number],
): Box {
  const shift = { start: 0, middle: length / 2, end: length }[textAnchor];
  return { x1: x + dx - shift, x2: x + dx - shift + length, y1: y + dy - 7, y2: y + dy + 7 };
}

it("moves an earlier label out of the way of a later one that has no other place", () => {
  // A phase diagram on a phone: the network near the right edge, the critical point in the corner below it.
  const anchors = [
    { x: 198, y: 140, length: 78 },
    { x: 76, y: 158, length: 78 },
  ];
  const [first, second] = placeLabels(anchors, { width: 252, height: 160, fontSize });
  const boxes = [boxOf(anchors[0]!, first!), boxOf(anchors[1]!, second!)] as const;
  expect(overlap(...boxes)).toBe(0);
  const apart = Math.max(boxes[0].x1 - boxes[1].x2, boxes[1].x1 - boxes[0].x2);
  const stacked = Math.max(boxes[0].y1 - boxes[1].y2, boxes[1].y1 - boxes[0].y2);
  expect(Math.max(apart, stacked)).toBeGreaterThan(2);
});
