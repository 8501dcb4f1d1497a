/**
 * @file Discrete Fourier transforms of any length in double precision: fft.js for powers of two, Bluestein's chirp convolution
 * (a power of two of at least 2n − 1) for the others. Complex numbers lie interleaved: re, im, re, im, …
 */
import FFT from "fft.js";

/** Transforms one line: `out` [2n] = Σ_j line_j e^{−2πi jk/n}; both are complex and not the same array. */
type Transform = (out: Float64Array, line: Float64Array) => void;

const transforms = new Map<number, Transform>();
/** Tables for so many lengths are kept. */
const keptLengths = 16;

/** The transform of a length, its tables made once. */
function transformOf(n: number): Transform {
  let transform = transforms.get(n);
  if (transform === undefined) {
    transform = n > 1 && (n & (n - 1)) === 0 ? powerOfTwo(n) : bluestein(n);
    if (transforms.size === keptLengths) transforms.delete(transforms.keys().next().value!);
    transforms.set(n, transform);
  }
  return transform;
}

function powerOfTwo(n: number): Transform {
  const fft = new FFT(n);
  return (out, line) => fft.transform(out, line);
}

/** jk = (j² + k² − (k − j)²)/2, so the transform is a chirp times a convolution with a chirp. */
function bluestein(n: number): Transform {
  let size = 2;
  while (size < 2 * n - 1) size *= 2;
  const fft = new FFT(size);
  const chirp = chirpOf(n);
  const kernel = new Float64Array(2 * size);
  for (let j = 0; j < n; j++) {
    for (const at of [j, (size - j) % size]) {
      kernel[2 * at] = chirp[2 * j]!;
      kernel[2 * at + 1] = -chirp[2 * j + 1]!;
    }
  }
  const response = new Float64Array(2 * size);
  fft.transform(response, kernel);
  const [first, second] = [new Float64Array(2 * size), new Float64Array(2 * size)];
  return (out, line) => {
    first.fill(0);
    multiply(first, line, chirp, n);
    fft.transform(second, first);
    multiply(second, second, response, size);
    fft.inverseTransform(first, second);
    multiply(out, first, chirp, n);
  };
}

/** e^{−iπ j²/n}; j² is reduced modulo 2n, where it is exact. */
function chirpOf(n: number): Float64Array {
  const chirp = new Float64Array(2 * n);
  for (let j = 0; j < n; j++) {
    const angle = (Math.PI * ((j * j) % (2 * n))) / n;
    chirp[2 * j] = Math.cos(angle);
    chirp[2 * j + 1] = -Math.sin(angle);
  }
  return chirp;
}

/** The first `count` complex products. */
function multiply(out: Float64Array, a: Float64Array, b: Float64Array, count: number): void {
  for (let i = 0; i < 2 * count; i += 2) {
    const [re, im] = [a[i]!, a[i + 1]!];
    out[i] = re * b[i]! - im * b[i + 1]!;
    out[i + 1] = re * b[i + 1]! + im * b[i]!;
  }
}

/** How often each of the n/2 + 1 frequencies of a real line of length n stands in its full spectrum: 1 or 2. */
export function multiplicities(n: number): number[] {
  return Array.from({ length: Math.floor(n / 2) + 1 }, (_, k) => ((2 * k) % n === 0 ? 1 : 2));
}

/** The spectra of real lines: x [count, n] → [count, n/2 + 1, 2]. */
export function realSpectra(x: ArrayLike<number>, n: number): Float64Array {
  const [count, width] = [x.length / n, 2 * (Math.floor(n / 2) + 1)];
  const spectra = new Float64Array(count * width);
  const [line, full] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  const transform = transformOf(n);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < n; j++) line[2 * j] = x[i * n + j]!;
    transform(full, line);
    spectra.set(full.subarray(0, width), i * width);
  }
  return spectra;
}

/** Real lines from their spectra: [count, n/2 + 1, 2] → [count, n]. Imaginary parts that a real line cannot have are ignored. */
export function realLines(spectra: ArrayLike<number>, n: number): Float64Array {
  const width = 2 * (Math.floor(n / 2) + 1);
  const count = spectra.length / width;
  const lines = new Float64Array(count * n);
  const [line, full] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  const transform = transformOf(n);
  for (let i = 0; i < count; i++) {
    // The inverse of Z is the conjugate of the transform of the conjugate of Z, over n; its real part is wanted.
    for (let k = 0; k < width / 2; k++) {
      const re = spectra[i * width + 2 * k]!;
      const im = (2 * k) % n === 0 ? 0 : spectra[i * width + 2 * k + 1]!;
      const mirror = (n - k) % n;
      line[2 * mirror] = re;
      line[2 * mirror + 1] = im;
      line[2 * k] = re;
      line[2 * k + 1] = -im;
    }
    transform(full, line);
    for (let j = 0; j < n; j++) lines[i * n + j] = full[2 * j]! / n;
  }
  return lines;
}

/** cos and sin of 2π p/n, exact where they are 0 or ±1. */
function circle(p: number, n: number): [number, number] {
  const quarter = (4 * p) % n === 0 ? ((4 * p) / n) % 4 : undefined;
  if (quarter !== undefined) return [[1, 0, -1, 0][quarter]!, [0, 1, 0, -1][quarter]!];
  const angle = (2 * Math.PI * p) / n;
  return [Math.cos(angle), Math.sin(angle)];
}

/** The matrix [n, 2(n/2 + 1)] of `realSpectra`, row-major. */
export function spectrumMatrix(n: number): Float64Array {
  const width = 2 * (Math.floor(n / 2) + 1);
  const matrix = new Float64Array(n * width);
  for (let j = 0; j < n; j++) {
    for (let k = 0; 2 * k < width; k++) {
      const [cos, sin] = circle((j * k) % n, n);
      matrix[j * width + 2 * k] = cos;
      matrix[j * width + 2 * k + 1] = sin === 0 ? 0 : -sin;
    }
  }
  return matrix;
}

/** The matrix [2(n/2 + 1), n] of `realLines`: the transpose of `spectrumMatrix`, rows weighted by their multiplicity over n. */
export function lineMatrix(n: number): Float64Array {
  const forward = spectrumMatrix(n);
  const weights = multiplicities(n);
  const width = 2 * weights.length;
  return Float64Array.from(forward, (_, i) => {
    const [row, j] = [Math.floor(i / n), i % n];
    return (forward[j * width + row]! * weights[row >> 1]!) / n;
  });
}
