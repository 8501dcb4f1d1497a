/**
 * @file "Two inputs are indistinguishable after layer l": the statement, and the criterion that it rests on. At a tap,
 * inputs of different classes are confused when one of two things is true:
 *
 * - collapsed: they have become one input, mean correlation between classes > 1 - 1e-3 (ordered phase);
 * - scrambled: correlation no longer tells class, it ranks a pair of one class above a pair of two classes in fewer than
 *   55 of 100 cases (chaotic phase: all correlations at their fixed point within the fluctuations of this width).
 *
 * They are lost from the first hidden tap on that is confused and stays so on average over all deeper hidden taps: what
 * is lost does not come back, but a measured ranking scatters. The readout is left out: with ten units its correlations
 * are noise whatever the network does.
 */
import type { CorrelationLayer } from "./correlations.ts";
import { meanOf } from "./seed-estimate.ts";

/** A mean correlation between classes above this counts as collapse. */
export const collapsedAbove = 1 - 1e-3;
/** A ranking of pairs right less often than this counts as scrambled. */
export const scrambledBelow = 0.55;

export type Confusion = "collapsed" | "scrambled";

export interface Separation {
  /** The last tap at which inputs of different classes can be told apart (index 0: the input); absent when they can to the end. */
  readonly lostAfter?: { readonly index: number; readonly name: string; readonly how: Confusion };
  /** One sentence, with the criterion. */
  readonly statement: string;
}

/**
 * The depth after which inputs cannot be told apart.
 * @param layers Taps in order, the readout last.
 * @example separation(layers).statement // "Inputs of different classes are indistinguishable after layer 17: …"
 */
export function separation(layers: readonly CorrelationLayer[]): Separation {
  const hidden = layers.length > 1 ? layers.slice(0, -1) : layers;
  const first = hidden.findIndex((_, l) => confusion([hidden[l]!]) && confusion(hidden.slice(l)));
  if (first < 0) return { statement: apart(hidden) };
  const how = confusion([hidden[first]!])!;
  const before = hidden[first - 1];
  const place = before ? `after layer ${before.index}` : "from the first layer on";
  return {
    lostAfter: { index: before?.index ?? 0, name: before?.name ?? "input", how },
    statement: `Inputs of different classes are indistinguishable ${place}: ${reason(how, hidden[first]!)}.`,
  };
}

/** How inputs are confused on average over taps, or undefined when they are not. */
export function confusion(layers: readonly CorrelationLayer[]): Confusion | undefined {
  if (meanOf(layers.map(({ between }) => between.mean.value)) > collapsedAbove) return "collapsed";
  return meanOf(layers.map(({ ranking }) => ranking.value)) < scrambledBelow ? "scrambled" : undefined;
}

function apart(hidden: readonly CorrelationLayer[]): string {
  const last = hidden.at(-1)!;
  const between = last.between.mean.value.toFixed(3);
  return `Inputs of different classes stay apart through all ${hidden.length} hidden layers: at the last their correlation is ${between}, and correlation ranks a same-class pair above a mixed one in ${percent(last)} of 100 cases.`;
}

function reason(how: Confusion, layer: CorrelationLayer): string {
  return how === "collapsed"
    ? `at layer ${layer.index} and beyond their correlation exceeds ${collapsedAbove}`
    : `at layer ${layer.index} and beyond correlation ranks a same-class pair above a mixed one in fewer than ${Math.round(100 * scrambledBelow)} of 100 cases`;
}

function percent({ ranking }: CorrelationLayer): string {
  return (100 * ranking.value).toFixed(0);
}
