/**
 * @file A surface from its graph: values, gradients and products with the Hessian, each compiled when it is first asked for, over
 * batches that are prepared once. Sums over batches are taken in float64.
 */
import {
  input,
  inputName,
  inputsOf,
  mul,
  orZeros,
  reduceSum,
  Scope,
  type Tensor,
  vjp,
  withScope,
} from "../../expr/index.ts";
import { type CompileOptions, compile, type Executable } from "../../runtime/index.ts";
import { type FloatDType, type NdArray, ndarray, sizeOf } from "../../tensor/index.ts";
import { hessianProducts } from "../hessian-graph.ts";
import { dimensionOf } from "./coordinates.ts";
import { cutBefore } from "./held.ts";
import type { Coordinate, HessianAt, Surface, SurfaceGradient, SurfaceValue } from "./types.ts";

type Arrays = Readonly<Record<string, NdArray>>;

/** One batch of the evaluation set, as it is fed. */
export interface SurfaceBatch {
  readonly feeds: Arrays;
  /** How many of its examples count; what follows them fills it up. */
  readonly rows: number;
}

/** The loss of one batch as expressions. */
export interface SurfaceGraph {
  /** In the order of the coordinates. */
  readonly parameters: readonly Tensor[];
  /** Loss of each example, `[B]`. */
  readonly losses: Tensor;
  /** 1 for each example that is wrong, `[B]`; where there are classes. */
  readonly mistakes?: Tensor;
}

export interface SurfaceParts {
  readonly coordinates: readonly Coordinate[];
  /** Called once, in a scope of the surface's own. */
  readonly graph: () => SurfaceGraph;
  readonly batches: readonly SurfaceBatch[];
  /** What is fed besides at every place: frozen parameters, running statistics. */
  readonly fixed?: Arrays;
  /** What is fed besides, as it follows from the coordinates at a place: statistics that are computed anew. */
  readonly settle?: (point: Arrays) => Promise<Arrays>;
  readonly dtype: FloatDType;
  readonly assumptions: readonly string[];
  readonly others?: ReadonlySet<string>;
  /** Bytes that intermediate values of all batches may take while a Hessian is in use; 512 MB unless said. */
  readonly hold?: number;
  readonly options?: CompileOptions;
  /** Let go of with the surface. */
  readonly dispose?: () => Promise<void>;
}

const usualHold = 2 ** 29;
const WEIGHTS = "weights of examples";
const vectorName = (i: number) => `vector ${i}`;

/** Makes a surface of its parts. Nothing is compiled before it is needed. */
export function surfaceOf(parts: SurfaceParts): Surface {
  return new CompiledSurface(parts);
}

interface HessianPrograms {
  /** Computes what is held; undefined where nothing is. */
  readonly prepare: Program | undefined;
  readonly product: Program;
}

/** An executable and the inputs it takes. */
interface Program {
  readonly executable: Executable;
  readonly takes: readonly string[];
}

class CompiledSurface implements Surface {
  readonly coordinates: readonly Coordinate[];
  readonly dimension: number;
  readonly examples: number;
  readonly dtype: FloatDType;
  readonly assumptions: readonly string[];
  readonly others: ReadonlySet<string>;
  readonly #parts: SurfaceParts;
  readonly #graph: SurfaceGraph & { readonly mean: Tensor };
  readonly #scope = new Scope();
  readonly #feeds: readonly Arrays[];
  #value: Promise<Program> | undefined;
  #gradient: Promise<Program> | undefined;
  #hessian: Promise<HessianPrograms> | undefined;

  constructor(parts: SurfaceParts) {
    this.#parts = parts;
    this.coordinates = parts.coordinates;
    this.dimension = dimensionOf(parts.coordinates);
    this.examples = parts.batches.reduce((sum, { rows }) => sum + rows, 0);
    this.dtype = parts.dtype;
    this.assumptions = [...parts.assumptions, parts.dtype];
    this.others = parts.others ?? new Set();
    this.#graph = withScope(this.#scope, () => {
      const graph = parts.graph();
      const weights = input(WEIGHTS, graph.losses.shape, parts.dtype);
      return { ...graph, mean: reduceSum(mul(graph.losses, weights)) };
    });
    const [size] = this.#graph.losses.shape as [number];
    this.#feeds = parts.batches.map(({ feeds, rows }) => {
      const weights = Float64Array.from({ length: size }, (_, i) => (i < rows ? 1 / rows : 0));
      return { ...feeds, [WEIGHTS]: ndarray(parts.dtype, [size], weights) };
    });
  }

  async value(w: Float64Array): Promise<SurfaceValue> {
    this.#value ??= this.#compile(() => ({
      losses: this.#graph.losses,
      ...(this.#graph.mistakes === undefined ? {} : { mistakes: this.#graph.mistakes }),
    }));
    const program = await this.#value;
    let [loss, wrong] = [0, 0];
    await this.#overBatches(program, await this.#at(w), (outputs, rows) => {
      loss += sumOf(outputs["losses"]!, rows);
      if (outputs["mistakes"] !== undefined) wrong += sumOf(outputs["mistakes"], rows);
    });
    const mean = loss / this.examples;
    return this.#graph.mistakes === undefined ? { loss: mean } : { loss: mean, error: wrong / this.examples };
  }

  async gradient(w: Float64Array): Promise<SurfaceGradient> {
    this.#gradient ??= this.#compile(() => ({
      losses: this.#graph.losses,
      ...numbered(gradientsOf(this.#graph)),
    }));
    const program = await this.#gradient;
    const gradient = new Float64Array(this.dimension);
    let loss = 0;
    await this.#overBatches(program, await this.#at(w), (outputs, rows) => {
      loss += sumOf(outputs["losses"]!, rows);
      this.#gather(gradient, outputs, rows);
    });
    return { loss: loss / this.examples, gradient };
  }

  async hessian(w: Float64Array): Promise<HessianAt> {
    this.#hessian ??= this.#compileHessian();
    const { prepare, product } = await this.#hessian;
    const at = await this.#at(w);
    const held: Arrays[] = [];
    for (const feeds of this.#feeds) {
      const all = { ...at, ...feeds };
      held.push(prepare === undefined ? {} : await prepare.executable.run(pick(all, prepare.takes)));
    }
    return {
      apply: async (v) => {
        const result = new Float64Array(this.dimension);
        const fed = { ...at, ...this.#pieces(v, (i) => vectorName(i)) };
        await this.#overBatches(product, fed, (outputs, rows) => this.#gather(result, outputs, rows), held);
        return result;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const programs = await Promise.allSettled([this.#value, this.#gradient]);
    for (const each of programs) {
      if (each.status === "fulfilled") await each.value?.executable.dispose();
    }
    const [hessian] = await Promise.allSettled([this.#hessian]);
    if (hessian.status === "fulfilled") {
      await hessian.value?.prepare?.executable.dispose();
      await hessian.value?.product.executable.dispose();
    }
    await this.#parts.dispose?.();
  }

  /** What is fed for the place: its coordinates, and what follows from them. */
  async #at(w: Float64Array): Promise<Arrays> {
    const point = this.#pieces(w, (i) => this.coordinates[i]!.name);
    const { settle, fixed } = this.#parts;
    return { ...fixed, ...point, ...(await settle?.(point)) };
  }

  /** A vector in the pieces of the coordinates. */
  #pieces(vector: Float64Array, nameOf: (i: number) => string): Record<string, NdArray> {
    let offset = 0;
    const entries = this.coordinates.map(({ shape }, i) => {
      const piece = vector.subarray(offset, offset + sizeOf(shape));
      offset += piece.length;
      const data = this.dtype === "float32" ? new Float32Array(piece) : piece;
      return [nameOf(i), ndarray(this.dtype, shape, data)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** target ← target + (rows / examples) pieces. */
  #gather(target: Float64Array, outputs: Arrays, rows: number): void {
    const share = rows / this.examples;
    let offset = 0;
    for (const [i, { shape }] of this.coordinates.entries()) {
      const size = sizeOf(shape);
      const piece = target.subarray(offset, offset + size);
      const data = outputs[resultName(i)]!.data as Float64Array;
      // One batch is all there is: a copy by the engine, where a loop takes several times as long.
      if (rows === this.examples) piece.set(data);
      else for (let j = 0; j < size; j++) piece[j]! += share * data[j]!;
      offset += size;
    }
  }

  async #overBatches(
    { executable, takes }: Program,
    at: Arrays,
    take: (outputs: Arrays, rows: number) => void,
    held: readonly Arrays[] = [],
  ): Promise<void> {
    for (const [i, { rows }] of this.#parts.batches.entries()) {
      take(await executable.run(pick({ ...at, ...this.#feeds[i]!, ...held[i] }, takes)), rows);
    }
  }

  async #compile(outputs: () => Record<string, Tensor>): Promise<Program> {
    return this.#program(withScope(this.#scope, outputs));
  }

  async #program(outputs: Record<string, Tensor>): Promise<Program> {
    const inputs = inputsOf(Object.values(outputs));
    const { options } = this.#parts;
    const executable = await compile({ inputs, outputs, ...(options ? { options } : {}) });
    return { executable, takes: inputs.map(inputName) };
  }

  async #compileHessian(): Promise<HessianPrograms> {
    const { hold = usualHold, batches } = this.#parts;
    const cut = withScope(this.#scope, () => {
      const { parameters, mean } = this.#graph;
      const vectors = parameters.map(({ shape, dtype }, i) => input(vectorName(i), shape, dtype));
      const results = hessianProducts(mean, parameters, vectors);
      return { whole: results, ...cutBefore(results, vectors) };
    });
    if (cut.bytes * batches.length > hold) {
      return { prepare: undefined, product: await this.#program(numbered(cut.whole)) };
    }
    const product = await this.#program(numbered(cut.results));
    if (Object.keys(cut.held).length === 0) return { prepare: undefined, product };
    return { prepare: await this.#program(cut.held), product };
  }
}

function gradientsOf({ mean, parameters }: { mean: Tensor; parameters: readonly Tensor[] }): Tensor[] {
  return vjp([mean], parameters).map((gradient, i) => orZeros(gradient, parameters[i]!));
}

const resultName = (i: number) => `result ${i}`;

function numbered(results: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(results.map((tensor, i) => [resultName(i), tensor]));
}

function pick(arrays: Arrays, names: readonly string[]): Record<string, NdArray> {
  return Object.fromEntries(names.map((name) => [name, arrays[name]!]));
}

function sumOf({ data }: NdArray, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Number(data[i]);
  return sum;
}
