/**
 * @file The shapes that layers hand to each other: a kind, which says which axis is the channel, and the sizes of one
 * example without the batch axis (conventions.md, Layouts).
 */
import { z } from "zod";
import { FathomError, type Shape, sameShape, showShape, sizeOf } from "../tensor/index.ts";

/** Axes of one example, in order, for each kind. */
export const shapeAxes = {
  vector: ["C"],
  image: ["C", "H", "W"],
  signal: ["C", "T"],
  tokens: ["T", "C"],
  graph: ["V", "F"],
  ids: ["T"],
} as const;

/** The axis of one example that holds the channels (features), for each kind; ids have none. */
const channelAxes = { vector: 0, image: 0, signal: 0, tokens: 1, graph: 1, ids: undefined } as const;

export type ShapeKind = keyof typeof shapeAxes;

/** What one example looks like at some place in a network: `{kind: "image", shape: [1, 28, 28]}`. */
export interface NetShape {
  readonly kind: ShapeKind;
  readonly shape: Shape;
}

/** No example may have more numbers than this; larger shapes are typing errors or attacks. */
export const MAX_EXAMPLE_SIZE = 2 ** 28;

export const shapeKinds = Object.keys(shapeAxes) as ShapeKind[];

/** JSON form of {@link NetShape}. */
export const netShapeSchema = z
  .strictObject({
    kind: z
      .enum(shapeKinds)
      .describe("vector [C], image [C, H, W], signal [C, T], tokens [T, C], graph [V, F] or ids [T]"),
    shape: z.array(z.int().min(1)).min(1).max(3).describe("sizes of one example, without the batch axis"),
  })
  .superRefine(({ kind, shape }, context) => {
    const axes = shapeAxes[kind];
    if (shape.length !== axes.length) {
      context.addIssue({
        code: "custom",
        path: ["shape"],
        message: `an input of kind ${kind} has ${axes.length === 1 ? "one size" : `${axes.length} sizes`}, [${axes.join(", ")}], but ${shape.length} are given`,
      });
    } else if (sizeOf(shape) > MAX_EXAMPLE_SIZE) {
      context.addIssue({
        code: "custom",
        path: ["shape"],
        message: `one example would hold ${sizeOf(shape)} numbers; the bound is ${MAX_EXAMPLE_SIZE}`,
      });
    }
  })
  .describe("what one example looks like");

export const vector = (width: number): NetShape => ({ kind: "vector", shape: [width] });

/** `vector [64]`, for messages. */
export function showNetShape({ kind, shape }: NetShape): string {
  return `${kind} ${showShape(shape)}`;
}

/** Whether two shapes have one kind and the same sizes. */
export function sameNetShape(a: NetShape, b: NetShape): boolean {
  return a.kind === b.kind && sameShape(a.shape, b.shape);
}

/** The axis of one example that holds its channels. */
export function channelAxis({ kind }: NetShape): number {
  return channelAxes[kind] ?? 0;
}

/** The number of channels (features) of one example. */
export function channels(input: NetShape): number {
  return input.shape[channelAxis(input)]!;
}

/** Size of the last axis: the channels of vectors and tokens. */
export function last({ shape }: NetShape): number {
  return shape[shape.length - 1]!;
}

/** The same kind of shape with another last size. */
export function replaceLast(input: NetShape, width: number): NetShape {
  return { kind: input.kind, shape: [...input.shape.slice(0, -1), width] };
}

/**
 * Passes shapes whose last axis is the channel axis (vectors, tokens, graphs) and refuses the others, naming both layers.
 * @throws FathomError bad-shape that asks for a flatten layer.
 */
export function requireChannelsLast(
  input: NetShape,
  { self, before, where }: { self: string; before: string; where: string },
): NetShape {
  if (input.kind === "vector" || input.kind === "tokens" || input.kind === "graph") return input;
  throw new FathomError({
    code: "bad-shape",
    message: `${self} acts on vectors or tokens, but ${before} gives ${showNetShape(input)}.`,
    where,
    hint: 'Put {"kind": "flatten"} before it.',
  });
}

/**
 * Reads the input of the one-line form: `784` is a vector, `1x28x28` an image, `CxT` with two sizes a signal.
 * @returns undefined when the text is none of these.
 */
export function netShapeFromText(text: string): NetShape | undefined {
  if (!/^[1-9]\d*(x[1-9]\d*){0,2}$/i.test(text)) return undefined;
  const shape = text.toLowerCase().split("x").map(Number);
  const kind = (["vector", "signal", "image"] as const)[shape.length - 1]!;
  return { kind, shape };
}

/** The input shape of a data set: `[784]` is a vector, `[1, 28, 28]` an image, `[C, T]` a signal. */
export function netShapeOf(shape: Shape): NetShape {
  const kind = ([undefined, "vector", "signal", "image"] as const)[shape.length];
  if (kind !== undefined) return { kind, shape: [...shape] };
  throw new FathomError({
    code: "bad-shape",
    message: `An input of shape ${showShape(shape)} is neither a vector [C], a signal [C, T] nor an image [C, H, W].`,
    where: "input",
    hint: "Give the kind too: {kind, shape}.",
  });
}
