/** @file Runs a layer program on tiles: what activations keep of items is made once a side, then pairs run four by four. */
import { FathomError } from "../../tensor/index.ts";
import type { AssemblyModule } from "../assembly.ts";
import { BATCH, type Program } from "../compile/index.ts";
import type { ItemBlock, KernelValue, Tile, TileEngine } from "../types.ts";
import { type Image, imageOf } from "./image.ts";
import { type Addresses, Arena, itemStore, LANES, laneStore, type Store } from "./memory.ts";
import type { NearPairs } from "./near.ts";
import { preparation } from "./prepare.ts";
import { mirror, type Own, type Side } from "./side.ts";

/** Modes of assembly/covariance/modes.ts. */
const PAIR = 0;
const SELF = 1;

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
  readonly #near: NearPairs | undefined;
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
    const { memory } = this.#arena;
    const { maps, lists, scratch, spare } = this.#image;
    const prepare = preparation(this.#arena, program, maps);
    const instance = new WebAssembly.Instance(assembly.module, { env: { memory, prepare } });
    this.#wasm = instance.exports as unknown as Interpreter;
    this.#wasm.place(maps, lists, scratch, spare);
  }

  load(side: "a" | "b", items: ItemBlock): void {
    const groups = Math.ceil(items.count / LANES);
    const store = this.#room(side, groups);
    const own: Own = { nngp: new Float64Array(items.count), ntk: new Float64Array(items.count) };
    for (let group = 0; group < groups; group++) {
      const lanes = side === "a" ? this.#lanes.at(0) : store.at(group);
      this.#interleave(items, group, lanes.inputs);
      this.#execute(this.#image.self, SELF, lanes, lanes);
      for (const value of this.values) {
        const results = this.#results(value, 1);
        const inside = Math.min(LANES, items.count - group * LANES);
        for (let lane = 0; lane < inside; lane++) own[value][group * LANES + lane] = results(lane);
      }
      if (side === "a") this.#deal(store, group * LANES);
    }
    this.#near?.load(side, items);
    this.#sides[side] = { store, count: items.count, own };
  }

  compute({ same }: { readonly same: boolean }): Tile {
    const { a, b } = this.#sides;
    if (a === undefined || b === undefined) throw notLoaded();
    this.#resize(a.count * b.count);
    const together = this.#program.vectors ? BATCH : 1;
    for (let group = 0; group * LANES < b.count; group++) {
      const lanes = b.store.at(group);
      const first = same ? group * LANES : 0;
      for (let i = first - (first % together); i < a.count; i += together) {
        const items = Math.min(together, a.count - i);
        this.#image.share(items);
        this.#execute(this.#image.pairs, PAIR, a.store.at(i), lanes);
        this.#write({ row: i, items, column: group * LANES, columns: b.count });
      }
    }
    this.#near?.patch(this.#tiles.ntk, { same, own: a.own.ntk });
    return this.#finished(same ? a.own : undefined);
  }

  dispose(): void {
    this.#sides.a = undefined;
    this.#sides.b = undefined;
  }

  /** The store of a side, larger where it has to be. */
  #room(side: "a" | "b", groups: number): Store {
    const old = this.#sides[side]?.store;
    const needed = side === "a" ? groups * LANES : groups;
    if (old !== undefined && old.capacity >= needed) return old;
    return side === "a"
      ? itemStore(this.#arena, this.#program, needed)
      : laneStore(this.#arena, this.#program, needed);
  }

  #execute(steps: number, mode: number, a: Addresses, b: Addresses): void {
    const items = this.#program.vectors ? BATCH : 0;
    this.#wasm.execute(steps, mode, a.slots, b.slots, a.inputs, b.inputs, items);
  }

  /** Results of the last run, of `items` times four pairs. */
  #results(value: KernelValue, items: number): (i: number) => number {
    const result = this.#program[value];
    if (!result) return () => 0;
    const numbers = this.#arena.floats(this.#image.maps + result.offset, items * LANES);
    return (i) => numbers[i]! * result.scale;
  }

  /** Copies the last results into the tiles. */
  #write(place: { row: number; items: number; column: number; columns: number }): void {
    const { row, items, column, columns } = place;
    const inside = Math.min(LANES, columns - column);
    for (const value of this.values) {
      const results = this.#results(value, items);
      const tile = this.#tiles[value];
      for (let i = 0; i < items; i++) {
        const at = (row + i) * columns + column;
        for (let lane = 0; lane < inside; lane++) tile[at + lane] = results(i * LANES + lane);
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
