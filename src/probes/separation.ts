/**
 * @file "Two inputs are indistinguishable after layer l": the statement, and the criterion that it rests on.
 * It holds from the first hidden tap on after which, at every deeper hidden tap, one of two things is true:
 *
 * - collapsed: inputs of different classes have become one input, mean correlation > 1 - 1e-3 (ordered phase);
 * - scrambled: correlation no longer tells class, it ranks a pair of one class above a pair of two classes in fewer than
 *   55 of 100 cases (chaotic phase: all correlations at their fixed point within the fluctuations of this width).
 *
 * The readout is left out: with ten units its correlations are noise whatever the network does.
 */
import type { CorrelationLayer } from "./correlations.ts";

/** A mean correlation between classes above this counts as collapse. */
export const collapsedAbove = 1 - 1e-3;
/** A ranking of pairs right less often than this counts as scrambled. */
export const scrambledBelow = 0.55;

export type Confusion = "collapsed" | "scrambled";

export interface Separation {
  /** The last hidden tap at which inputs of different classes can be told apart; absent when they can be to the end. */
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
  let first = hidden.length;
  while (first > 0 && confusion(hidden[first - 1]!)) first--;
  if (first === hidden.length) {
    const last = hidden.at(-1)!;
    return {
      statement: `Inputs of different classes stay apart through all ${hidden.length} hidden layers: at the last, correlation between classes is ${last.between.mean.value.toFixed(3)}, and it ranks same-class pairs first in ${percent(last)} of 100 cases.`,
    };
  }
  const how = confusion(hidden[first]!)!;
  const before = hidden[first - 1];
  const place = before ? `after layer ${before.index}` : "from the first layer on";
  return {
    lostAfter: { index: before?.index ?? 0, name: before?.name ?? "input", how },
    statement: `Inputs of different classes are indistinguishable ${place}: ${reason(how, hidden[first]!)}.`,
  };
}

/** Why inputs cannot be told apart at a tap, or undefined when they can. */
export function confusion({ between, ranking }: CorrelationLayer): Confusion | undefined {
  if (between.mean.value > collapsedAbove) return "collapsed";
  return ranking.value < scrambledBelow ? "scrambled" : undefined;
}

function reason(how: Confusion, layer: CorrelationLayer): string {
  return how === "collapsed"
    ? `at layer ${layer.index} and beyond their correlation exceeds ${collapsedAbove}`
    : `at layer ${layer.index} and beyond correlation ranks a same-class pair above a mixed one in fewer than ${(100 * scrambledBelow).toFixed(0)} of 100 cases (here ${percent(layer)})`;
}

function percent({ ranking }: CorrelationLayer): string {
  return (100 * ranking.value).toFixed(0);
}
