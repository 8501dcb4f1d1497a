/**
 * @file A sequential sweep on weights that are given (criticality.md §7.3): factors for the weights that multiply last in each
 * block of an imported graph, so that J(1, l) is 1 at every tap. Each block is measured behind blocks that are scaled already.
 * The same rules as for described networks: K = 1 at the first tap and of the readout, a share of 1/(2n) for branches beside
 * whole skips. One network has one draw of weights: nothing is averaged but inputs.
 */
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, Key, type NdArray, rademacher } from "../../tensor/index.ts";
import { meanBy } from "../../theory/index.ts";
import { probesForUnits } from "../default-probes.ts";
import { batchesOf, type ForeignChain, judgedTaps, withScaled } from "../foreign/index.ts";
import { compileGiven, type GivenFront, type GivenRun, type GivenStage } from "./given-stage.ts";
import { branchAim, wholeSkip } from "./skip.ts";
import { type GainSearch, solveGain } from "./solve.ts";
import type { StretchResult } from "./sweep.ts";

export interface GivenTuneOptions {
  /** `[n, ...example]`, whole batches of the chain. */
  readonly inputs: NdArray;
  /** Rademacher probes a batch; `probesForUnits` unless said. */
  readonly probes?: number;
  readonly key?: Key;
  readonly options?: CompileOptions;
  /** Called before each block. */
  readonly onBlock?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A weight's factor. */
export interface WeightGain {
  /** The weight's name in the file: `layers.3.weight`. */
  readonly layer: string;
  readonly block: string;
  readonly weight: number;
  /** Factor of the bias beside it; 1 where there is none. */
  readonly bias: number;
  /** Its name; undefined where there is none. */
  readonly biasName: string | undefined;
}

export interface GivenTuning {
  readonly gains: readonly WeightGain[];
  readonly stretches: readonly StretchResult[];
  /** The chain with these factors in its weights. */
  readonly chain: ForeignChain;
}

/**
 * Factors for the weights of an imported network.
 * @throws FathomError bad-input where no block has weights of its own; as `batchesOf` for inputs.
 * @example (await tuneGiven(foreignChain(model), { inputs })).gains // [{ layer: "layers.0.weight", weight: 0.01, … }]
 */
export async function tuneGiven(chain: ForeignChain, settings: GivenTuneOptions): Promise<GivenTuning> {
  const { key = Key.fromSeed(0), options } = settings;
  const probes = settings.probes ?? probesForUnits(chain.taps.map(({ units }) => units));
  const batches = batchesOf(chain, settings.inputs);
  await using compiled = await compileGiven(chain, { probes, ...(options === undefined ? {} : { options }) });
  const sweep = new GivenSweep(chain, compiled.stages, key.split("probes"));
  const stretches = await sweep.run(batches, settings);
  const gains = sweep.gains();
  if (gains.length === 0) throw nothingToScale();
  return { gains, stretches, chain: withScaled(chain, sweep.factors) };
}

/** A block with its program, and what comes to it. */
interface Place {
  readonly index: number;
  readonly stage: GivenStage;
  readonly fronts: readonly GivenFront[];
}

type Tuned = Pick<StretchResult, "status" | "target">;

type Factors = ReadonlyMap<string, number>;

type Measured = Pick<GivenRun, "J" | "K">;

/** A quantity of a block, what it is at factor 0, and what it should be. */
interface Aim {
  readonly read: (run: Measured) => number;
  readonly floor: number;
  readonly target: number;
}

const readJ = ({ J }: Measured) => J;
const readK = ({ K }: Measured) => K;

/** Inner second moments within this factor of 1 are left alone. */
const farFromOne = 10;

class GivenSweep {
  readonly factors = new Map<string, number>();
  readonly #chain: ForeignChain;
  readonly #stages: readonly GivenStage[];
  readonly #key: Key;
  /** In how many blocks a weight is used. */
  readonly #uses = new Map<string, number>();
  readonly #branches: number;

  constructor(chain: ForeignChain, stages: readonly GivenStage[], key: Key) {
    this.#chain = chain;
    this.#stages = stages;
    this.#key = key;
    for (const { weights } of stages)
      for (const name of weights) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    this.#branches = chain.ends.filter(({ kind }) => kind === "residual").length;
  }

  async run(
    batches: readonly NdArray[],
    { onBlock, signal }: Pick<GivenTuneOptions, "onBlock" | "signal">,
  ): Promise<StretchResult[]> {
    const results: StretchResult[] = [];
    let fronts: readonly GivenFront[] = batches.map((x) => ({ x }));
    for (const [i, stage] of this.#stages.entries()) {
      signal?.throwIfAborted();
      onBlock?.(i, this.#stages.length);
      const place = { index: i, stage, fronts };
      const tuned = await this.#tune(place);
      const runs = await this.#runs(place);
      results.push({ index: i + 1, name: this.#chain.taps[i]!.name, ...tuned, J: meanBy(runs, readJ) });
      fronts = runs.map(({ front }, batch) => (i === 0 ? this.#withTangents(stage, front, batch) : front));
    }
    return results;
  }

  /** Every factor, in the order of the blocks. */
  gains(): WeightGain[] {
    return this.#chain.ends.flatMap(({ name: block, inner }, i) =>
      [...this.#unshared(inner.flatMap(({ weights }) => weights)), ...this.#own(i)].map((layer) => {
        const biasName = this.#biasOf(layer);
        const bias = biasName === undefined ? 1 : (this.factors.get(biasName) ?? 1);
        return { layer, block, weight: this.factors.get(layer) ?? 1, bias, biasName };
      }),
    );
  }

  #withTangents({ tangentShape }: GivenStage, front: GivenFront, batch: number): GivenFront {
    return { ...front, tangents: rademacher(this.#key.split(batch), this.#chain.dtype, tangentShape) };
  }

  /** The weights that a block's size is set by, and that no other block uses. */
  #own(index: number): readonly string[] {
    return this.#unshared(this.#chain.ends[index]!.last);
  }

  #unshared(names: readonly string[]): string[] {
    return [...new Set(names)].filter((name) => this.#uses.get(name) === 1);
  }

  #biasOf(weight: string): string | undefined {
    const name = weight.replace(/weight$/, "bias");
    return name !== weight && this.#uses.get(name) === 1 ? name : undefined;
  }

  async #tune(place: Place): Promise<Tuned> {
    const { index } = place;
    await this.#tuneInner(place);
    const own = this.#own(index);
    if (own.length === 0) {
      return { status: this.#chain.ends[index]!.last.length === 0 ? "untunable" : "shared" };
    }
    const readout = index >= judgedTaps(this.#chain);
    const tuned = index === 0 || readout ? await this.#tuneK(place, own) : await this.#tuneJ(place, own);
    await this.#quietBiases(place, own);
    return tuned;
  }

  /**
   * Weights inside a block: J is set by the last ones, whatever these do, but not what a softmax or tanh behind them makes of
   * their size. Where the mean square of what they give is far from 1, it becomes 1; it goes as the square of the factor.
   */
  async #tuneInner(place: Place): Promise<void> {
    for (const [i, { weights }] of this.#chain.ends[place.index]!.inner.entries()) {
      const own = this.#unshared(weights).filter((name) => !this.factors.has(name));
      if (own.length === 0) continue;
      const K = meanBy(await this.#runs(place), ({ innerK }) => innerK[i]!);
      if (!(K > 0 && Number.isFinite(K)) || Math.abs(Math.log(K)) < Math.log(farFromOne)) continue;
      for (const name of own) this.factors.set(name, 1 / Math.sqrt(K));
    }
  }

  /** K = 1, of which biases make at most half. */
  async #tuneK(place: Place, own: readonly string[]): Promise<Tuned> {
    const floor = await this.#at(place, all(own, 0));
    const biases = own.flatMap((name) => this.#biasOf(name) ?? []);
    if (floor.K > 0.5) for (const name of biases) this.factors.set(name, Math.sqrt(0.5 / floor.K));
    const left = floor.K > 0.5 ? (await this.#at(place, all(own, 0))).K : floor.K;
    const aim = { read: readK, floor: left, target: Math.max(1, 2 * left) };
    return { status: await this.#search(place, own, aim) };
  }

  /** J = 1, or what a branch beside a whole skip should have; of several branches each gets its part, one after the other. */
  async #tuneJ(place: Place, own: readonly string[]): Promise<Tuned> {
    const { J: floor } = await this.#at(place, all(own, 0));
    const { J } = await this.#at(place, all(own, 1));
    const { target, keeps } =
      floor < wholeSkip ? { target: 1, keeps: false } : branchAim({ floor, J, blocks: this.#branches });
    if (keeps) return { status: "ok", target };
    let status: Tuned["status"] = "ok";
    let before = floor;
    for (const [i, name] of own.entries()) {
      const later = all(own.slice(i + 1), 0);
      const part = floor + ((target - floor) * (i + 1)) / own.length;
      if (!(before < part)) return { status: "insensitive", target };
      const found = await this.#search(place, [name], { read: readJ, floor: before, target: part }, later);
      if (found !== "ok") status = found;
      before = (await this.#at(place, later)).J;
    }
    return { status, target };
  }

  /** Sets the common factor of some weights where a quantity reaches its target. */
  async #search(
    place: Place,
    weights: readonly string[],
    { read, ...aim }: Aim,
    instead: Factors = new Map(),
  ): Promise<GainSearch["status"]> {
    const value = async (factor: number) =>
      read(await this.#at(place, new Map([...instead, ...all(weights, factor)])));
    const { gain, status } = await solveGain(value, aim);
    for (const name of weights) this.factors.set(name, gain);
    return status;
  }

  /** Biases that bring more than the rest, and more than 1, would saturate what follows: they are given no more than the rest. */
  async #quietBiases(place: Place, own: readonly string[]): Promise<void> {
    const biases = own.flatMap((name) => this.#biasOf(name) ?? []);
    const { K: before } = await this.#at(place, new Map());
    const { K: rest } = await this.#at(place, all(biases, 0));
    const most = Math.max(1, rest);
    if (!(before - rest > most)) return;
    for (const name of biases) this.factors.set(name, Math.sqrt(most / (before - rest)));
  }

  /** With these factors instead of those found so far. */
  async #at(place: Place, instead: Factors): Promise<Measured> {
    const runs = await this.#runs(place, instead);
    return { J: meanBy(runs, readJ), K: meanBy(runs, readK) };
  }

  async #runs({ stage, fronts }: Place, instead: Factors = new Map()): Promise<GivenRun[]> {
    const factors = new Map([...this.factors, ...instead]);
    const runs: GivenRun[] = [];
    for (const front of fronts) runs.push(await stage.run(front, factors));
    return runs;
  }
}

/** One factor for some weights. */
function all(names: readonly string[], factor: number): Factors {
  return new Map(names.map((name) => [name, factor]));
}

function nothingToScale(): FathomError {
  return new FathomError({
    code: "bad-input",
    where: "model",
    message: "No block of the model has weights of its own that a factor could scale.",
    hint: "Export it with its weights as parameters and without merging equal ones: python/fathom.py does.",
  });
}
