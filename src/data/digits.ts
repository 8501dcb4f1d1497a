/**
 * @file Generated digits: an unlimited, seeded set of 28 x 28 images in ten classes that needs no download. A
 * glyph of the class is bent by smooth waves, put through a random affine map, inked with a stroke of random
 * width and softness, and given pixel noise. The ranges are set so that a linear classifier trained on 10,000
 * images stays under 92 % and a small convolutional network passes 97 % (test/data/digits.test.ts).
 */
import { FathomError, type Key, normal, uniform } from "../tensor/index.ts";
import type { Split } from "./dataset.ts";
import { GLYPHS, type Glyph } from "./glyphs.ts";
import { inkAt, lowerDistances } from "./ink.ts";

export interface DigitsOptions {
  /** The stream; digit i is a function of the key and i only. */
  readonly key: Key;
  readonly count: number;
  /** Index of the first digit; 0 unless said. */
  readonly start?: number;
}

const DIGIT_SIDE = 28;
const PIXELS = DIGIT_SIDE * DIGIT_SIDE;
const CENTRE = (DIGIT_SIDE - 1) / 2;
/** Uniform numbers behind the shape of one digit. */
const DRAWS = 32;
/** Digits made at a time: bounds the memory of their noise. */
const CHUNK = 256;
const WAVES = 3;

/** Half-ranges and ranges of the hand that writes. Lengths in pixels where not said otherwise. */
const HAND = {
  rotation: 0.3, // radians, either way
  shear: 0.3, // either way
  width: [7, 11], // of a glyph's box
  height: [7.5, 11],
  shift: 1, // either way
  bend: 0.18, // amplitude of one wave, of a box of half-side 1
  bendFrequency: 2.6, // radians across half a box, either way
  radius: [0.7, 1.9],
  softness: [0.5, 1.2],
  ink: [0.7, 1],
  noise: 0.12, // largest standard deviation, of full ink
} as const;

/**
 * Generated digits `start` … `start + count - 1` of a key's stream.
 * @returns inputs [count, 1, 28, 28] in 0 … 255, ink bright; labels [count] in 0 … 9, uniformly distributed.
 * @throws FathomError bad-input unless count is an integer from 0 to 2,000,000 and start an integer >= 0.
 * @example const { inputs, labels } = digits({ key: Key.fromSeed(1), count: 100 });
 */
export function digits({ key, count, start = 0 }: DigitsOptions): Split<"uint8"> {
  requireIndex("count", count, 2_000_000);
  requireIndex("start", start, 2 ** 40);
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Int32Array(count);
  const shapeKey = key.split("shape");
  const noiseKey = key.split("noise");
  for (let first = 0; first < count; first += CHUNK) {
    const size = Math.min(CHUNK, count - first);
    const from = start + first;
    const draws = uniform(shapeKey, "float64", [size * DRAWS], { start: from * DRAWS }).data;
    const noise = normal(noiseKey, "float32", [size * PIXELS], { start: from * PIXELS }).data;
    for (let i = 0; i < size; i++) {
      const image = pixels.subarray((first + i) * PIXELS, (first + i + 1) * PIXELS);
      labels[first + i] = drawDigit(
        image,
        draws.subarray(i * DRAWS, (i + 1) * DRAWS),
        noise.subarray(i * PIXELS, (i + 1) * PIXELS),
      );
    }
  }
  return {
    inputs: { dtype: "uint8", shape: [count, 1, DIGIT_SIDE, DIGIT_SIDE], data: pixels },
    labels: { dtype: "int32", shape: [count], data: labels },
  };
}

const field = new Float64Array(PIXELS);

/** Draws one digit into `image` and returns its class. */
function drawDigit(image: Uint8Array, u: Float64Array, noise: Float32Array): number {
  const label = Math.floor(u[0]! * GLYPHS.length);
  const variants = GLYPHS[label]!;
  const glyph = variants[Math.floor(u[1]! * variants.length)]!;
  const pen = { radius: within(HAND.radius, u[8]!), softness: within(HAND.softness, u[9]!) };
  const ink = 255 * within(HAND.ink, u[10]!);
  const grain = 255 * HAND.noise * u[11]!;
  field.fill(Number.POSITIVE_INFINITY);
  for (const stroke of written(glyph, u)) {
    lowerDistances(field, DIGIT_SIDE, stroke, pen.radius + pen.softness);
  }
  for (let p = 0; p < PIXELS; p++) {
    const value = ink * inkAt(field[p]!, pen) + grain * noise[p]!;
    image[p] = value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
  }
  return label;
}

/** The strokes of a glyph bent by waves and mapped to pixels. */
function written(glyph: Glyph, u: Float64Array): Float64Array[] {
  const angle = HAND.rotation * signed(u[2]!);
  const shear = HAND.shear * signed(u[3]!);
  const [width, height] = [within(HAND.width, u[4]!), within(HAND.height, u[5]!)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const x0 = CENTRE + HAND.shift * signed(u[6]!);
  const y0 = CENTRE + HAND.shift * signed(u[7]!);
  return glyph.map((stroke) => {
    const mapped = Float64Array.from(stroke);
    for (let i = 0; i < stroke.length; i += 2) {
      bend(mapped, i, u);
      const x = width * (mapped[i]! - shear * mapped[i + 1]!);
      const y = height * mapped[i + 1]!;
      mapped[i] = x0 + cos * x - sin * y;
      mapped[i + 1] = y0 + sin * x + cos * y;
    }
    return mapped;
  });
}

/** Moves the point at `i` by a sum of plane waves, the same for all strokes: joined strokes stay joined. */
function bend(points: Float64Array, i: number, u: Float64Array): void {
  const [x, y] = [points[i]!, points[i + 1]!];
  for (let wave = 0; wave < WAVES; wave++) {
    const w = 12 + 6 * wave;
    const phase = HAND.bendFrequency * (signed(u[w]!) * x + signed(u[w + 1]!) * y);
    points[i]! += HAND.bend * signed(u[w + 2]!) * Math.cos(phase + 2 * Math.PI * u[w + 3]!);
    points[i + 1]! += HAND.bend * signed(u[w + 4]!) * Math.cos(phase + 2 * Math.PI * u[w + 5]!);
  }
}

function within([low, high]: readonly [number, number], u: number): number {
  return low + (high - low) * u;
}

function signed(u: number): number {
  return 2 * u - 1;
}

function requireIndex(where: string, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new FathomError({
      code: "bad-input",
      where,
      message: `Cannot generate digits with ${where} ${value}.`,
      hint: `Give an integer from 0 to ${limit}.`,
    });
  }
}
