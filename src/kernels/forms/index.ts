/** @file Activations as the float32 engine computes them: a closed form where there is one, else a Hermite series. */
import type { ScalarActivation } from "../../theory/index.ts";
import { closedFormOf } from "./closed.ts";
import type { ActivationForm } from "./form.ts";
import { seriesForm } from "./series.ts";

export type { ActivationForm } from "./form.ts";

const made = new WeakMap<ScalarActivation, ActivationForm>();

/**
 * The form of an activation for assembly/covariance/forms.ts, one object for each: the tables of a series are kept.
 * @returns constants, slots, and how both come from variances; `missing` says what a series leaves out.
 * @example formOf(scalarActivation("gelu")).slots // 4
 */
export function formOf(act: ScalarActivation): ActivationForm {
  let form = made.get(act);
  if (form === undefined) {
    form = closedFormOf(act) ?? seriesForm(act);
    made.set(act, form);
  }
  return form;
}
