/** @file What theory and probes take from the data: its mean moments, where recursions start, and rows to probe on. */
import {
  type InputMoments,
  labelsOf,
  inputMoments as momentsOf,
  rowsAsFloat,
  rowsAsIds,
} from "../data/index.ts";
import { type NdArray, permutation } from "../tensor/index.ts";
import type { SurveyContext } from "./context.ts";

export interface Sample {
  /** [n, ...inputShape], scaled; token ids as they are. */
  readonly inputs: NdArray<"float32" | "int32">;
  /** [n] */
  readonly labels: NdArray<"int32">;
}

/** Rows that moments are estimated from. */
const momentRows = 2000;

/** The rows of the training split that `sampleRows` takes under this name. */
export function drawRows(context: SurveyContext, name: string, count: number): Int32Array {
  const available = context.dataset.train.labels.data.length;
  return permutation(context.key.split("rows").split(name), available).subarray(
    0,
    Math.min(count, available),
  );
}

/** Training rows drawn without replacement under a name of their own; fewer when the data set is smaller. */
export function sampleRows(context: SurveyContext, name: string, count: number): Sample {
  return context.share(`sample.${name}`, () => {
    const rows = drawRows(context, name, count);
    const take = context.dataset.kind === "ids" ? rowsAsIds : rowsAsFloat;
    return {
      inputs: take(context.dataset, "train", rows),
      labels: labelsOf(context.dataset, "train", rows),
    };
  });
}

/** First and second moments of the training inputs. */
export function inputMoments(context: SurveyContext): InputMoments {
  return context.share("moments", () =>
    momentsOf(context.dataset, { rows: drawRows(context, "moments", momentRows) }),
  );
}
