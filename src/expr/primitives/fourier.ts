/**
 * @file Fourier transforms of real signals, conventions of numpy.fft: no factor forward, 1/n backward. Each is the other's
 * adjoint up to the multiplicity of a frequency, so derivatives are transforms again. Lines of up to 64 numbers are
 * multiplied by the transform's matrix, which needs no stage of its own; longer ones are host operations.
 */
import { type DType, type NdArray, ndarray, type Shape, showShape } from "../../tensor/index.ts";
import { lineMatrix, multiplicities, realLines, realSpectra, spectrumMatrix } from "../fourier.ts";
import { numbersOf, store } from "../numeric.ts";
import type { Primitive } from "../primitive.ts";
import { checkShape, normaliseAxis, requireFloat, shapeError } from "../shapes.ts";
import { apply, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { moveAxis } from "./indexing.ts";
import { constant } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { reshape } from "./movement.ts";

/** Up to this length the product with a matrix costs less than a stage (two copies of the signals). */
const matrixLimit = 64;
const tables = new Map<string, NdArray>();

/** A table as a constant. It is made once for each length and dtype, so that equal expressions are equal nodes. */
function table(
  name: string,
  n: number,
  dtype: DType,
  make: () => { shape: Shape; data: ArrayLike<number> },
): Tensor {
  const key = `${name} ${n} ${dtype}`;
  let array = tables.get(key);
  if (array === undefined) {
    const { shape, data } = make();
    array = ndarray(dtype, shape, data);
    tables.set(key, array);
  }
  return constant(array);
}

/** Numbers of frequencies of real lines of a length. */
function frequencies(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** Spectra [..., n/2 + 1, 2] with each frequency times its multiplicity over n, for the power 1, or over that, for −1. */
function weighted(spectra: Tensor, n: number, power: 1 | -1): Tensor {
  const weights = table(`multiplicities ${power}`, n, spectra.dtype, () => ({
    shape: [frequencies(n), 1],
    data: multiplicities(n).map((multiplicity) => (multiplicity / n) ** power),
  }));
  return mul(spectra, weights);
}

export const rfftPrimitive: Primitive = {
  name: "rfft",
  host: true,
  shape: ([x]) => {
    requireFloat("rfft", x!);
    return { shape: [...x!.shape.slice(0, -1), frequencies(x!.shape.at(-1)!), 2], dtype: x!.dtype };
  },
  evaluate: ([x], node) =>
    store(node.dtype, node.shape, realSpectra(numbersOf(x!), node.inputs[0]!.shape.at(-1)!)),
  vjp: (ct, node) => {
    const n = node.inputs[0]!.shape.at(-1)!;
    return [irfftLast(weighted(ct, n, -1), n)];
  },
  jvp: ([t]) => rfftLast(t!),
  batch: ([x]) => rfftLast(x!),
};

export const irfftPrimitive: Primitive = {
  name: "irfft",
  host: true,
  shape: ([spectra], attrs) => {
    requireFloat("irfft", spectra!);
    return { shape: [...spectra!.shape.slice(0, -2), attrs.size as number], dtype: spectra!.dtype };
  },
  evaluate: ([spectra], node) =>
    store(node.dtype, node.shape, realLines(numbersOf(spectra!), node.attrs.size as number)),
  vjp: (ct, node) => {
    const n = node.attrs.size as number;
    return [weighted(rfftLast(ct), n, 1)];
  },
  jvp: ([t], node) => irfftLast(t!, node.attrs.size as number),
  batch: ([spectra], _, node) => irfftLast(spectra!, node.attrs.size as number),
};

function rfftLast(x: Tensor): Tensor {
  const n = x.shape.at(-1)!;
  if (n > matrixLimit) return apply(rfftPrimitive, [x]);
  const { shape } = rfftPrimitive.shape([x], {});
  const matrix = table("spectrum", n, x.dtype, () => ({
    shape: [n, 2 * frequencies(n)],
    data: spectrumMatrix(n),
  }));
  return reshape(matmul(reshape(x, [-1, n]), matrix), shape);
}

function irfftLast(spectra: Tensor, size: number): Tensor {
  if (size > matrixLimit) return apply(irfftPrimitive, [spectra], { size });
  const { shape } = irfftPrimitive.shape([spectra], { size });
  const matrix = table("line", size, spectra.dtype, () => ({
    shape: [2 * frequencies(size), size],
    data: lineMatrix(size),
  }));
  return reshape(matmul(reshape(spectra, [-1, 2 * frequencies(size)]), matrix), shape);
}

export interface RfftOptions {
  /** The last unless said. */
  readonly axis?: number;
}

/**
 * The Fourier transform of real lines along an axis of length n: Σ_j x_j e^{−2πi jk/n} for k = 0 … n/2, as numpy.fft.rfft.
 * @returns The axis has length ⌊n/2⌋ + 1, and a new last axis of length 2 holds real and imaginary parts.
 * @throws FathomError bad-shape for an axis out of range, bad-input unless x is a float.
 * @example rfft(signals) // [N, 128] → [N, 65, 2]
 */
export function rfft(x: Tensor, options: RfftOptions = {}): Tensor {
  const last = x.shape.length - 1;
  const axis = normaliseAxis("rfft", options.axis ?? -1, x.shape.length);
  return moveAxis(rfftLast(moveAxis(x, axis, last)), last, axis);
}

export interface IrfftOptions extends RfftOptions {
  /** The length n of the lines: ⌊n/2⌋ + 1 frequencies belong to two lengths. */
  readonly size: number;
}

/**
 * Real lines from their Fourier transform, as numpy.fft.irfft: the inverse of {@link rfft}. Imaginary parts at frequency 0 and,
 * for even sizes, at size/2 are ignored.
 * @param spectra [..., ⌊size/2⌋ + 1, ..., 2]; `axis` counts the axes of the result.
 * @throws FathomError bad-shape unless the frequencies belong to the size, bad-input unless spectra is a float.
 * @example irfft(rfft(x), { size: 128 }) // x
 */
export function irfft(spectra: Tensor, { size, axis = -1 }: IrfftOptions): Tensor {
  checkShape("irfft", [size]);
  const last = spectra.shape.length - 2;
  const at = normaliseAxis("irfft", axis, last + 1);
  if (spectra.shape.at(-1) !== 2 || spectra.shape[at] !== frequencies(size)) {
    throw shapeError(
      "irfft",
      `${showShape(spectra.shape)} is no spectrum of real lines of length ${size} along axis ${at}.`,
      `It needs ${frequencies(size)} frequencies there, and a last axis of real and imaginary parts.`,
    );
  }
  return moveAxis(irfftLast(moveAxis(spectra, at, last), size), last, at);
}
