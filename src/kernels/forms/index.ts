/** @file Activations as the float32 engine computes them: a closed form where there is one, else a Hermite series. */
import { FathomError } from "../../tensor/index.ts";
import type { ScalarActivation } from "../../theory/index.ts";
import { closedFormOf } from "./closed.ts";
import type { ActivationForm } from "./form.ts";
import { seriesForm } from "./series.ts";

export type { ActivationForm } from "./form.ts";

const made = new WeakMap<ScalarActivation, ActivationForm>();

/**
 * The form of an activation for assembly/covariance/forms.ts, one object for each: the tables of a series are kept.
 * @returns constants, slots, and how both come from variances; `missing` says what a series leaves out.
 * @throws FathomError `unsupported` for a kernel of one's own, whose function is unknown: it runs in float64.
 * @example formOf(scalarActivation("gelu")).slots // 4
 */
export function formOf(act: ScalarActivation): ActivationForm {
  let form = made.get(act);
  if (form === undefined) {
    form = closedFormOf(act) ?? (act.kernelOnly ? refuse(act) : seriesForm(act));
    made.set(act, form);
  }
  return form;
}

function refuse(act: ScalarActivation): never {
  throw new FathomError({
    code: "unsupported",
    message: `The kernel ${act.kind} has no float32 form: its function is not known.`,
    where: `activation.${act.kind}`,
    hint: "Use precision float64.",
  });
}
