/** @file The bounds of Slice, for lists of integers and for tensors. */
import type { OnnxNode } from "../node.ts";

/** A slice along one axis: the axis reversed first where the step is negative, then start to end by a positive step. */
interface AxisSlice {
  readonly reversed: boolean;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function bounds(node: OnnxNode): { starts: number[]; ends: number[]; axes?: number[]; steps?: number[] } {
  if (node.opset < 10) {
    const axes = node.ints("axes");
    return { starts: node.ints("starts") ?? [], ends: node.ints("ends") ?? [], ...(axes && { axes }) };
  }
  return {
    starts: node.integers(1, "starts"),
    ends: node.integers(2, "ends"),
    ...(node.has(3) && { axes: node.integers(3, "axes") }),
    ...(node.has(4) && { steps: node.integers(4, "steps") }),
  };
}

/**
 * The slice of each axis; undefined where an axis is kept whole.
 * @throws FathomError for bounds that are no list of the axes, or a step of 0.
 */
export function positiveSlice(node: OnnxNode, shape: readonly number[]): (AxisSlice | undefined)[] {
  const { starts, ends, axes = [...starts.keys()], steps = starts.map(() => 1) } = bounds(node);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw node.error("its starts, ends, axes and steps are not of one length.");
  }
  const slices = new Array<AxisSlice | undefined>(shape.length).fill(undefined);
  for (const [i, named] of axes.entries()) {
    const axis = node.axis(named, shape.length);
    if (slices[axis] !== undefined) throw node.error(`the axis ${axis} is named twice.`);
    if (steps[i] === 0) throw node.error("a step is 0.");
    slices[axis] = axisSlice(starts[i]!, ends[i]!, steps[i]!, shape[axis]!);
  }
  return slices;
}

function axisSlice(start: number, end: number, step: number, n: number): AxisSlice {
  const fromFront = (index: number) => (index < 0 ? index + n : index);
  const clamp = (index: number, low: number, high: number) => Math.max(low, Math.min(high, index));
  if (step > 0) {
    const [first, last] = [clamp(fromFront(start), 0, n), clamp(fromFront(end), 0, n)];
    return { reversed: false, start: first, end: Math.max(first, last), step };
  }
  const first = n - 1 - clamp(fromFront(start), -1, n - 1);
  const last = n - 1 - clamp(fromFront(end), -1, n - 1);
  return { reversed: true, start: first, end: Math.max(first, last), step: -step };
}
