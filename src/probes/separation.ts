/**
 * @file "Two inputs are indistinguishable after layer l": the statement, and the criterion that it rests on. At a tap,
 * inputs of different classes are confused when one of two things is true:
 *
 * - collapsed: they have become one input, mean correlation between classes > 1 - 1e-3 (ordered phase);
 * - scrambled: correlation hardly tells class. The chance that it ranks a pair of one class above a pair of two classes
 *   exceeds 1/2 by less than a third of what it did at the first layer (chaotic phase: all correlations at their fixed
 *   point; also deep ReLU networks, where all distances shrink to the same 1/l²), within the fluctuations of this width.
 *
 * They are lost from the first hidden tap on that is confused and stays so on average over all deeper hidden taps: what
 * is lost does not come back, but a measured ranking scatters. The readout is left out: with ten units its correlations
 * are noise whatever the network does.
 */
import { meanOf } from "../theory/index.ts";
import type { CorrelationLayer } from "./correlations.ts";

/** A mean correlation between classes above this counts as collapse. */
export const collapsedAbove = 1 - 1e-3;
/** Less than this part of the first layer's advantage over chance counts as scrambled. */
export const scrambledBelow = 1 / 3;

export type Confusion = "collapsed" | "scrambled";

export interface Separation {
  /** `undecided` where correlation never told class, or the preactivations overflow before classes are lost. */
  readonly verdict: "apart" | "lost" | "undecided";
  /** The last tap at which inputs of different classes can be told apart (index 0: the input); absent unless lost. */
  readonly lostAfter?: { readonly index: number; readonly name: string; readonly how: Confusion };
  /** One sentence, with the criterion. */
  readonly statement: string;
}

/**
 * The depth after which inputs cannot be told apart.
 * @param layers Taps in order, the readout last.
 * @example separation(layers).statement // "Two inputs are indistinguishable by class after layer 17: …"
 */
export function separation(layers: readonly CorrelationLayer[]): Separation {
  const all = layers.length > 1 ? layers.slice(0, -1) : layers;
  const overflow = all.findIndex(({ between }) => !Number.isFinite(between.mean.value));
  const hidden = overflow < 0 ? all : all.slice(0, overflow);
  const [top] = hidden;
  if (top === undefined) return overflowed("the first layer");
  const first = hidden.findIndex((layer, l) => confusion([layer], top) && confusion(hidden.slice(l), top));
  if (first < 0) {
    if (overflow >= 0) return overflowed(`layer ${all[overflow]!.index}`);
    return tellsClass(top)
      ? { verdict: "apart", statement: apart(hidden) }
      : { verdict: "undecided", statement: nothingToLose(hidden) };
  }
  const how = confusion([hidden[first]!], top)!;
  const before = hidden[first - 1];
  return {
    verdict: "lost",
    lostAfter: { index: before?.index ?? 0, name: before?.name ?? "input", how },
    statement: lost(how, {
      place: before ? `after layer ${before.index}` : "from the first layer on",
      layer: hidden[first]!,
      top,
    }),
  };
}

/**
 * How inputs are confused on average over some taps, or undefined when they are not.
 * @param top The first tap, whose ranking says what there was to lose. Where that is not above chance by two standard
 *   errors, correlation never told class, and nothing can be scrambled.
 */
export function confusion(layers: readonly CorrelationLayer[], top: CorrelationLayer): Confusion | undefined {
  if (meanOf(layers.map(({ between }) => between.mean.value)) > collapsedAbove) return "collapsed";
  if (!tellsClass(top)) return undefined;
  const left = meanOf(layers.map(({ ranking }) => ranking.value)) - 0.5;
  return left < scrambledBelow * (top.ranking.value - 0.5) ? "scrambled" : undefined;
}

function tellsClass({ ranking }: CorrelationLayer): boolean {
  return ranking.value - 0.5 > 2 * (ranking.se ?? 0);
}

function apart(hidden: readonly CorrelationLayer[]): string {
  const last = hidden.at(-1)!;
  const between = last.between.mean.value.toFixed(3);
  const through =
    ["", "the hidden layer", "both hidden layers"][hidden.length] ?? `all ${hidden.length} hidden layers`;
  return `Two inputs of different classes stay apart through ${through}: at the last their correlation is ${between}, and correlation ranks a same-class pair above a mixed one in ${percent(last)} of 100 cases (${percent(hidden[0]!)} at the first).`;
}

function nothingToLose(hidden: readonly CorrelationLayer[]): string {
  const between = hidden.at(-1)!.between.mean.value.toFixed(3);
  return `Whether depth loses the classes cannot be told: correlation hardly tells class at the first layer already, where it ranks a same-class pair above a mixed one in ${percent(hidden[0]!)} of 100 cases. At the last hidden layer the correlation of different classes is ${between}.`;
}

function overflowed(place: string): Separation {
  return {
    verdict: "undecided",
    statement: `The preactivations overflow at ${place}: inputs cannot be compared there.`,
  };
}

function lost(
  how: Confusion,
  { place, layer, top }: { place: string; layer: CorrelationLayer; top: CorrelationLayer },
): string {
  return how === "collapsed"
    ? `Two inputs are indistinguishable ${place}: from layer ${layer.index} on the correlation of different classes exceeds ${collapsedAbove}.`
    : `Two inputs are indistinguishable by class ${place}: from layer ${layer.index} on correlation hardly tells class; it ranks a same-class pair above a mixed one in ${percent(layer)} of 100 cases there, against ${percent(top)} at the first layer.`;
}

function percent({ ranking }: CorrelationLayer): string {
  return (100 * ranking.value).toFixed(0);
}
