/**
 * @file Tuning by a sequential sweep (criticality.md §7.3): the layers in their order, each with those before it already
 * tuned, get the gain at which their Jacobian is 1. J of a layer depends on gains up to its own, so the system is lower
 * triangular and one pass solves it, without second derivatives.
 *
 * What J leaves open is set by K: the first preactivation, those inside a residual branch, and logits behind a pool get
 * second moment 1. Behind a normalisation J depends on the size of what comes in, and J = 1 alone would let K shrink from
 * layer to layer; biases hold it (§4.3, §7.3, the trap). What a whole skip lets through is more than 1 at every gain: there
 * the branch gets a share 1/(2n) of n blocks, so that all of them amplify by no more than √e.
 */
import { buildModel, type Model } from "../../net/index.ts";
import type { CompileOptions } from "../../runtime/index.ts";
import { FathomError, type FloatDType, type Key, type NdArray, rademacher } from "../../tensor/index.ts";
import { meanBy } from "../../theory/index.ts";
import { checkInputs } from "../checks.ts";
import { seedKey } from "../jacobian.ts";
import { drawUnit, Gains } from "./gains.ts";
import { shareGains } from "./shared.ts";
import { isPooledReadout, type Site, type Stretch, tuningPlan } from "./sites.ts";
import { branchAim, wholeSkip } from "./skip.ts";
import { type GainSearch, solveGain } from "./solve.ts";
import { compileStages, type Stage, type StageRun, type Stages } from "./stage.ts";
import { type Front, Trial } from "./trial.ts";

/** How the tuning of a stretch ended. */
export interface StretchResult {
  /** l of the preactivation it ends in, from 1. */
  readonly index: number;
  readonly name: string;
  /**
   * `untunable`: no weights to scale. `normalised`: batch statistics fix J whatever the gains, which keep K. The others are
   * those of a search for a gain. `shared`: a file has these weights in several blocks.
   */
  readonly status: GainSearch["status"] | "untunable" | "normalised" | "shared";
  /** J of this stretch on the networks it was tuned on, and what it was tuned to; absent where K was. */
  readonly J: number;
  readonly target?: number;
}

/** How one stretch was tuned. */
type Tuned = Pick<StretchResult, "status" | "target">;

/** Gains by layer and how they were found. */
export interface SweepResult {
  readonly gains: Gains;
  readonly stretches: readonly StretchResult[];
}

/** What J leaves open. */
export interface SweepStrategy {
  /** K of the first preactivation. */
  readonly firstK: number;
  /** Where biases keep K from falling: behind normalisations, or in every layer without a whole skip. */
  readonly hold: "normalised" | "everywhere";
}

export interface SweepOptions {
  readonly model: Model;
  /** `[S, ...inputShape]` */
  readonly inputs: NdArray;
  readonly seeds: number;
  readonly probes: number;
  readonly key: Key;
  readonly dtype: FloatDType;
  readonly strategy: SweepStrategy;
  readonly options?: CompileOptions;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A quantity of a stretch, what it is at gain 0, and what it should be. */
interface Aim {
  readonly read: (run: StageRun) => number;
  readonly floor: number;
  readonly target: number;
}

const readJ = (run: StageRun) => run.J;
const readK = (run: StageRun) => run.K;

/**
 * Tunes a network by a sequential sweep.
 * @throws FathomError bad-input for a network without weights to scale, or inputs that do not fit; cancelled.
 */
export async function sweepGains(settings: SweepOptions): Promise<SweepResult> {
  // A gain of the stored values is one of the weights in the standard parameterisation only.
  const model = buildModel({ ...settings.model.net, parameterisation: "standard" });
  const sweep = new Sweep(model, settings);
  await using stages = await sweep.compile();
  return await sweep.run(stages);
}

/** One sweep: the sampled networks and the gains found so far. */
export class Sweep {
  readonly gains: Gains;
  readonly #model: Model;
  readonly #settings: SweepOptions;
  readonly #wholeSkips: number;

  constructor(model: Model, settings: SweepOptions) {
    const plan = tuningPlan(model);
    this.gains = new Gains(plan);
    if (plan.groups === 0) throw nothingToTune();
    this.#model = model;
    this.#settings = settings;
    this.#wholeSkips = plan.stretches.filter((stretch) => stretch.wholeSkip).length;
  }

  compile(): Promise<Stages> {
    const { inputs, probes, dtype, options } = this.#settings;
    return compileStages({
      model: this.#model,
      plan: this.gains.plan,
      samples: inputs.shape[0]!,
      probes,
      dtype,
      ...(options === undefined ? {} : { options }),
    });
  }

  async run({ stages }: Stages): Promise<SweepResult> {
    const results = await this.#pass(stages);
    const shared = await shareGains(this.gains, results, () => this.measure(stages));
    if (shared.size === 0) return { gains: this.gains, stretches: results };
    this.gains.keepOnly(shared);
    return { gains: this.gains, stretches: await this.#pass(stages) };
  }

  /** J of every stretch with the gains as they are. */
  async measure(stages: readonly Stage[]): Promise<number[]> {
    const found: number[] = [];
    let fronts = this.#start(stages[0]!);
    for (const [l, stage] of stages.entries()) {
      const trial = this.#trial(stage, fronts);
      const runs = await trial.run();
      found.push(meanBy(runs, ({ J }) => J));
      fronts = this.#advance(stages, l, runs);
    }
    return found;
  }

  async #pass(stages: readonly Stage[]): Promise<StretchResult[]> {
    const results: StretchResult[] = [];
    let fronts = this.#start(stages[0]!);
    let K = Number.NaN;
    for (const [l, stage] of stages.entries()) {
      this.#settings.signal?.throwIfAborted();
      this.#settings.onProgress?.(l, stages.length);
      const trial = this.#trial(stage, fronts);
      const tuned = await this.#tune(trial, { stretch: stage.stretch, place: l, last: stages.length - 1, K });
      const runs = await trial.run();
      K = meanBy(runs, (run) => run.K);
      const { name } = stage.stretch.layers.at(-1)!;
      results.push({ index: l + 1, name, ...tuned, J: meanBy(runs, ({ J }) => J) });
      fronts = this.#advance(stages, l, runs);
    }
    return results;
  }

  #start(first: Stage): Front[] {
    const { inputs, seeds, key, dtype } = this.#settings;
    const h = checkInputs(this.#model, inputs, dtype);
    return Array.from({ length: seeds }, (_, seed) => ({ h, tangents: this.#probe(first, key, seed) }));
  }

  #probe({ tangentShape }: Stage, key: Key, seed: number): NdArray {
    return rademacher(key.split("probes").split(seed), this.#settings.dtype, tangentShape);
  }

  /** Tangents start anew at the first preactivation: J(1, l) is what is asked for. */
  #advance(stages: readonly Stage[], l: number, runs: readonly StageRun[]): Front[] {
    const { key } = this.#settings;
    const next = stages[l + 1];
    return runs.map(({ h, tangents }, seed) => ({
      h,
      tangents: l === 0 && next !== undefined ? this.#probe(next, key.split("first"), seed) : tangents,
    }));
  }

  #trial(stage: Stage, fronts: readonly Front[]): Trial {
    const { key, dtype } = this.#settings;
    const sites = [...stage.stretch.inner, ...stage.stretch.finals];
    const units = fronts.map((_, seed) =>
      drawUnit(this.#model, { names: stage.parameters, sites, key: seedKey(key, seed), dtype }),
    );
    return new Trial(stage, { fronts, units, gains: this.gains });
  }

  async #tune(
    trial: Trial,
    { stretch, place, last, K }: { stretch: Stretch; place: number; last: number; K: number },
  ): Promise<Tuned> {
    await this.#tuneInner(trial, stretch);
    const finals = stretch.finals.filter((site) => !this.gains.isSet(site));
    if (finals.length === 0) return this.#given(stretch, place);
    const floor = await trial.at(finals, 0);
    const skips = floor.J > 0.5;
    const readout = place === last;
    if (!skips && (place === 0 || isPooledReadout(this.gains.plan, place))) {
      const wanted = place === 0 ? this.#settings.strategy.firstK : 1;
      return { status: await this.#searchK(trial, finals, { read: readK, floor: floor.K, target: wanted }) };
    }
    if (!skips && !readout && stretch.normalised && this.#model.mixesBatch) {
      const status = await this.#searchK(trial, finals, { read: readK, floor: floor.K, target: K });
      return { status: status === "ok" ? "normalised" : status };
    }
    if (floor.J >= wholeSkip) return this.#tuneBranch(trial, finals, floor.J);
    const target = 1;
    const status = await this.#search(trial, finals, { read: readJ, floor: floor.J, target });
    const held = stretch.normalised || this.#settings.strategy.hold === "everywhere";
    if (held && status === "ok" && !readout && place > 0) await this.#holdVariance(trial, finals, K);
    return { status, target };
  }

  /** A stretch whose weights are those of an earlier one, or that has none. */
  #given({ finals, wholeSkip }: Stretch, place: number): Tuned {
    if (finals.length === 0) return { status: "untunable" };
    if (place === 0) return { status: "ok" };
    return { status: "ok", target: wholeSkip ? 1 + 0.5 / this.#wholeSkips : 1 };
  }

  /** Behind a whole skip the branch has a share of what all of them may amplify; a branch with less than it may keep it. */
  async #tuneBranch(trial: Trial, finals: readonly Site[], floor: number): Promise<Tuned> {
    const { J } = await trial.at(finals, 1);
    const { target, keeps } = branchAim({ floor, J, blocks: this.#wholeSkips });
    if (keeps) {
      for (const site of finals) this.gains.setWeight(site, 1);
      return { status: "ok", target };
    }
    return { status: await this.#search(trial, finals, { read: readJ, floor, target }), target };
  }

  /** Sites before the last ones: their own output has second moment 1, the entries of tables variance 1. */
  async #tuneInner(trial: Trial, { inner }: Stretch): Promise<void> {
    for (const site of inner) {
      if (this.gains.isSet(site)) continue;
      if (site.table) {
        this.gains.setWeight(site, 1 / Math.sqrt(site.sw2));
        continue;
      }
      const read = (run: StageRun) => run.siteK.get(site)!;
      const floor = meanBy(await trial.with([site], 0), read);
      await this.#searchK(trial, [site], { read, floor, target: 1 });
    }
  }

  /** The search for a second moment, of which weights make at least half where biases are large. */
  #searchK(trial: Trial, sites: readonly Site[], { read, floor, target }: Aim) {
    return this.#search(trial, sites, { read, floor, target: Math.max(target, 2 * floor) });
  }

  /** Sets the common gain of some sites where a quantity reaches its target. */
  async #search(trial: Trial, sites: readonly Site[], { read, ...aim }: Aim): Promise<GainSearch["status"]> {
    const value = async (gain: number) => meanBy(await trial.with(sites, gain), read);
    const { gain, status } = await solveGain(value, aim);
    for (const site of sites) this.gains.setWeight(site, gain);
    return status;
  }

  /** Gives biases the variance that keeps K, where the weights alone would let it fall. */
  async #holdVariance(trial: Trial, finals: readonly Site[], K: number): Promise<void> {
    const holders = finals.filter(({ biases }) => biases.length === 1);
    const lost = K - meanBy(await trial.run(), (run) => run.K);
    if (holders.length === 0 || !(lost > 0)) return;
    for (const site of holders) this.gains.setSb2(site, this.gains.sb2(site) + lost / holders.length);
  }
}

/** The refusal of a network without gains. */
export function nothingToTune(): FathomError {
  return new FathomError({
    code: "bad-input",
    where: "layers",
    message: "The network has no weights to scale: none, or all of them are frozen or start at zero.",
    hint: "Give it a dense, convolutional or attention layer whose weights are trained and have a variance above 0.",
  });
}
