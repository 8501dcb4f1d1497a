/** @file Every question Fathom answers, in the order of the report. Adding one is a record and a line here. */
import type { Analysis } from "./analysis.ts";
import { criticality } from "./criticality/criticality.ts";
import { kernelBaseline } from "./kernel-baseline/kernel-baseline.ts";
import { learningRate } from "./learning-rate/learning-rate.ts";
import { separation } from "./separation/separation.ts";
import { spectrum } from "./spectrum/spectrum.ts";
import { training } from "./training/training.ts";

/** The questions of a survey, in the order they are answered. */
export const analyses: readonly Analysis[] = [
  criticality,
  spectrum,
  separation,
  learningRate,
  training,
  kernelBaseline,
];
