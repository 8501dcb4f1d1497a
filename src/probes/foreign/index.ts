/** @file Models of others: imported graphs with the weights they have, as chains of taps, and what is measured on them. */
export { examplesApart } from "./apart.ts";
export type { BlockEnd } from "./blocks.ts";
export {
  type ForeignChain,
  type ForeignChainOptions,
  foreignChain,
  judgedTaps,
  withScaled,
} from "./chain.ts";
export { type Flow, flowBetween } from "./flow.ts";
export { type ListedTensor, listTensors } from "./list.ts";
export {
  batchesOf,
  type ForeignMeasurement,
  type ForeignMeasureOptions,
  measureForeign,
} from "./measure.ts";
export { type ForeignModel, foreignModel } from "./model.ts";
export { type OpenedModel, type OpenOptions, openForeign } from "./open.ts";
export { measurePair, type PairMeasurement } from "./pairs.ts";
export {
  compileDescent,
  type Descent,
  type DescentOptions,
  type ForeignBatch,
  isLogits,
  logitsOf,
} from "./sgd.ts";
