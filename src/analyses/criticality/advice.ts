/** @file Advice on the initialisation as theory sees it; training puts what it measured in its place. */
import type { InitialisationAdvice } from "../candidates.ts";
import type { Advice } from "../document.ts";
import type { TunedAdvice } from "../tuned.ts";
import { logarithm, quantity, significant } from "../words.ts";
import { criticalFactor } from "./predict.ts";

export function theoryAdvice(advised: InitialisationAdvice): Advice {
  return changeAdvice(theoryChange(advised));
}

/** ln J over the hidden layers as theory has it. */
function lastLogJ({ lastHidden }: InitialisationAdvice, value: number): string {
  return `ln J(1, ${lastHidden}) = ${logarithm(value)} in theory`;
}

/** The advice in words: the same text whoever gives it, so that better evidence replaces weaker. */
function initialisationText({ critical, first }: InitialisationAdvice): string {
  const { sw2, sb2 } = critical;
  const all = `Initialise with σw² = ${significant(sw2, 5)} (σw = ${significant(Math.sqrt(sw2), 5)}), σb² = ${significant(sb2, 5)}`;
  return first.sw2 === sw2
    ? `${all}.`
    : `${all}, and the first layer with σw² = ${significant(first.sw2, 5)}.`;
}

/** What the initialisation as given does, and what to know about the critical one. */
function initialisationReason({ critical, reached }: InitialisationAdvice): string {
  const when = reached.status === "infinite" ? "in the limit of depth" : "once K has settled";
  return `${quantity("χ_J", reached.chiJ)}: every layer multiplies a small change by it ${when}. ${critical.note}`;
}

/** What to change and why, whoever gives the advice, and what J is to be after it. */
export interface AdvisedChange {
  readonly what: string;
  readonly why: string;
  readonly before: string;
  readonly after: string;
}

export function theoryChange(advised: InitialisationAdvice): AdvisedChange {
  return {
    what: initialisationText(advised),
    why: initialisationReason(advised),
    before: lastLogJ(advised, advised.lnJ.given),
    after: lastLogJ(advised, advised.lnJ.advised),
  };
}

/** Layers that a sentence names. */
const shownGains = 3;

/** The advice of a sweep: variances by layer. */
export function tunedChange({ gains, lastHidden, lnJ }: TunedAdvice): AdvisedChange {
  const changed = gains.filter(({ weight, bias }) => Math.abs(Math.log(weight)) > 0.01 || bias !== 1);
  const shown = changed
    .slice(0, shownGains)
    .map(
      ({ layer, sw2, sb2 }) =>
        `${layer} σw² = ${significant(sw2)}${sb2 > 0 ? `, σb² = ${significant(sb2)}` : ""}`,
    );
  const more = changed.length > shown.length ? `; and so on for ${changed.length} layers` : "";
  const whole = `Small changes ${lnJ.given > 0 ? "explode" : "vanish"} over the depth`;
  const harm =
    Math.abs(lnJ.given) > Math.log(criticalFactor)
      ? whole
      : "Single layers multiply small changes by very different factors";
  const at = (value: number) => `ln J(1, ${lastHidden}) = ${logarithm(value)} measured`;
  return {
    what: `Initialise layer by layer: ${shown.join("; ")}${more} (the table of advised variances has all; fathom tune writes them).`,
    why: `${harm}, and no row of the theory's table is this network: a sweep over its layers found variances at which J stays near 1.`,
    before: Number.isFinite(lnJ.given) ? at(lnJ.given) : `J(1, ${lastHidden}) leaves the range of numbers`,
    after: at(lnJ.advised),
  };
}

/** Advice before anything was trained. */
export function changeAdvice({ what, why, before, after }: AdvisedChange): Advice {
  return { about: "initialisation", what, why, evidence: `${before}.`, expected: `${after}.` };
}
