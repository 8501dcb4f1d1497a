/** @file The same network wider, narrower or deeper: hidden widths by a factor, repeated blocks more or fewer times. */
import { FathomError } from "../tensor/index.ts";
import { withOptions } from "./edit.ts";
import { parseNet } from "./parse.ts";
import { resolveNet } from "./resolve.ts";
import type { Net } from "./spec.ts";
import { hiddenWidths, type WidthOption } from "./width-classes.ts";

/** A hidden width of a network. */
export interface HiddenWidth {
  /** `layers[1] (dense)`. */
  readonly name: string;
  /** `layers[1].width`. */
  readonly where: string;
  readonly value: number;
}

/**
 * The widths of a network that {@link scaleWidths} changes, in the order of the forward pass: of dense layers, channels of
 * convolutions, attention and embeddings, but for those that the input or the output fix.
 * @throws FathomError bad-input when the network's input is open; unsupported, naming the layer, when a layer's size cannot
 * follow, or when the network has no hidden width.
 * @example scalableWidths(parseNetText("mlp:depth=2,width=16,in=8")) // [{ name: "layers[0] (dense)", value: 16, … }, …]
 */
export function scalableWidths(net: Net): HiddenWidth[] {
  return optionsOf(net)
    .filter(({ option }) => option === "width" || option === "channels")
    .map(({ layer, option, value }) => ({ name: layer.name, where: `${layer.where}.${option}`, value }));
}

function optionsOf(net: Net): readonly WidthOption[] {
  const { layers } = resolveNet(net);
  const options = hiddenWidths(layers);
  if (options.length > 0) return options;
  const { name, where } = layers[layers.length - 1]!;
  throw new FathomError({
    code: "unsupported",
    message: `The network has no hidden width: every size up to ${name} is that of the input or of the output.`,
    where,
    hint: "Give the network a hidden layer.",
  });
}

/**
 * The network with every hidden width multiplied by a factor. Input and output keep their sizes, as do positions, tokens
 * and the number of attention heads (their channels grow); a skip and its branch stay equal. Variances are those of the
 * network: sw2/fan_in follows the new fan-in.
 * @param factor - above 0; every width times the factor must be a whole number.
 * @throws FathomError bad-input naming a width that would not be whole; and as {@link scalableWidths}.
 * @example scaleWidths(parseNetText("mlp:depth=2,width=16,in=8"), 4) // width 64
 */
export function scaleWidths(net: Net, factor: number): Net {
  const changes = new Map<string, Record<string, number>>();
  for (const { layer, option, value } of optionsOf(net)) {
    const scaled = wholeWidth(value * factor, { layer, option, value }, factor);
    changes.set(layer.path, { ...changes.get(layer.path), [option]: scaled });
  }
  return parseNet({ ...net, layers: withOptions(net.layers, changes) });
}

function wholeWidth(
  scaled: number,
  { layer, option, value }: Pick<WidthOption, "layer" | "option" | "value">,
  factor: number,
): number {
  const whole = Math.round(scaled);
  const least = option === "start" || option === "end" ? Number.NEGATIVE_INFINITY : 1;
  if (Math.abs(whole - scaled) < 1e-9 * Math.abs(scaled) + 1e-12 && whole >= least) return whole;
  throw new FathomError({
    code: "bad-input",
    message: `The ${option} of ${layer.name} is ${value}; times ${factor} it is ${scaled}, which is no size.`,
    where: `${layer.where}.${option}`,
    hint: "Choose factors that leave every width a whole number.",
  });
}

/** A block of layers that stands several times in a row in the network's own list. */
export interface RepeatedBlock {
  /** Index of its first layer. */
  readonly start: number;
  /** Layers of one block. */
  readonly length: number;
  /** How many times it stands there, 2 or more. */
  readonly times: number;
}

/** Blocks longer than this are written by programs, not by hand. */
const longestBlock = 200;

/**
 * The repeated block that covers the most layers of the network's own list: that of a `repeat`, or the hidden layers of the
 * one-line form, where `times` is the depth.
 * @throws FathomError unsupported when no block stands twice in a row.
 * @example repeatedBlock(parseNetText("mlp:depth=8,width=16,in=4")).times // 8
 */
export function repeatedBlock({ layers }: Net): RepeatedBlock {
  const texts = layers.map((layer) => JSON.stringify(layer));
  let best: RepeatedBlock | undefined;
  for (let length = 1; length <= Math.min(longestBlock, layers.length / 2); length++) {
    for (const { start, run } of runsAt(texts, length)) {
      const times = 1 + Math.floor(run / length);
      if (times > 1 && length * times > (best === undefined ? 0 : best.length * best.times)) {
        best = { start, length, times };
      }
    }
  }
  if (best !== undefined) return best;
  throw new FathomError({
    code: "unsupported",
    message: "The network has no block of layers that is repeated, so it has no depth to change.",
    where: "layers",
    hint: 'Write the block with {"kind": "repeat", "times": 4, "layers": […]}, or use the one-line form.',
  });
}

/** Stretches where every layer equals the one `shift` further on. */
function runsAt(texts: readonly string[], shift: number): { start: number; run: number }[] {
  const runs: { start: number; run: number }[] = [];
  let run = 0;
  for (let i = 0; i + shift <= texts.length; i++) {
    if (texts[i] === texts[i + shift]) run++;
    else if (run > 0) {
      runs.push({ start: i - run, run });
      run = 0;
    }
  }
  return runs;
}

/**
 * The network with its repeated block as often as said.
 * @param times - a whole number, 1 or more.
 * @throws FathomError bad-input for another number; as {@link repeatedBlock}.
 * @example withDepth(parseNetText("mlp:depth=8,width=16,in=4"), 32) // mlp:depth=32
 */
export function withDepth(net: Net, times: number): Net {
  if (!Number.isSafeInteger(times) || times < 1) {
    throw new FathomError({
      code: "bad-input",
      message: `The depth is ${times}; it must be a whole number, 1 or more.`,
      where: "depth",
      hint: "Give how many times the repeated block stands in the network.",
    });
  }
  const { start, length, times: before } = repeatedBlock(net);
  const block = net.layers.slice(start, start + length);
  const repeated = Array.from({ length: times }, () => block).flat();
  return parseNet({
    ...net,
    layers: [...net.layers.slice(0, start), ...repeated, ...net.layers.slice(start + length * before)],
  });
}
