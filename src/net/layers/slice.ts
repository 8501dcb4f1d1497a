/** @file A range of one axis of an example: y = x[start:end] along that axis. */
import { z } from "zod";
import { slice as sliceOp } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { identity, selectPositions } from "../../theory/index.ts";
import { defineLayer, type Place } from "../define.ts";
import { channelAxis, type NetShape, shapeAxes, showNetShape } from "../shapes.ts";

const axisNames = ["C", "H", "W", "T", "V", "F"] as const;

interface Options {
  readonly axis: (typeof axisNames)[number] | number;
  readonly start: number;
  readonly end?: number | undefined;
}

/** The axis of one example, or -1 when it has no such axis. */
function axisOf({ axis }: Options, { kind, shape }: NetShape): number {
  if (typeof axis === "string") return (shapeAxes[kind] as readonly string[]).indexOf(axis);
  const counted = axis < 0 ? axis + shape.length : axis;
  return counted in shape ? counted : -1;
}

/** First index and index after the last, negative ones counted from the end. */
function rangeOf({ start, end }: Options, size: number): { from: number; to: number } {
  const counted = (index: number) => (index < 0 ? index + size : index);
  return { from: counted(start), to: end === undefined ? size : counted(end) };
}

function requireAxis(options: Options, input: NetShape, { self, before, where }: Place): number {
  const axis = axisOf(options, input);
  if (axis >= 0) return axis;
  throw new FathomError({
    code: "bad-shape",
    message: `${self} cuts axis ${options.axis}, which ${showNetShape(input)} of ${before} does not have.`,
    where: `${where}.axis`,
    hint: `Its axes are ${shapeAxes[input.kind].join(", ")}.`,
  });
}

/** Numbers of the positions, row by row, that a range of one of their axes keeps. */
function keptPositions(
  input: NetShape,
  axis: number,
  { from, to }: { readonly from: number; readonly to: number },
): number[] {
  const axes = [...input.shape.keys()].filter((a) => a !== channelAxis(input));
  const inside = (index: number, a: number) => a !== axis || (from <= index && index < to);
  return axes.reduce<number[]>(
    (rows, a) =>
      rows.flatMap((row) =>
        [...Array(input.shape[a]!).keys()]
          .filter((index) => inside(index, a))
          .map((index) => row * input.shape[a]! + index),
      ),
    [0],
  );
}

export const slice = defineLayer<"slice", Options>({
  kind: "slice",
  summary: "a range of one axis: y = x[start:end]",
  options: z.strictObject({
    axis: z
      .union([z.enum(axisNames), z.int()])
      .describe("axis of one example: its name (C, H, W, T, V or F) or its number, negative from the end"),
    start: z.int().default(0).describe("first index: a whole number, negative from the end"),
    end: z
      .int()
      .optional()
      .describe("index after the last: a whole number, negative from the end; the end when left out"),
  }),
  shape: (options, input, context) => {
    const axis = requireAxis(options, input, context);
    const size = input.shape[axis]!;
    const { from, to } = rangeOf(options, size);
    if (0 <= from && from < to && to <= size) {
      return { kind: input.kind, shape: input.shape.with(axis, to - from) };
    }
    throw new FathomError({
      code: "bad-shape",
      message: `${context.self} keeps ${from} to ${to} of axis ${options.axis}, which has ${size} entries from ${context.before}.`,
      where: context.where,
      hint: "start must lie before end, and both inside the axis.",
    });
  },
  apply: (options, _, x, __, { input }) => {
    const axis = 1 + axisOf(options, input);
    const { from, to } = rangeOf(options, x.shape[axis]!);
    const starts = x.shape.map(() => 0).with(axis, from);
    return sliceOp(x, { starts, ends: x.shape.with(axis, to) });
  },
  meanField: (options, input) => {
    const axis = axisOf(options, input);
    if (axis === channelAxis(input)) return identity();
    return selectPositions(keptPositions(input, axis, rangeOf(options, input.shape[axis]!)));
  },
  covariance: (options, { input }) => {
    const axis = axisOf(options, input);
    return { op: "slice", input, axis, ...rangeOf(options, input.shape[axis]!) };
  },
});
