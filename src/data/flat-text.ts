/** @file The text set of training.md §1.6: word counts of short texts about one of four topics. */
import { categorical, type Key } from "../tensor/index.ts";
import type { Dataset } from "./dataset.ts";
import { classesOf, dirichlet, type FlatOptions, type FlatRows, flatDataset, relabel } from "./flat-draws.ts";

export interface TopicsOptions extends FlatOptions {
  readonly train?: number;
  readonly test?: number;
}

const topics = 4;
const vocabulary = 300;
/** Words of a text. */
const length = 20;
/** Share of a topic's words that all topics have in common. */
const common = 0.8;

/**
 * Counts of 20 words out of 300, divided by √20. A topic's words are .8 · Dir(.3), the language, which all topics share, plus
 * .2 · Dir(.05), its own.
 * @returns vectors [N, 300], 500 for training with 15 % relabelled and 4000 clean ones for testing unless said.
 * @example textTopics({ key: Key.fromSeed(0), train: 2000, relabelled: 0 })
 */
export function textTopics({ key, train = 500, test = 4000, relabelled = 0.15 }: TopicsOptions): Dataset {
  const language = dirichlet(key.split("language"), vocabulary, 0.3);
  const words = Array.from({ length: topics }, (_, topic) => {
    const own = dirichlet(key.split("topics").split(topic), vocabulary, 0.05);
    return language.map((weight, word) => common * weight + (1 - common) * own[word]!);
  });
  const training = drawTexts(key.split("train"), train, words);
  const labels = relabel(training.labels, { key: key.split("relabel"), share: relabelled, classes: topics });
  return flatDataset(
    {
      name: "text-topics",
      kind: "vector",
      inputShape: [vocabulary],
      classes: topics,
      source: `generated (key ${key})`,
    },
    { train: { ...training, labels }, test: drawTexts(key.split("test"), test, words) },
  );
}

function drawTexts(key: Key, count: number, words: readonly Float64Array[]): FlatRows {
  const labels = classesOf(key.split("classes"), count, topics);
  const inputs = new Float32Array(count * vocabulary);
  // One stream a topic; a text takes its own stretch of it, so that no text depends on the others.
  for (const [topic, weights] of words.entries()) {
    const drawn = categorical(key.split("words").split(topic), weights, count * length);
    for (let i = 0; i < count; i++) {
      if (labels[i] !== topic) continue;
      for (let w = 0; w < length; w++)
        inputs[i * vocabulary + drawn[i * length + w]!]! += 1 / Math.sqrt(length);
    }
  }
  return { inputs, labels };
}
