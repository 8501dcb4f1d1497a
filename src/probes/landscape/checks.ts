/** @file Checks at the door of the measurements of a surface. */
import { FathomError } from "../../tensor/index.ts";
import type { Surface, SurfaceValue } from "./types.ts";

/** @throws FathomError bad-input unless the number is finite and above 0. */
export function positive(where: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `${where} is ${value}; it must be a finite number above 0.`,
    hint: "Give a positive number.",
  });
}

/** @throws FathomError bad-input unless the number is finite and 0 or more. */
export function nonNegative(where: string, value: number): number {
  if (value >= 0 && Number.isFinite(value)) return value;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `${where} is ${value}; it must be a finite number, 0 or more.`,
    hint: "Give 0 or a positive number.",
  });
}

/**
 * The loss at the place that a measurement starts from.
 * @throws FathomError bad-input where it is not finite.
 */
export async function finiteValue(
  surface: Surface,
  w: Float64Array,
  where = "point",
): Promise<SurfaceValue & { readonly loss: number }> {
  const value = await surface.value(w);
  checkFinite(value.loss, where);
  return value;
}

/** @throws FathomError bad-input where the loss of a place is not finite. */
export function checkFinite(loss: number, where: string): void {
  if (Number.isFinite(loss)) return;
  throw new FathomError({
    code: "bad-input",
    where,
    message: `The loss at ${where} is ${loss}, so nothing around it can be measured.`,
    hint: "The weights diverged, or the data are not those of the network; take an earlier checkpoint.",
  });
}

/**
 * @param loss That of the place.
 * @throws FathomError failed where a derivative is not finite though the loss is.
 */
export function notFinite(what: string, loss: number): FathomError {
  return new FathomError({
    code: "failed",
    message: `The loss is ${loss}, but ${what} is not finite there.`,
    where: what,
    hint: "The loss has a kink or a pole there, or leaves the working precision: measure in float64.",
  });
}
