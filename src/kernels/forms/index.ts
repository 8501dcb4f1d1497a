/** @file Activations as the float32 engine computes them: a closed form where there is one, else a Hermite series. */
import type { ScalarActivation } from "../../theory/index.ts";
import { closedFormOf } from "./closed.ts";
import type { ActivationForm } from "./form.ts";
import { type SeriesOptions, seriesForm } from "./series.ts";

export type { ActivationForm } from "./form.ts";
export type { SeriesOptions } from "./series.ts";

/**
 * The form of an activation for assembly/covariance/forms.ts.
 * @param options - how far a series must reach; closed forms hold at every variance.
 * @returns constants, slots, and how both come from variances; `missing` says what a series leaves out.
 * @example formOf(scalarActivation("gelu")).slots // 4
 */
export function formOf(act: ScalarActivation, options: SeriesOptions = {}): ActivationForm {
  return closedFormOf(act) ?? seriesForm(act, options);
}
