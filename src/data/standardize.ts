/** @file Inputs shifted and scaled by the statistics of the training split: images as a whole, vectors feature by feature. */
import { FathomError, ndarray, sizeOf } from "../tensor/index.ts";
import type { Dataset, Split } from "./dataset.ts";
import { inputMoments, requireNumbers } from "./rows.ts";

/**
 * The data set with training inputs of mean 0 and variance 1, as float32 with `scale` 1. Images and signals get one mean and
 * one deviation for the whole set, which keeps the picture. Vectors get their own for each feature, for columns of a table
 * have units of their own; a feature that is constant over the training rows has no spread to divide by and becomes 0 there
 * (in the test rows, its difference from that constant).
 * @throws FathomError bad-input when all training inputs are constant; unsupported for token ids.
 * @example const mnist = standardized(await loadDataset("mnist"));
 */
export function standardized(dataset: Dataset): Dataset {
  requireNumbers(dataset);
  return dataset.kind === "vector" ? byFeature(dataset) : asWhole(dataset);
}

function asWhole(dataset: Dataset): Dataset {
  const { mean, secondMoment } = inputMoments(dataset);
  const deviation = spread(mean, secondMoment);
  if (deviation === 0) throw noSpread(dataset, `All inputs are ${mean}`);
  const shift = (split: Split): Split => {
    const { inputs } = split;
    const shifted = new Float32Array(inputs.data.length);
    for (let i = 0; i < shifted.length; i++)
      shifted[i] = (dataset.scale * inputs.data[i]! - mean) / deviation;
    return { ...split, inputs: ndarray("float32", inputs.shape, shifted) };
  };
  const how = `mean ${mean.toFixed(4)}, deviation ${deviation.toFixed(4)}`;
  return shiftedBy(dataset, shift, how);
}

function byFeature(dataset: Dataset): Dataset {
  const width = sizeOf(dataset.inputShape);
  const { means, deviations } = featureMoments(dataset, width);
  const constant = deviations.reduce((count, deviation) => count + Number(deviation === 0), 0);
  if (constant === width) throw noSpread(dataset, "All features are constant");
  const shift = (split: Split): Split => {
    const { inputs } = split;
    const shifted = new Float32Array(inputs.data.length);
    for (let i = 0, f = 0; i < shifted.length; i++, f = f + 1 < width ? f + 1 : 0) {
      shifted[i] = (dataset.scale * inputs.data[i]! - means[f]!) / (deviations[f]! || 1);
    }
    return { ...split, inputs: ndarray("float32", inputs.shape, shifted) };
  };
  const how = `each feature${constant === 0 ? "" : `, ${constant} of ${width} constant`}`;
  return shiftedBy(dataset, shift, how);
}

/** Mean and deviation of each feature over the training rows, in two passes. */
function featureMoments({ scale, train }: Dataset, width: number) {
  const { data } = train.inputs;
  const rows = data.length / width;
  const means = new Float64Array(width);
  for (let i = 0; i < data.length; i++) means[i % width]! += (scale * data[i]!) / rows;
  const deviations = new Float64Array(width);
  for (let i = 0; i < data.length; i++)
    deviations[i % width]! += (scale * data[i]! - means[i % width]!) ** 2 / rows;
  for (let f = 0; f < width; f++) {
    deviations[f] = spread(means[f]!, deviations[f]! + means[f]! ** 2);
    // The mean of a constant as it was summed is off by its rounding.
    if (deviations[f] === 0) means[f] = scale * data[f]!;
  }
  return { means, deviations };
}

/** Deviation; 0 for differences below the rounding of the moments themselves, which are no spread. */
function spread(mean: number, secondMoment: number): number {
  const deviation = Math.sqrt(Math.max(0, secondMoment - mean * mean));
  return deviation > 1e-7 * Math.sqrt(secondMoment) ? deviation : 0;
}

function shiftedBy(dataset: Dataset, shift: (split: Split) => Split, how: string): Dataset {
  return {
    ...dataset,
    scale: 1,
    train: shift(dataset.train),
    test: shift(dataset.test),
    source: `${dataset.source}, standardised (${how})`,
  };
}

function noSpread({ name }: Dataset, what: string): FathomError {
  return new FathomError({
    code: "bad-input",
    where: `${name}, train`,
    message: `${what}, so they cannot be standardised.`,
    hint: "Use the data as they are, or check the files.",
  });
}
