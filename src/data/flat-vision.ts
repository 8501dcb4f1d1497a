/** @file The vision set of training.md §1.6: shifted, noisy prototypes with relabelled training rows and clean test rows. */
import { type Key, normal, uniform } from "../tensor/index.ts";
import type { Dataset } from "./dataset.ts";
import { classesOf, type FlatOptions, type FlatRows, flatDataset, relabel } from "./flat-draws.ts";

export interface VisionOptions extends FlatOptions {
  readonly train?: number;
  readonly test?: number;
  /** Standard deviation of the pixel noise; prototypes have 1. */
  readonly noise?: number;
}

const classes = 8;
const side = 8;
const pixels = side * side;

/**
 * Eight random 8 × 8 prototypes; an image is one of them, shifted cyclically by −1, 0 or 1 along both axes, plus noise.
 * @returns images [N, 1, 8, 8], 800 for training with 30 % relabelled and 4000 clean ones for testing unless said.
 * @example visionPrototypes({ key: Key.fromSeed(0) })
 */
export function visionPrototypes({
  key,
  train = 800,
  test = 4000,
  noise = 0.8,
  relabelled = 0.3,
}: VisionOptions): Dataset {
  const prototypes = normal(key.split("prototypes"), "float64", [classes * pixels]).data;
  const training = drawImages(key.split("train"), train, prototypes, noise);
  const labels = relabel(training.labels, { key: key.split("relabel"), share: relabelled, classes });
  return flatDataset(
    {
      name: "vision-prototypes",
      kind: "image",
      inputShape: [1, side, side],
      classes,
      source: `generated (key ${key})`,
    },
    { train: { ...training, labels }, test: drawImages(key.split("test"), test, prototypes, noise) },
  );
}

function drawImages(key: Key, count: number, prototypes: Float64Array, noise: number): FlatRows {
  const labels = classesOf(key.split("classes"), count, classes);
  const shifts = uniform(key.split("shifts"), "float64", [2 * count]).data;
  const inputs = normal(key.split("noise"), "float32", [count * pixels], { std: noise }).data;
  for (let i = 0; i < count; i++) {
    const [down, right] = [0, 1].map((axis) => Math.floor(3 * shifts[2 * i + axis]!) - 1) as [number, number];
    for (let p = 0; p < pixels; p++) {
      const row = (Math.floor(p / side) + down + side) % side;
      const column = ((p % side) + right + side) % side;
      inputs[i * pixels + row * side + column]! += prototypes[labels[i]! * pixels + p]!;
    }
  }
  return { inputs, labels };
}
