/**
 * @file Filter gradients w[o, c, k] = Σ x[n, c, p·stride + k·dilation − padding] y[n, o, p] as matrix products, in two ways that
 * differ in what they copy. Patches: all kernel offsets of x are stacked. Shifts: x is shifted along rows and y along
 * columns, k + k copies instead of k², because Σ over columns of x[…, q + j] y[…, q] is Σ of x[…, q] y[…, q − j].
 */
import { ndarray, sizeOf } from "../../tensor/index.ts";
import type { Tensor } from "../tensor.ts";
import { fitted, patchElements, patches } from "./conv-compose.ts";
import type { ConvSizes } from "./conv-geometry.ts";
import { gather } from "./indexing.ts";
import { concat } from "./join.ts";
import { constant } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose } from "./movement.ts";
import { reduceSum } from "./reduce.ts";
import { slice } from "./slice.ts";

/** Nanoseconds an element on one core of the machines measured; only their ratios matter. */
const perCopied = 0.65;
const perSkipped = 1.9;
const perProduct = 0.02;

export function composeConvFilter(x: Tensor, y: Tensor, sizes: ConvSizes): Tensor {
  const planar = shiftable(sizes);
  const w = planar ? byShifts(x, y, planar) : byPatches(x, y, sizes);
  return reshape(w, [sizes.groups * sizes.filters, sizes.channels, ...sizes.kernel]);
}

/** Elements that {@link composeConvFilter} copies to. */
export function filterElements(sizes: ConvSizes): number {
  const planar = shiftable(sizes);
  if (planar === undefined) return patchElements(sizes);
  const { batch, groups, channels, filters, size, kernel, output } = planar;
  const positions = output[0]! * columnsOf(planar);
  const images = channels * sizeOf(size) + rowCopies(planar) * channels * positions;
  return batch * groups * (images + kernel[1]! * filters * positions);
}

/** The convolution over two axes, where shifts are cheaper than patches. */
function shiftable(sizes: ConvSizes): ConvSizes | undefined {
  const planar = withTwoAxes(sizes);
  return planar && shiftCost(planar) < patchCost(sizes) ? planar : undefined;
}

/** How often the rows of x are copied: once a row of the kernel, for each distance from the windows. */
function rowCopies({ kernel, strides }: ConvSizes): number {
  return kernel[0]! * Math.min(strides[1]!, kernel[1]!);
}

/** A convolution over one axis as one over two; `undefined` for more. */
function withTwoAxes(sizes: ConvSizes): ConvSizes | undefined {
  if (sizes.size.length === 2) return sizes;
  if (sizes.size.length > 2) return undefined;
  const { size, kernel, output, strides, dilations, padding } = sizes;
  const front = (values: readonly number[]) => [1, ...values];
  return {
    ...sizes,
    size: front(size),
    kernel: front(kernel),
    output: front(output),
    strides: front(strides),
    dilations: front(dilations),
    padding: [[0, 0], ...padding],
  };
}

function patchCost({ channels, filters, kernel, output, strides }: ConvSizes): number {
  const offsets = sizeOf(kernel);
  const [slices, joined] = [strides.at(-1) === 1 ? perCopied : perSkipped, offsets > 1 ? perCopied : 0];
  return offsets * channels * sizeOf(output) * (slices + joined + perProduct * filters);
}

function shiftCost(sizes: ConvSizes): number {
  const { channels, filters, kernel, size, output, strides } = sizes;
  const positions = output[0]! * columnsOf(sizes);
  const apart = (strides[1] === 1 ? perCopied : perSkipped) * channels * sizeOf(size);
  const copies = rowCopies(sizes) * channels + kernel[1]! * filters;
  return apart + positions * (perCopied * copies + perProduct * sizeOf(kernel) * channels * filters);
}

/** Columns of x at one distance from the windows: every stride-th one. */
function columnsOf({ size, strides }: ConvSizes): number {
  return Math.ceil(size[1]! / strides[1]!);
}

function byPatches(x: Tensor, y: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, channels, filters, kernel, output } = sizes;
  const planes = reshape(y, [batch, groups, filters, sizeOf(output)]);
  const sums = sumOverImages(patches(x, sizes), planes);
  return transpose(reshape(sums, [groups, sizeOf(kernel), channels, filters]), [0, 3, 2, 1]);
}

/**
 * Σ over images and positions of a [N, groups, A, positions] and b [N, groups, B, positions]: [groups, A, B]. The larger
 * operand comes first, because the second one is copied. One product an image, unless their results are large beside
 * the operands: then one product of all images, whose positions have to be brought together.
 */
function sumOverImages(a: Tensor, b: Tensor): Tensor {
  const [images, groups, rows, positions] = a.shape as [number, number, number, number];
  const columns = b.shape[2]!;
  if (images === 1 || 2 * rows * columns <= (rows + columns) * positions) {
    return reduceSum(matmul(a, b, { transposeB: true }), { axes: [0] });
  }
  const joined = (x: Tensor) => reshape(transpose(x, [1, 2, 0, 3]), [groups, -1, images * positions]);
  return matmul(joined(a), joined(b), { transposeB: true });
}

function byShifts(x: Tensor, y: Tensor, sizes: ConvSizes): Tensor {
  const { batch, groups, channels, filters, kernel, output, strides, dilations, padding } = sizes;
  const [height, width] = kernel as [number, number];
  const positions = output[0]! * columnsOf(sizes);
  const lines = columnLines(x, sizes);
  const columns = Array.from({ length: width }, (_, j) => {
    // Column j meets the columns p·stride + offset of x: of those at distance `rest`, the one `shift` further on.
    const offset = j * dilations[1]! - padding[1]![0];
    const shift = Math.floor(offset / strides[1]!);
    const rest = offset - shift * strides[1]!;
    const rows = reshape(rowsMet(lines[rest]!, sizes), [batch, groups, channels * height, positions]);
    const moved = reshape(shiftedColumns(y, shift, sizes), [batch, groups, filters, positions]);
    return sumOverImages(rows, moved);
  });
  const sums = concat(columns, { axis: 2 });
  return transpose(reshape(sums, [groups, channels, height, width, filters]), [0, 4, 1, 2, 3]);
}

/**
 * x with its rows padded, for each distance from the windows: the columns of every stride, [N, C, rows, columns]. They are
 * brought apart by one large transposition: onnxruntime divides many small ones among threads at a hundred times their cost.
 */
function columnLines(x: Tensor, sizes: ConvSizes): Tensor[] {
  const { batch, groups, channels, size, strides, padding } = sizes;
  const [step, columns] = [strides[1]!, columnsOf(sizes)];
  const padded = fitted(reshape(x, [batch, groups * channels, ...size]), [
    padding[0]!,
    [0, columns * step - size[1]!],
  ]);
  if (step === 1) return [padded];
  const apart = transpose(reshape(padded, [-1, step]));
  const lines = [batch, groups * channels, padded.shape[2]!, columns];
  return Array.from({ length: step }, (_, rest) => {
    const one = slice(apart, { starts: [rest, 0], ends: [rest + 1, apart.shape[1]!] });
    return reshape(one, lines);
  });
}

/** For each channel and each row of the kernel, the rows that it meets: [N, C, kernel rows, output rows, columns]. */
function rowsMet(lines: Tensor, { kernel, output, strides, dilations }: ConvSizes): Tensor {
  const met = Array.from({ length: kernel[0]! * output[0]! }, (_, i) => {
    const [offset, row] = [Math.floor(i / output[0]!), i % output[0]!];
    return row * strides[0]! + offset * dilations[0]!;
  });
  if (met.length === lines.shape[2] && met.every((line, i) => line === i)) return lines;
  return gather(lines, constant(ndarray("int32", [kernel[0]!, output[0]!], met)), { axis: 2 });
}

/** y moved by some columns, zeros where it came from: [N, O, output rows, columns]. */
function shiftedColumns(y: Tensor, shift: number, sizes: ConvSizes): Tensor {
  const { batch, groups, filters, output } = sizes;
  const planes = reshape(y, [batch, groups * filters, ...output]);
  return fitted(planes, [
    [0, 0],
    [shift, columnsOf(sizes) - shift - output[1]!],
  ]);
}
