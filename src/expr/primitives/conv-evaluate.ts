/** @file The interpreter's convolutions: direct sums in float64, one kernel offset at a time. */
import { type NdArray, sizeOf } from "../../tensor/index.ts";
import { numbersOf } from "../numeric.ts";
import { type ConvSizes, convTaps, type Tap } from "./conv-geometry.ts";

/** Where the planes of one image, one group and one pair of channels start, and the place of their weight. */
interface Meeting {
  readonly input: number;
  readonly output: number;
  readonly weight: number;
}

/** Visits every tap of every pair of channels. */
function forEachMeeting(sizes: ConvSizes, visit: (meeting: Meeting, tap: Tap) => void): void {
  const { batch, groups, channels, filters } = sizes;
  const taps = convTaps(sizes);
  const [inputPlane, outputPlane] = [sizeOf(sizes.size), sizeOf(sizes.output)];
  for (let image = 0; image < batch; image++) {
    for (let filter = 0; filter < groups * filters; filter++) {
      const output = (image * groups * filters + filter) * outputPlane;
      const first = image * groups * channels + Math.floor(filter / filters) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const input = (first + channel) * inputPlane;
        const weight = (filter * channels + channel) * taps.length;
        for (const [k, tap] of taps.entries()) visit({ input, output, weight: weight + k }, tap);
      }
    }
  }
}

/** y[n, o, p] = Σ x[n, c, p·stride + k·dilation − padding] w[o, c, k] */
export function evaluateConv(sizes: ConvSizes, x: NdArray, w: NdArray, out: Float64Array): void {
  const [from, weights] = [numbersOf(x), numbersOf(w)];
  forEachMeeting(sizes, ({ input, output, weight }, { inputs, outputs }) => {
    const factor = weights[weight]!;
    for (let i = 0; i < inputs.length; i++) out[output + outputs[i]!]! += factor * from[input + inputs[i]!]!;
  });
}

/** The same sum, collected at x instead of y. */
export function evaluateConvInput(sizes: ConvSizes, y: NdArray, w: NdArray, out: Float64Array): void {
  const [from, weights] = [numbersOf(y), numbersOf(w)];
  forEachMeeting(sizes, ({ input, output, weight }, { inputs, outputs }) => {
    const factor = weights[weight]!;
    for (let i = 0; i < inputs.length; i++) out[input + inputs[i]!]! += factor * from[output + outputs[i]!]!;
  });
}

/** The same sum, collected at w. */
export function evaluateConvFilter(sizes: ConvSizes, x: NdArray, y: NdArray, out: Float64Array): void {
  const [from, to] = [numbersOf(x), numbersOf(y)];
  forEachMeeting(sizes, ({ input, output, weight }, { inputs, outputs }) => {
    let sum = 0;
    for (let i = 0; i < inputs.length; i++) sum += from[input + inputs[i]!]! * to[output + outputs[i]!]!;
    out[weight]! += sum;
  });
}
