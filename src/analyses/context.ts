/**
 * @file What an analysis is given: the network bound to the data, the budget, the seed, and results that several
 * analyses share (computed once, by whoever asks first).
 */
import type { Dataset } from "../data/index.ts";
import { buildModel, type Model, type Net, withInput } from "../net/index.ts";
import { checkFit } from "../train/index.ts";
import { RunContext, type RunSettings } from "./run-context.ts";

export interface SurveySettings extends RunSettings {
  readonly net: Net;
  readonly dataset: Dataset;
  /** The network to compare with instead of the advised initialisation (`--versus`). */
  readonly versus?: Net;
}

/** One survey: what it is about, its budget, and what has been computed for it so far. */
export class SurveyContext extends RunContext {
  readonly net: Net;
  readonly model: Model;
  readonly dataset: Dataset;
  readonly versus: Net | undefined;
  readonly #shared = new Map<string, unknown>();

  constructor(settings: SurveySettings) {
    super(settings);
    this.dataset = settings.dataset;
    const input = { kind: settings.dataset.kind, shape: settings.dataset.inputShape };
    this.net = withInput(settings.net, input);
    this.model = buildModel(this.net);
    checkFit(this.model, this.dataset);
    this.versus = settings.versus && withInput(settings.versus, input);
    if (this.versus !== undefined) checkFit(buildModel(this.versus), this.dataset);
  }

  /** The result of `make`, computed once under this name for all analyses of the survey. */
  share<T>(name: string, make: () => T): T {
    if (!this.#shared.has(name)) this.#shared.set(name, make());
    return this.#shared.get(name) as T;
  }

  /** A shared result that is there already; undefined where nobody has asked for it. */
  find<T>(name: string): T | undefined {
    return this.#shared.get(name) as T | undefined;
  }

  /** Whether a shared result is there already. */
  has(name: string): boolean {
    return this.#shared.has(name);
  }
}
