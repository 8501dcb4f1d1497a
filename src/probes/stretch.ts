/** @file A stretch of a network: the taps from one named tap to another. */
import { FathomError } from "../tensor/index.ts";
import { nearestName } from "../theory/index.ts";
import type { Tap } from "./chain.ts";

/** A tap by its number l from 1, or by its name: `layers[2] (dense)`, or `layers[2]`. */
export type TapName = number | string;

/**
 * The taps from `from` to `to`, both included.
 * @throws FathomError not-found for a tap that is not there; bad-input when `to` comes before `from`.
 */
export function stretchOf(
  taps: readonly Tap[],
  { from = 1, to = taps.length }: { readonly from?: TapName; readonly to?: TapName },
): readonly Tap[] {
  const [first, last] = [placeOf(taps, from, "from"), placeOf(taps, to, "to")];
  if (first <= last) return taps.slice(first, last + 1);
  throw new FathomError({
    code: "bad-input",
    where: "from",
    message: `${taps[first]!.name} comes after ${taps[last]!.name}.`,
    hint: "Give the earlier tap as from: Jacobians go forward.",
  });
}

function placeOf(taps: readonly Tap[], name: TapName, where: string): number {
  const place = taps.findIndex(
    (tap) => tap.index === name || tap.name === name || tap.name.startsWith(`${name} (`),
  );
  if (place >= 0) return place;
  const near =
    typeof name === "string"
      ? nearestName(
          name,
          taps.map((tap) => tap.name),
        )
      : undefined;
  throw new FathomError({
    code: "not-found",
    where,
    message: `The network has no tap ${typeof name === "string" ? `"${name}"` : name}.`,
    hint:
      near === undefined
        ? `Give a number from 1 to ${taps.length}, or one of ${taps
            .slice(0, 8)
            .map((tap) => tap.name)
            .join(", ")}${taps.length > 8 ? ", …" : ""}.`
        : `Did you mean "${near}"?`,
  });
}
