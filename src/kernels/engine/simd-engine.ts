/** @file Runs a layer program on tiles: what activations keep of items is made once a side, then pairs run four by four. */
import { FathomError } from "../../tensor/index.ts";
import type { AssemblyModule } from "../assembly.ts";
import type { Program } from "../compile/index.ts";
import type { ItemBlock, KernelValue, Tile, TileEngine } from "../types.ts";
import { Arena, LANES, type Places, type Store } from "./memory.ts";
import { diagonalRectangles } from "./rectangles.ts";

/** Modes of assembly/covariance/modes.ts. */
const PAIR = 0;
const SELF = 1;

interface Interpreter {
  place(maps: number, scratch: number, spare: number): void;
  run(
    program: number,
    mode: number,
    rectangles: number,
    a: number,
    b: number,
    inputA: number,
    inputB: number,
  ): void;
  deal(lanes: number, count: number, rows: number, stride: number): void;
}

/** What is kept of the items of one side. */
interface Side {
  readonly store: Store;
  readonly count: number;
  readonly variances: Float64Array;
}

/** The interpreter with one program, and the items of both sides. */
export class SimdEngine implements TileEngine {
  readonly build: AssemblyModule["build"];
  readonly values: readonly KernelValue[];
  readonly #program: Program;
  readonly #arena = new Arena();
  readonly #wasm: Interpreter;
  readonly #places: Places;
  /** Four items of side A in lanes, before each gets its own. */
  readonly #lanes: Store;
  readonly #sides: Record<"a" | "b", Side | undefined> = { a: undefined, b: undefined };
  #tile = new Float32Array(0);

  constructor(program: Program, assembly: AssemblyModule, values: readonly KernelValue[]) {
    this.build = assembly.build;
    this.values = values;
    this.#program = program;
    this.#places = this.#arena.places(program, diagonalRectangles(program.spaces));
    this.#lanes = this.#arena.store(program, 1, LANES);
    const { memory } = this.#arena;
    const instance = new WebAssembly.Instance(assembly.module, { env: { memory } });
    this.#wasm = instance.exports as unknown as Interpreter;
    this.#wasm.place(this.#places.maps, this.#places.scratch, this.#places.spare);
  }

  load(side: "a" | "b", items: ItemBlock): void {
    const groups = Math.ceil(items.count / LANES);
    const needed = side === "a" ? groups * LANES : groups;
    const old = this.#sides[side]?.store;
    const fits = old !== undefined && old.capacity >= needed;
    const store = fits ? old : this.#arena.store(this.#program, needed, side === "a" ? 1 : LANES);
    const variances = new Float64Array(items.count);
    for (let group = 0; group < groups; group++) {
      const lanes = side === "a" ? at(this.#lanes, 0) : at(store, group);
      this.#interleave(items, group, lanes.inputs);
      this.#run(SELF, lanes, lanes);
      this.#result().forEach((value, lane) => {
        if (group * LANES + lane < items.count) variances[group * LANES + lane] = value;
      });
      if (side === "a") this.#deal(store, group * LANES);
    }
    this.#sides[side] = { store, count: items.count, variances };
  }

  compute({ same }: { readonly same: boolean }): Tile {
    const { a, b } = this.#sides;
    if (a === undefined || b === undefined) throw notLoaded();
    const tile = this.#output(a.count * b.count);
    for (let group = 0; group * LANES < b.count; group++) {
      const lanes = at(b.store, group);
      const inside = Math.min(LANES, b.count - group * LANES);
      for (let i = same ? group * LANES : 0; i < a.count; i++) {
        this.#run(PAIR, at(a.store, i), lanes);
        const values = this.#result();
        for (let lane = 0; lane < inside; lane++) tile[i * b.count + group * LANES + lane] = values[lane]!;
      }
    }
    if (same) mirror(tile, a.variances);
    return { nngp: tile };
  }

  dispose(): void {
    this.#sides.a = undefined;
    this.#sides.b = undefined;
  }

  #run(mode: number, a: Addresses, b: Addresses): void {
    const { program, rectangles } = this.#places;
    this.#wasm.run(program, mode, rectangles, a.slots, b.slots, a.inputs, b.inputs);
  }

  /** The result of the last run, lane by lane. */
  #result(): number[] {
    const { offset, scale } = this.#program.nngp;
    const lanes = new Float32Array(this.#arena.memory.buffer, this.#places.maps + offset, LANES);
    return Array.from(lanes, (value) => value * scale);
  }

  #output(size: number): Float32Array {
    if (this.#tile.length !== size) this.#tile = new Float32Array(size);
    return this.#tile;
  }

  /** Writes four items into lanes; the last group repeats the last item. */
  #interleave({ data, count }: ItemBlock, group: number, address: number): void {
    const { input } = this.#program;
    const numbers = input.positions * input.channels;
    const out = new Float32Array(this.#arena.memory.buffer, address, numbers * LANES);
    for (let lane = 0; lane < LANES; lane++) {
      const from = Math.min(group * LANES + lane, count - 1) * numbers;
      for (let i = 0; i < numbers; i++) out[i * LANES + lane] = data[from + i]!;
    }
  }

  /** Gives four items of side A, from `first` on, what stands in lanes. */
  #deal(store: Store, first: number): void {
    const { input, slots } = this.#program;
    const [lanes, rows] = [at(this.#lanes, 0), at(store, first)];
    this.#wasm.deal(lanes.inputs, input.positions * input.channels, rows.inputs, store.inputStep);
    this.#wasm.deal(lanes.slots, slots, rows.slots, store.slotStep);
  }
}

interface Addresses {
  readonly inputs: number;
  readonly slots: number;
}

/** Addresses of an item or group. */
function at({ inputs, inputStep, slots, slotStep }: Store, i: number): Addresses {
  return { inputs: inputs + i * inputStep, slots: slots + i * slotStep };
}

/** Fills the upper triangle from the lower one, and the diagonal with the variances. */
function mirror(tile: Float32Array, variances: Float64Array): void {
  const n = variances.length;
  for (let i = 0; i < n; i++) {
    tile[i * n + i] = variances[i]!;
    for (let j = 0; j < i; j++) tile[j * n + i] = tile[i * n + j]!;
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
