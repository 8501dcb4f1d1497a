/**
 * @file Which inputs each output of a convolution sees, and through which weight of the kernel: for convolutions and for
 * their adjoints (kernels.md §2.1, padding geometry).
 */
import { requireCount } from "./checks.ts";

/** Where windows stand along one axis: output i sees the inputs `stride·i + dilation·j - lo` for j < kernel. */
export interface WindowAxis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Positions added before the first. */
  readonly lo: number;
  /** Whether the axis is a ring, so that positions outside are those of the other end; zeros otherwise. */
  readonly wraps: boolean;
  readonly out: number;
}

/** What a weight sees that stands on the padding. */
export const OUTSIDE = -1;

/** Windows over a grid of positions, numbered row by row. */
export interface Stencil {
  /** Number of input positions. */
  readonly inputs: number;
  /** Number of weights of the kernel. */
  readonly kernel: number;
  /** Number of inputs that every output sees; undefined where outputs differ. */
  readonly uniform: number | undefined;
  /** `[output][weight]`: the input that it sees, `OUTSIDE` where there is none. */
  windows(): readonly (readonly number[])[];
}

/** The windows of a convolution. @throws FathomError `bad-input` for no axes, or sizes that are no counts. */
export function stencilOf(geometry: readonly WindowAxis[]): Stencil {
  requireWindows(geometry);
  return over(geometry.map(windowsOf), sizes(geometry, "size"), geometry);
}

/** The windows of the adjoint of a convolution, from its outputs to its inputs. @throws FathomError as `stencilOf`. */
export function adjointStencilOf(geometry: readonly WindowAxis[]): Stencil {
  requireWindows(geometry);
  return over(geometry.map(adjointWindowsOf), sizes(geometry, "out"), geometry);
}

type Windows = readonly (readonly number[])[];

function over(axes: readonly Windows[], inputs: readonly number[], geometry: readonly WindowAxis[]): Stencil {
  let known: Windows | undefined;
  return {
    inputs: product(inputs),
    kernel: product(sizes(geometry, "kernel")),
    uniform: uniformProduct(axes.map((axis) => axis.map(countInside))),
    windows: () => {
      known ??= grid(axes, inputs);
      return known;
    },
  };
}

const product = (counts: readonly number[]) => counts.reduce((total, count) => total * count, 1);
const sizes = (geometry: readonly WindowAxis[], of: "size" | "kernel" | "out") =>
  geometry.map((axis) => axis[of]);
const countInside = (window: readonly number[]) => window.filter((position) => position !== OUTSIDE).length;

/** The position that each weight sees, for each output of one axis. */
function windowsOf({ size, kernel, stride, dilation, lo, wraps, out }: WindowAxis): number[][] {
  const seen = (position: number) => {
    if (wraps) return ((position % size) + size) % size;
    return position >= 0 && position < size ? position : OUTSIDE;
  };
  return Array.from({ length: out }, (_, i) =>
    Array.from({ length: kernel }, (__, j) => seen(stride * i + dilation * j - lo)),
  );
}

/** The window of one axis whose weight j stands over each position, for every j. */
function adjointWindowsOf(axis: WindowAxis): number[][] {
  const seenBy = Array.from({ length: axis.size }, () => new Array<number>(axis.kernel).fill(OUTSIDE));
  for (const [i, window] of windowsOf(axis).entries()) {
    for (const [j, position] of window.entries()) if (position !== OUTSIDE) seenBy[position]![j] = i;
  }
  return seenBy;
}

/** The product of the counts of all axes, where it is the same at every position. */
function uniformProduct(counts: readonly (readonly number[])[]): number | undefined {
  const alike = counts.every((axis) => axis.every((count) => count === axis[0]));
  return alike ? product(counts.map((axis) => axis[0]!)) : undefined;
}

/** Windows of a grid from those of its axes. */
function grid(axes: readonly Windows[], inputs: readonly number[]): number[][] {
  const at = (row: number, column: number, size: number) =>
    row === OUTSIDE || column === OUTSIDE ? OUTSIDE : row * size + column;
  return axes.reduce<number[][]>(
    (outer, axis, a) =>
      outer.flatMap((rows) =>
        axis.map((columns) => rows.flatMap((row) => columns.map((column) => at(row, column, inputs[a]!)))),
      ),
    [[0]],
  );
}

function requireWindows(geometry: readonly WindowAxis[]): void {
  requireCount(geometry.length, "geometry");
  for (const [a, { size, kernel, stride, dilation, out }] of geometry.entries()) {
    for (const [name, count] of Object.entries({ size, kernel, stride, dilation, out }))
      requireCount(count, `geometry[${a}].${name}`);
  }
}
