/** @file Sampled networks beside the spectrum that a survey predicts: how many its seconds reach, and at which input. */
import type { Model } from "../../net/index.ts";
import { measureSpectrum } from "../../probes/index.ts";
import { type NdArray, ndarray, sizeOf } from "../../tensor/index.ts";
import type { SurveyContext } from "../context.ts";
import { probeRows, surveyPrediction } from "../criticality/predict.ts";
import { sampleRows } from "../data-moments.ts";
import { hiddenTaps } from "../readout.ts";
import { secondsPerStep } from "../step-cost.ts";
import { lawOf, type MeasuredSpectrum } from "./measure.ts";
import type { SpectrumPrediction } from "./theory.ts";

/** How many networks are sampled and what that costs, or why none is. */
export type SamplePlan = { readonly seeds: number; readonly seconds: number } | { readonly because: string };

/** Networks that are sampled where there is time, and the seconds that they may take. */
const mostSeeds = 2;
const mostSeconds = 3;
/** Wider Jacobians are left to `fathom spectrum --measure`. */
const mostUnits = 512;

/** Compiling, and the overhead of each layer. */
const fixedSeconds = 0.3;
const secondsPerTap = 0.015;
/** Singular values of a matrix, over N³. */
const secondsPerCube = 4e-9;

/** What a survey samples: Jacobians of the last hidden preactivation with respect to the first. */
export function samplePlan(context: SurveyContext): SamplePlan {
  const { model } = context;
  const because = noSamples(context);
  if (because !== undefined) return { because };
  const fixed = fixedSeconds + secondsPerTap * model.taps.length;
  const [least, most] = endsOf(model);
  // Each unit of the narrower end is a row that passes the network.
  const each = secondsPerCube * least * least * most + secondsPerStep(model, least);
  const seeds = Math.min(mostSeeds, Math.floor((mostSeconds - fixed) / each));
  if (seeds >= 1) return { seeds, seconds: fixed + seeds * each };
  return { because: `sampling one network takes about ${Math.ceil(fixed + each)} s` };
}

function noSamples(context: SurveyContext): string | undefined {
  const { model } = context;
  if (hiddenTaps(model) < 2) return "there are no two hidden layers";
  if (model.mixesBatch) return "inputs act on each other, so that one input has no Jacobian of its own";
  if (!surveyPrediction(context).hasNetworks) return "an activation that is only a kernel has no networks";
  const [, most] = endsOf(model);
  return most > mostUnits ? `its Jacobian has ${most} rows or columns, more than ${mostUnits}` : undefined;
}

/** Units of the first and the last hidden preactivation, ascending. */
function endsOf(model: Model): readonly [number, number] {
  const ends = [model.taps[0]!, model.taps[hiddenTaps(model) - 1]!].map(({ shape }) => sizeOf(shape));
  return [Math.min(...ends), Math.max(...ends)];
}

/** @throws FathomError as `measureSpectrum`. */
export async function sampleSurveyed(
  context: SurveyContext,
  { seeds, predicted }: { readonly seeds: number; readonly predicted: SpectrumPrediction | undefined },
): Promise<MeasuredSpectrum> {
  const { model, key, options, signal } = context;
  const law = lawOf(predicted);
  const measurement = await measureSpectrum({
    network: model,
    inputs: typicalInput(context),
    to: hiddenTaps(model),
    seeds,
    key: key.split("spectrum"),
    options,
    ...(law === undefined ? {} : { law }),
    ...(signal === undefined ? {} : { signal }),
    onSample: (done, total) => context.progress("sampling networks", done, total),
  });
  return { measurement, width: measurement.shape[1], seeds, ...(law === undefined ? {} : { law }) };
}

/** Of the inputs whose moments theory starts from, the one with the mean square closest to that of all of them. */
function typicalInput(context: SurveyContext): NdArray {
  const { name, count } = probeRows(context.model);
  const { inputs } = sampleRows(context, name, count);
  const [rows, ...shape] = inputs.shape as [number, ...number[]];
  const size = sizeOf(shape);
  const row = (i: number) => inputs.data.subarray(i * size, (i + 1) * size);
  const squares = Array.from({ length: rows }, (_, i) =>
    (row(i) as Float32Array).reduce((sum, value) => sum + value * value, 0),
  );
  const mean = squares.reduce((sum, square) => sum + square, 0) / rows;
  const far = squares.map((square) => Math.abs(square - mean));
  return ndarray(inputs.dtype, [1, ...shape], row(far.indexOf(Math.min(...far))) as Float32Array);
}
