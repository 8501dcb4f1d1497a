/**
 * @file One stretch of a sweep with gains that are being tried, on all sampled networks: the same random numbers at every
 * gain.
 */
import type { NdArray } from "../../tensor/index.ts";
import { meanBy } from "../../theory/index.ts";
import { type Gains, scaledArrays, type UnitArrays } from "./gains.ts";
import type { Site } from "./sites.ts";
import type { Stage, StageRun } from "./stage.ts";

/** What has come to the front of the sweep in one sampled network. */
export interface Front {
  readonly h: NdArray;
  readonly tangents: NdArray;
}

/** Runs one stretch on all sampled networks with gains that are being tried. */
export class Trial {
  readonly #stage: Stage;
  readonly #fronts: readonly Front[];
  readonly #units: readonly UnitArrays[];
  readonly #gains: Gains;
  /** The latest run and the variances it had: a search ends where the next question begins. */
  #latest: { readonly of: string; readonly runs: StageRun[] } | undefined;

  constructor(
    stage: Stage,
    { fronts, units, gains }: { fronts: readonly Front[]; units: readonly UnitArrays[]; gains: Gains },
  ) {
    this.#stage = stage;
    this.#fronts = fronts;
    this.#units = units;
    this.#gains = gains;
  }

  /** With the gains as they are. */
  run(): Promise<StageRun[]> {
    return this.with([], 1);
  }

  /** With one gain in some sites instead of theirs. */
  async with(sites: readonly Site[], gain: number): Promise<StageRun[]> {
    const { inner, finals } = this.#stage.stretch;
    const tried = new Set(sites.map(({ group }) => group));
    const trying = {
      weight: (site: Site) => (tried.has(site.group) ? gain : this.#gains.weight(site)),
      sb2: (site: Site) => this.#gains.sb2(site),
    };
    const of = [...inner, ...finals].map((site) => `${trying.weight(site)} ${trying.sb2(site)}`).join();
    if (this.#latest?.of === of) return this.#latest.runs;
    const runs: StageRun[] = [];
    for (const [seed, { h, tangents }] of this.#fronts.entries()) {
      const arrays = scaledArrays(this.#units[seed]!, [...inner, ...finals], trying);
      runs.push(await this.#stage.run(h, tangents, arrays));
    }
    this.#latest = { of, runs };
    return runs;
  }

  async at(sites: readonly Site[], gain: number): Promise<{ J: number; K: number }> {
    const runs = await this.with(sites, gain);
    return { J: meanBy(runs, ({ J }) => J), K: meanBy(runs, ({ K }) => K) };
  }
}
