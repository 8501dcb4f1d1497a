/**
 * @file Sums over the windows of convolutions along one axis of an array `[outer × n × inner]` (kernels.md §2.1). A window
 * moves over K[p, p'] with the same tap on both sides.
 */
import type { WindowAxis } from "../../theory/index.ts";

/** Which position of the input each output sees through each tap; -1 where there is none. */
export interface Taps {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  /** [outputs × kernel]. */
  readonly sources: Int32Array;
}

/** Output i sees `s·i + d·j − lo` through tap j. */
export function tapsOf({ size, kernel, stride, dilation, lo, wraps, out }: WindowAxis): Taps {
  const sources = new Int32Array(out * kernel);
  for (let i = 0; i < out; i++) {
    for (let j = 0; j < kernel; j++) {
      const at = stride * i + dilation * j - lo;
      const seen = wraps ? ((at % size) + size) % size : at;
      sources[i * kernel + j] = seen >= 0 && seen < size ? seen : -1;
    }
  }
  return { inputs: size, outputs: out, kernel, sources };
}

/** The adjoint: position q sees, through tap j, the window whose tap j stands over it. */
export function adjointOf({ inputs, outputs, kernel, sources }: Taps): Taps {
  const adjoint = new Int32Array(inputs * kernel).fill(-1);
  for (let i = 0; i < outputs; i++) {
    for (let j = 0; j < kernel; j++) {
      const q = sources[i * kernel + j]!;
      if (q >= 0) adjoint[q * kernel + j] = i;
    }
  }
  return { inputs: outputs, outputs: inputs, kernel, sources: adjoint };
}

/** `[outer × n × inner]` → `[outer × n' × inner]`: out[i] = Σ_j in[source(i, j)]. */
function sumTaps(array: Float64Array, taps: Taps, outer: number, inner: number): Float64Array {
  const { inputs, outputs, kernel, sources } = taps;
  const result = new Float64Array(outer * outputs * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < outputs; i++) {
      const to = (o * outputs + i) * inner;
      for (let j = 0; j < kernel; j++) {
        const source = sources[i * kernel + j]!;
        if (source < 0) continue;
        const from = (o * inputs + source) * inner;
        for (let t = 0; t < inner; t++) result[to + t]! += array[from + t]!;
      }
    }
  }
  return result;
}

/** `[outer × n × middle × n × inner]`: out[i, i'] = Σ_j in[source(i, j), source(i', j)]. */
function sumTapsOfPairs(
  array: Float64Array,
  taps: Taps,
  { outer, middle, inner }: { readonly outer: number; readonly middle: number; readonly inner: number },
): Float64Array {
  const { inputs, outputs, kernel, sources } = taps;
  const result = new Float64Array(outer * outputs * middle * outputs * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < outputs; i++) {
      for (let m = 0; m < middle; m++) {
        for (let i2 = 0; i2 < outputs; i2++) {
          const to = (((o * outputs + i) * middle + m) * outputs + i2) * inner;
          for (let j = 0; j < kernel; j++) {
            const source = sources[i * kernel + j]!;
            const source2 = sources[i2 * kernel + j]!;
            if (source < 0 || source2 < 0) continue;
            const from = (((o * inputs + source) * middle + m) * inputs + source2) * inner;
            for (let t = 0; t < inner; t++) result[to + t]! += array[from + t]!;
          }
        }
      }
    }
  }
  return result;
}

/** Sums over windows along every axis of a grid, for K[p, p] or K[p, p']. */
export function windowSums(
  array: Float64Array,
  taps: readonly Taps[],
  { full, pairs }: { readonly full: boolean; readonly pairs: number },
): Float64Array {
  let result = array;
  let outer = 1;
  for (const [axis, tap] of taps.entries()) {
    const after = taps.slice(axis + 1).reduce((total, { inputs }) => total * inputs, 1);
    result = full
      ? sumTapsOfPairs(result, tap, { outer, middle: after * outer, inner: after * pairs })
      : sumTaps(result, tap, outer, after * pairs);
    outer *= tap.outputs;
  }
  return result;
}
