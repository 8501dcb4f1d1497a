/** @file Advice on the initialisation as theory sees it; training puts what it measured in its place. */
import type { InitialisationAdvice } from "../candidates.ts";
import type { Advice } from "../document.ts";
import { logarithm, quantity, significant } from "../words.ts";

export function theoryAdvice(advised: InitialisationAdvice): Advice {
  const { lnJ } = advised;
  return {
    about: "initialisation",
    what: initialisationText(advised),
    why: initialisationReason(advised),
    evidence: `${lastLogJ(advised, lnJ.given)}.`,
    expected: `${lastLogJ(advised, lnJ.advised)}.`,
  };
}

/** ln J over the hidden layers as theory has it. */
export function lastLogJ({ lastHidden }: InitialisationAdvice, value: number): string {
  return `ln J(1, ${lastHidden}) = ${logarithm(value)} in theory`;
}

/** The advice in words: the same text whoever gives it, so that better evidence replaces weaker. */
export function initialisationText({ critical, first }: InitialisationAdvice): string {
  const { sw2, sb2 } = critical;
  const all = `Initialise with σw² = ${significant(sw2, 5)} (σw = ${significant(Math.sqrt(sw2), 5)}), σb² = ${significant(sb2, 5)}`;
  return first.sw2 === sw2
    ? `${all}.`
    : `${all}, and the first layer with σw² = ${significant(first.sw2, 5)}.`;
}

/** What the initialisation as given does, and what to know about the critical one. */
export function initialisationReason({ critical, reached }: InitialisationAdvice): string {
  const when = reached.status === "infinite" ? "in the limit of depth" : "once K has settled";
  return `${quantity("χ_J", reached.chiJ)}: every layer multiplies a small change by it ${when}. ${critical.note}`;
}
