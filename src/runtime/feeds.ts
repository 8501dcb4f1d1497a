/** @file Checks of what is fed to an executable: names, dtypes, shapes, and finiteness where asked. */
import {
  type DType,
  FathomError,
  type NdArray,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from "../tensor/index.ts";

export type Feeds = Readonly<Record<string, NdArray>>;

/** What an input must look like. */
export interface FeedSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/**
 * Checks feeds against the inputs: every input fed, nothing else fed, dtypes and shapes equal, data of the right length.
 * @throws FathomError bad-input or bad-shape naming the feed.
 */
export function checkFeeds(specs: readonly FeedSpec[], feeds: Feeds, kind = "feed"): void {
  for (const spec of specs) {
    const array = Object.hasOwn(feeds, spec.name) ? feeds[spec.name] : undefined;
    if (array === undefined) throw missing(spec, feeds, kind);
    checkArray(spec, array, kind);
  }
  if (Object.keys(feeds).length === specs.length) return;
  const known = new Set(specs.map(({ name }) => name));
  const unknown = Object.keys(feeds).filter((name) => !known.has(name));
  throw new FathomError({
    code: "bad-input",
    message: `Unknown ${kind} ${quoted(unknown)}.`,
    where: `${kind} ${unknown[0]}`,
    hint: `The graph takes ${quoted([...known])}.`,
  });
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.map((name) => `"${name}"`).join(", ");
}

function missing({ name, dtype, shape }: FeedSpec, feeds: Feeds, kind: string): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `The ${kind} "${name}" is missing.`,
    where: `${kind} ${name}`,
    hint: `It is ${dtype} ${showShape(shape)}; fed were ${quoted(Object.keys(feeds))}.`,
  });
}

function checkArray({ name, dtype, shape }: FeedSpec, array: NdArray, kind: string): void {
  const where = `${kind} ${name}`;
  if (array.dtype !== dtype) {
    throw new FathomError({
      code: "bad-input",
      message: `The ${kind} "${name}" is ${array.dtype}; the graph takes ${dtype}.`,
      where,
    });
  }
  if (!sameShape(array.shape, shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The ${kind} "${name}" has the shape ${showShape(array.shape)}; the graph takes ${showShape(shape)}.`,
      where,
    });
  }
  if (array.data.length !== sizeOf(shape)) {
    throw new FathomError({
      code: "bad-shape",
      message: `The ${kind} "${name}" holds ${array.data.length} elements for the shape ${showShape(shape)}.`,
      where,
    });
  }
}

/** @throws FathomError bad-input naming the first feed and element that is NaN or infinite. */
export function checkFiniteFeeds(names: readonly string[], feeds: Feeds): void {
  for (const name of names) {
    const array = feeds[name];
    if (array === undefined || (array.dtype !== "float32" && array.dtype !== "float64")) continue;
    const { data } = array as NdArray<"float32" | "float64">;
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      throw new FathomError({
        code: "bad-input",
        message: `The feed "${name}" holds ${data[i]} at element ${i}.`,
        where: `feed ${name}`,
        hint: "Only finite numbers are allowed here.",
      });
    }
  }
}
