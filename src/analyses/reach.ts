/**
 * @file How far mean-field theory reaches into a network: up to the first layer that has no rule, or whose rule does not
 * apply to what comes before it. What lies behind is measured alone, and the reason is said.
 */
import { type MeanFieldPlace, type Model, meanFieldPlaces } from "../net/index.ts";
import { FathomError } from "../tensor/index.ts";
import { assumptionsOf } from "../theory/index.ts";
import { isUnsupported } from "./unsupported.ts";

/** What theory says of the taps before it stops. */
export interface Reach<L> {
  /** One record a tap, from the first on. */
  readonly layers: readonly L[];
  /** Why there are none of the later taps; absent when all are there. */
  readonly missing?: string;
  /** What the rules take for granted beyond infinite width. */
  readonly assumptions: readonly string[];
}

/**
 * Runs a recursion over as many places as have rules for it.
 * @param rule - `propagate` or `propagatePair` from some start.
 * @throws FathomError what is no matter of missing rules: bad moments.
 * @example theoryReach(model, (places) => propagate(places, { K: 1 })).missing // "layers[2] (aggregate) has no …"
 */
export function theoryReach<L>(model: Model, rule: (places: readonly MeanFieldPlace[]) => L[]): Reach<L> {
  let { places, missing } = placesOf(model);
  while (places.some(({ tap }) => tap)) {
    try {
      const layers = rule(places);
      const all = layers.length === model.taps.length;
      return {
        layers,
        assumptions: assumptionsOf(places),
        ...(all || missing === undefined ? {} : { missing }),
      };
    } catch (error) {
      if (!(error instanceof FathomError)) throw error;
      const at = placeOf(error, places);
      if (at < 0) throw error;
      missing = named(error, places[at]!.name);
      places = places.slice(0, at);
    }
  }
  return { layers: [], assumptions: [], missing: missing ?? "the network has no preactivations" };
}

/** The places before the first layer without a rule. */
function placesOf(model: Model): { places: readonly MeanFieldPlace[]; missing?: string } {
  const places: MeanFieldPlace[] = [];
  for (const layer of model.layers) {
    try {
      places.push(...meanFieldPlaces({ ...model, layers: [layer] }));
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      return { places, missing: sentenceEnd(error.message) };
    }
  }
  return { places };
}

/**
 * The place whose rule refused a signal that it cannot follow (one that died or overflowed before a normalisation), by the
 * name that the recursion puts in front; -1 for what is wrong with the start.
 */
function placeOf({ where = "" }: FathomError, places: readonly MeanFieldPlace[]): number {
  return places.findIndex(({ name }) => where === name || where.startsWith(`${name}: `));
}

function named({ message }: FathomError, place: string): string {
  return sentenceEnd(message.startsWith(place) ? message : `${place}: ${message}`);
}

/** Without its full stop: reasons stand inside sentences. */
function sentenceEnd(message: string): string {
  return message.replace(/\.$/, "");
}
