/**
 * @file The graph sets of training.md §1.6: a stochastic block model whose features are propagated beforehand, asked for
 * the block of a node or for whether two nodes are linked.
 */
import {
  type Key,
  multiplySparse,
  normal,
  permutation,
  type SparseMatrix,
  uniform,
} from "../tensor/index.ts";
import type { Dataset } from "./dataset.ts";
import { type FlatOptions, type FlatRows, flatDataset, relabel } from "./flat-draws.ts";
import { propagation } from "./propagation.ts";

export interface BlocksOptions extends FlatOptions {
  /** Labelled nodes; all others are for testing. */
  readonly train?: number;
}

export interface LinksOptions extends Omit<FlatOptions, "relabelled"> {
  /** Links held out of the graph for training and for testing, and as many pairs without a link. */
  readonly train?: number;
  readonly test?: number;
  readonly relabelled?: number;
}

const nodes = 1600;
const blocks = 4;
const features = 32;
/** Chances of a link within a block and between two. */
interface Chances {
  readonly inside: number;
  readonly between: number;
}
const nodeChances: Chances = { inside: 0.012, between: 0.004 };
/** Blocks that say more of the links: nine in ten links are within one, a quarter of the other pairs. */
const linkChances: Chances = { inside: 0.02, between: 0.001 };
/** Deviation of a block's mean from 0, where features of a node have deviation 1 about it. */
const spread = 0.35;
/** Factor on the propagated features, which averaging makes small. */
const gain = 3;

/** Links of a drawn graph, each once. */
interface Links {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Node i is of block i mod 4. */
const blockOf = (node: number) => node % blocks;

/**
 * Blocks of the nodes of a random graph by their features, propagated: X = 3 Â²F with Â the adjacency with self-loops,
 * normalised on both sides.
 * @returns vectors [N, 32], 200 nodes for training with 15 % relabelled unless said, the rest of 1600 clean for testing.
 * @example blockNodes({ key: Key.fromSeed(0) })
 */
export function blockNodes({ key, train = 200, relabelled = 0.15 }: BlocksOptions): Dataset {
  const inputs = propagatedFeatures(key, drawLinks(key.split("links"), nodeChances));
  const order = permutation(key.split("order"), nodes);
  const training = rowsOf(inputs, order.subarray(0, train));
  const labels = relabel(training.labels, { key: key.split("relabel"), share: relabelled, classes: blocks });
  return flatDataset(
    {
      name: "graph-blocks",
      kind: "vector",
      inputShape: [features],
      classes: blocks,
      source: `generated (key ${key})`,
    },
    { train: { ...training, labels }, test: rowsOf(inputs, order.subarray(train)) },
  );
}

function rowsOf(inputs: Float32Array, chosen: Int32Array): FlatRows {
  const picked = new Float32Array(chosen.length * features);
  for (const [i, node] of chosen.entries()) {
    picked.set(inputs.subarray(node * features, (node + 1) * features), i * features);
  }
  return { inputs: picked, labels: chosen.map(blockOf) };
}

/** Every pair of nodes is a link or not, independently. */
function drawLinks(key: Key, { inside, between }: Chances): Links {
  const from: number[] = [];
  const to: number[] = [];
  for (let node = 1; node < nodes; node++) {
    const chances = uniform(key.split(node), "float32", [node]).data;
    for (let other = 0; other < node; other++) {
      if (chances[other]! >= (blockOf(node) === blockOf(other) ? inside : between)) continue;
      from.push(node);
      to.push(other);
    }
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to) };
}

function propagatedFeatures(key: Key, { from, to }: Links): Float32Array {
  const means = normal(key.split("means"), "float64", [blocks * features], { std: spread }).data;
  const own = normal(key.split("features"), "float64", [nodes * features]).data;
  const raw = own.map((x, at) => x + means[blockOf(Math.floor(at / features)) * features + (at % features)]!);
  const operator: SparseMatrix = propagation({ nodes, from, to });
  const once = new Float64Array(raw.length);
  const twice = new Float64Array(raw.length);
  multiplySparse(operator, { data: raw, columns: features }, once);
  multiplySparse(operator, { data: once, columns: features }, twice);
  return Float32Array.from(twice, (x) => gain * x);
}

/**
 * Links of a random graph: is this pair of nodes one? Features of a pair are the product of its nodes' propagated features,
 * entry by entry, in which a dot product is linear. The links that are asked for are no part of the graph that propagates.
 * @returns vectors [N, 32], class 1 for a link: 400 links and 400 other pairs for training, 1000 and 1000 for testing unless said.
 * @example blockLinks({ key: Key.fromSeed(0), relabelled: 0.15 })
 */
export function blockLinks({ key, train = 400, test = 1000, relabelled = 0 }: LinksOptions): Dataset {
  const links = drawLinks(key.split("links"), linkChances);
  const order = permutation(key.split("order"), links.from.length);
  const [asked, kept] = [order.subarray(0, train + test), order.subarray(train + test)];
  const inputs = propagatedFeatures(key, pick(links, kept));
  const others = drawOthers(key.split("others"), train + test, links);
  const training = joined(inputs, pick(links, asked.subarray(0, train)), slice(others, 0, train));
  const labels = relabel(training.labels, { key: key.split("relabel"), share: relabelled, classes: 2 });
  return flatDataset(
    {
      name: "graph-links",
      kind: "vector",
      inputShape: [features],
      classes: 2,
      source: `generated (key ${key})`,
    },
    {
      train: { ...training, labels },
      test: joined(inputs, pick(links, asked.subarray(train)), slice(others, train, train + test)),
    },
  );
}

function pick({ from, to }: Links, order: Int32Array): Links {
  return { from: order.map((link) => from[link]!), to: order.map((link) => to[link]!) };
}

function slice({ from, to }: Links, first: number, end: number): Links {
  return { from: from.subarray(first, end), to: to.subarray(first, end) };
}

/** Pairs of different nodes that are no link, drawn until there are enough. */
function drawOthers(key: Key, count: number, links: Links): Links {
  const known = new Set(Array.from(links.from, (node, i) => node * nodes + links.to[i]!));
  const from: number[] = [];
  const to: number[] = [];
  for (let round = 0; from.length < count; round++) {
    const ends = uniform(key.split(round), "float64", [2 * count]).data;
    for (let i = 0; i < count && from.length < count; i++) {
      const [a, b] = [Math.floor(nodes * ends[2 * i]!), Math.floor(nodes * ends[2 * i + 1]!)];
      const pair = Math.max(a, b) * nodes + Math.min(a, b);
      if (a === b || known.has(pair)) continue;
      known.add(pair);
      from.push(Math.max(a, b));
      to.push(Math.min(a, b));
    }
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to) };
}

/** Links and other pairs in turn, so that the first rows have both. */
function joined(inputs: Float32Array, links: Links, others: Links): FlatRows {
  const count = links.from.length;
  const rows = new Float32Array(2 * count * features);
  for (let i = 0; i < 2 * count; i++) {
    const { from, to } = i % 2 === 0 ? links : others;
    const [a, b] = [from[i >> 1]! * features, to[i >> 1]! * features];
    for (let f = 0; f < features; f++) rows[i * features + f] = inputs[a + f]! * inputs[b + f]!;
  }
  return { inputs: rows, labels: Int32Array.from({ length: 2 * count }, (_, i) => 1 - (i % 2)) };
}
