/** @file Runs a layer program on tiles: what activations keep of items is made once a side, then pairs run four by four. */
import { FathomError } from "../../tensor/index.ts";
import type { AssemblyModule } from "../assembly.ts";
import { BATCH, type Program } from "../compile/index.ts";
import type { ItemBlock, KernelValue, Tile, TileEngine } from "../types.ts";
import { type Image, imageOf } from "./image.ts";
import { type Addresses, Arena, itemStore, LANES, laneStore, type Store } from "./memory.ts";
import type { NearPairs } from "./near.ts";
import { preparation } from "./prepare.ts";
import { KeptSides, mirror, type Own, type Side } from "./side.ts";

/** Modes of assembly/covariance/modes.ts. */
const PAIR = 0;
const SELF = 1;
/** Of a batch of items with one group. */
const PRODUCT_BYTES = BATCH * LANES * 4;

interface Interpreter {
  place(maps: number, lists: number, scratch: number, spare: number): void;
  execute(
    steps: number,
    mode: number,
    a: number,
    b: number,
    inputA: number,
    inputB: number,
    items: number,
  ): void;
  products(
    a: number,
    bytes: number,
    items: number,
    b: number,
    second: number,
    channels: number,
    out: number,
    secondOut: number,
  ): void;
  deal(lanes: number, count: number, rows: number, stride: number): void;
}

interface Options {
  readonly values: readonly KernelValue[];
  readonly near: NearPairs | undefined;
}

/** The interpreter with one program, and the items of both sides. */
export class SimdEngine implements TileEngine {
  readonly build: AssemblyModule["build"];
  readonly values: readonly KernelValue[];
  readonly #program: Program;
  readonly #arena = new Arena();
  readonly #wasm: Interpreter;
  readonly #image: Image;
  /** Four items of side A in lanes, before each gets its own. */
  readonly #lanes: Store;
  /** Products of a batch of items of side A with two groups of side B, in networks of vectors. */
  readonly #products: number;
  readonly #near: NearPairs | undefined;
  readonly #kept = new KeptSides();
  /** Stores of sides that are not kept. */
  readonly #stores: Record<"a" | "b", Store | undefined> = { a: undefined, b: undefined };
  readonly #sides: Record<"a" | "b", Side | undefined> = { a: undefined, b: undefined };
  readonly #tiles: Record<KernelValue, Float32Array> = {
    nngp: new Float32Array(0),
    ntk: new Float32Array(0),
  };

  constructor(program: Program, assembly: AssemblyModule, options: Options) {
    this.build = assembly.build;
    this.values = options.values;
    this.#near = options.near;
    this.#program = program;
    this.#image = imageOf(this.#arena, program);
    this.#lanes = laneStore(this.#arena, program, 1);
    this.#products = this.#arena.reserve(program.vectors ? 2 * PRODUCT_BYTES : 0);
    const { memory } = this.#arena;
    const { maps, lists, scratch, spare } = this.#image;
    const prepare = preparation(this.#arena, program, maps);
    const instance = new WebAssembly.Instance(assembly.module, { env: { memory, prepare } });
    this.#wasm = instance.exports as unknown as Interpreter;
    this.#wasm.place(maps, lists, scratch, spare);
  }

  load(side: "a" | "b", items: ItemBlock): void {
    // Other networks keep too much of every item.
    if (side === "b" && items.final === true && this.#program.vectors) {
      const found = this.#kept.find(items);
      this.#sides.b = found ?? this.#prepared("b", items, this.#kept.spare);
      if (found === undefined) this.#kept.keep(items, this.#sides.b);
    } else {
      this.#sides[side] = this.#prepared(side, items, this.#stores[side]);
      this.#stores[side] = this.#sides[side].store;
    }
  }

  compute({ same }: { readonly same: boolean }): Tile {
    const { a, b } = this.#sides;
    if (a === undefined || b === undefined) throw notLoaded();
    this.#resize(a.count * b.count);
    if (this.#program.vectors) this.#computeBatches(a, b, same);
    else this.#computePairs(a, b, same);
    if (a.sketches && b.sketches) {
      const own = a.own.ntk;
      this.#near?.patch(this.#tiles.ntk, { a: a.sketches, b: b.sketches, same, own });
    }
    return this.#finished(same ? a.own : undefined);
  }

  #computePairs(a: Side, b: Side, same: boolean): void {
    for (let group = 0; group * LANES < b.count; group++) {
      const lanes = b.store.at(group);
      for (let i = same ? group * LANES : 0; i < a.count; i++) {
        this.#execute(this.#image.pairs, PAIR, a.store.at(i), lanes);
        this.#write({ row: i, items: 1, column: group * LANES, columns: b.count });
      }
    }
  }

  /** Items of side A batch by batch: their products with two groups of side B first, then the program with each. */
  #computeBatches(a: Side, b: Side, same: boolean): void {
    const groups = Math.ceil(b.count / LANES);
    for (let group = 0; group < groups; group += 2) {
      const first = same ? group * LANES : 0;
      for (let i = first - (first % BATCH); i < a.count; i += BATCH) {
        const items = Math.min(BATCH, a.count - i);
        this.#image.share(items);
        const both = [group, Math.min(group + 1, groups - 1)].map((at) => b.store.at(at));
        this.#multiply(a.store, i, items, both);
        for (let k = 0; k < Math.min(2, groups - group); k++) {
          const products = this.#products + k * PRODUCT_BYTES;
          this.#execute(this.#image.pairs, PAIR, { ...a.store.at(i), inputs: products }, both[k]!);
          this.#write({ row: i, items, column: (group + k) * LANES, columns: b.count });
        }
      }
    }
  }

  #multiply(a: Store, first: number, items: number, both: readonly Addresses[]): void {
    const from = a.at(first).inputs;
    const step = a.at(first + 1).inputs - from;
    const [b, second] = both as [Addresses, Addresses];
    const { channels } = this.#program.input;
    const out = this.#products;
    this.#wasm.products(from, step, items, b.inputs, second.inputs, channels, out, out + PRODUCT_BYTES);
  }

  dispose(): void {
    this.#sides.a = undefined;
    this.#sides.b = undefined;
  }

  /** What pairs need of items, in `old` where that is large enough. */
  #prepared(side: "a" | "b", items: ItemBlock, old: Store | undefined): Side {
    const groups = Math.ceil(items.count / LANES);
    const needed = side === "a" ? groups * LANES : groups;
    const make = side === "a" ? itemStore : laneStore;
    const store = old && old.capacity >= needed ? old : make(this.#arena, this.#program, needed);
    const own: Own = { nngp: new Float64Array(items.count), ntk: new Float64Array(items.count) };
    for (let group = 0; group < groups; group++) {
      const lanes = side === "a" ? this.#lanes.at(0) : store.at(group);
      this.#interleave(items, group, lanes.inputs);
      this.#execute(this.#image.self, SELF, lanes, lanes);
      for (const value of this.values) {
        const { numbers, scale } = this.#results(value, 1);
        const inside = Math.min(LANES, items.count - group * LANES);
        for (let lane = 0; lane < inside; lane++) own[value][group * LANES + lane] = numbers[lane]! * scale;
      }
      if (side === "a") this.#deal(store, group * LANES);
    }
    return { store, count: items.count, own, sketches: this.#near?.sketch(items) };
  }

  #execute(steps: number, mode: number, a: Addresses, b: Addresses): void {
    const items = this.#program.vectors ? BATCH : 0;
    this.#wasm.execute(steps, mode, a.slots, b.slots, a.inputs, b.inputs, items);
  }

  /** Results of the last run, of `items` times four pairs. */
  #results(value: KernelValue, items: number): { readonly numbers: Float32Array; readonly scale: number } {
    const result = this.#program[value];
    if (!result) return { numbers: new Float32Array(items * LANES), scale: 0 };
    const numbers = this.#arena.floats(this.#image.maps + result.offset, items * LANES);
    return { numbers, scale: result.scale };
  }

  /** Copies the last results into the tiles. */
  #write(place: { row: number; items: number; column: number; columns: number }): void {
    const { row, items, column, columns } = place;
    const inside = Math.min(LANES, columns - column);
    for (const value of this.values) {
      const { numbers, scale } = this.#results(value, items);
      const tile = this.#tiles[value];
      for (let i = 0; i < items; i++) {
        const at = (row + i) * columns + column;
        for (let lane = 0; lane < inside; lane++) tile[at + lane] = numbers[i * LANES + lane]! * scale;
      }
    }
  }

  #resize(size: number): void {
    for (const value of this.values) {
      if (this.#tiles[value].length !== size) this.#tiles[value] = new Float32Array(size);
    }
  }

  #finished(own: Own | undefined): Tile {
    if (own !== undefined) for (const value of this.values) mirror(this.#tiles[value], own[value]);
    return Object.fromEntries(this.values.map((value) => [value, this.#tiles[value]]));
  }

  /** Writes four items into lanes; the last group repeats the last item. */
  #interleave({ data, count }: ItemBlock, group: number, address: number): void {
    const { input } = this.#program;
    const numbers = input.positions * input.channels;
    const out = this.#arena.floats(address, numbers * LANES);
    for (let lane = 0; lane < LANES; lane++) {
      const from = Math.min(group * LANES + lane, count - 1) * numbers;
      for (let i = 0; i < numbers; i++) out[i * LANES + lane] = data[from + i]!;
    }
  }

  /** Gives four items of side A, from `first` on, what stands in lanes. */
  #deal(store: Store, first: number): void {
    const { input, slots, vectors, kept } = this.#program;
    const [lanes, rows] = [this.#lanes.at(0), store.at(first)];
    const inputStep = store.at(1).inputs - store.at(0).inputs;
    this.#wasm.deal(lanes.inputs, input.positions * input.channels, rows.inputs, inputStep);
    if (!vectors) {
      this.#wasm.deal(lanes.slots, slots, rows.slots, store.at(1).slots - store.at(0).slots);
      return;
    }
    for (const { offset, numbers } of kept) {
      const to = rows.slots + 4 * (offset * BATCH + (first % BATCH) * numbers);
      this.#wasm.deal(lanes.slots + offset * LANES * 4, numbers, to, numbers * 4);
    }
  }
}

function notLoaded(): FathomError {
  return new FathomError({
    code: "bad-input",
    message: "A tile has no items on one side.",
    where: "load",
    hint: "Load both sides before compute.",
  });
}
