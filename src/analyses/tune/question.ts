/**
 * @file The question `fathom tune` asks: which variances make the network critical, and is it critical with them? Tuned by
 * theory, a sweep, an objective or two numbers; measured before, and afterwards on networks that were not tuned on.
 */
import { type Dataset, inputMoments, rowsAsFloat, rowsAsIds } from "../../data/index.ts";
import { buildModel, type Model, type Net, withInput } from "../../net/index.ts";
import {
  checkTuning,
  type LayerGain,
  type StretchResult,
  tuneByObjective,
  tuneByScalars,
  tuneBySweep,
} from "../../probes/index.ts";
import { FathomError, Key, type NdArray, permutation } from "../../tensor/index.ts";
import { closedNet, standInInputs, standInText } from "../criticality/stand-in.ts";
import type { Outcome, Progress } from "../document.ts";
import type { Asked } from "../reproduction.ts";
import { emit, type Language } from "./emit.ts";
import { tuneOutcome } from "./outcome.ts";
import { tuneByTheory } from "./theory.ts";

const tuneMethods = ["sweep", "theory", "autoinit", "scalars"] as const;
export type TuneMethod = (typeof tuneMethods)[number];

export interface TuneQuestion extends Asked {
  readonly net: Net;
  /** Inputs are random without. */
  readonly dataset?: Dataset;
  readonly method: TuneMethod;
  /** Weight of steady K in the objective of `autoinit`. */
  readonly lam?: number;
  /** Bias variance of `scalars`. */
  readonly sb2?: number;
  /** Code to print. */
  readonly emit?: Language;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** What was found, whatever the method. */
export interface Tuned {
  readonly net: Net;
  readonly gains: readonly LayerGain[];
  /** How each stretch was tuned; empty for theory. */
  readonly stretches: readonly StretchResult[];
  /** What to know about the method. */
  readonly notes: readonly string[];
}

/** Networks that J is measured on before and after. */
const checkedSeeds = 8;

/** Rows of a data set that networks are tuned on, and as many as make a batch where examples act on each other. */
const fewRows = 4;
const mostRows = 64;

/**
 * Tunes a network to criticality.
 * @throws FathomError bad-input for a network without weights to scale; unsupported where theory does not reach; failed
 * where no single σw is critical, or the objective has no start; as `withInput` for data that do not fit.
 * @example await tune({ net, method: "sweep", seed: 0, command: "fathom tune …" })
 */
export async function tune(asked: TuneQuestion): Promise<Outcome> {
  const start = performance.now();
  const key = Key.fromSeed(asked.seed).split("tune");
  const net = closedFor(asked);
  const model = buildModel(net);
  const inputs = inputsFor(asked, model, key.split("inputs"));
  const check = (subject: Net, stream: string) => {
    asked.signal?.throwIfAborted();
    asked.onProgress?.({ label: `measuring ${stream}`, done: 0, total: null });
    const options = asked.options === undefined ? {} : { options: asked.options };
    return checkTuning(subject, { inputs, key, seeds: checkedSeeds, stream, ...options });
  };
  requireTaps(model);
  // Theory says at once what it cannot tune, before anything is measured.
  const predicted = asked.method === "theory" ? await tuneWith(asked, { net, inputs, key }) : undefined;
  const before = await check(net, "before");
  const tuned = predicted ?? (await tuneWith(asked, { net, inputs, key }));
  const after = await check(tuned.net, "after");
  const open = asked.net.input === undefined && asked.dataset === undefined;
  const ready = open ? withoutInput(tuned.net) : tuned.net;
  const code = asked.emit === undefined ? {} : { code: emit(tuned.net, asked.emit, titleOf(asked, tuned)) };
  return tuneOutcome({
    asked,
    model,
    tuned: { ...tuned, net: ready },
    before,
    after,
    inputsText:
      asked.dataset === undefined ? standInText(model) : `${inputs.shape[0]} rows of ${asked.dataset.name}`,
    seconds: (performance.now() - start) / 1000,
    ...code,
  });
}

async function tuneWith(
  asked: TuneQuestion,
  given: { readonly net: Net; readonly inputs: NdArray; readonly key: Key },
): Promise<Tuned> {
  const { method, options, onProgress, signal, lam, sb2, dataset } = asked;
  const settings = {
    ...given,
    ...(options === undefined ? {} : { options }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  };
  switch (method) {
    case "theory": {
      const { note, ...found } = tuneByTheory(given.net, dataset ? inputMoments(dataset).secondMoment : 1);
      return { ...found, stretches: [], notes: [note] };
    }
    case "autoinit": {
      const found = await tuneByObjective({ ...settings, ...(lam === undefined ? {} : { lam }) });
      const [first, last] = [found.objective[0]!, found.objective.at(-1)!];
      const course = `The objective fell from ${first.toPrecision(3)} to ${last.toPrecision(3)} in ${found.objective.length - 1} steps.`;
      return { ...found, notes: [course, tunedOn(found.seeds)] };
    }
    case "scalars": {
      const found = await tuneByScalars({ ...settings, ...(sb2 === undefined ? {} : { sb2 }) });
      return {
        ...found,
        notes: [
          "J of the later layers is 1 on average; the first ones are on their way there.",
          tunedOn(found.seeds),
        ],
      };
    }
    case "sweep": {
      const found = await tuneBySweep(settings);
      return { ...found, notes: [tunedOn(found.seeds)] };
    }
  }
}

function tunedOn(seeds: number): string {
  return `Tuned on ${seeds} sampled networks; J before and after is that of ${checkedSeeds} others.`;
}

function titleOf({ command, method }: TuneQuestion, { gains }: Tuned): string {
  return `Critical initialisation of ${gains.length} layers (${method}), by: ${command.replaceAll('"', "'").replaceAll("\\", "/")}`;
}

function closedFor({ net, dataset }: TuneQuestion): Net {
  return dataset === undefined
    ? closedNet(net)
    : withInput(net, { kind: dataset.kind, shape: dataset.inputShape });
}

function withoutInput({ input: _, ...net }: Net): Net {
  return net;
}

function inputsFor({ dataset }: TuneQuestion, model: Model, key: Key): NdArray {
  if (dataset === undefined) return standInInputs(model, key);
  const available = dataset.train.labels.data.length;
  const rows = permutation(key, available).subarray(0, model.mixesBatch ? mostRows : fewRows);
  return dataset.kind === "ids" ? rowsAsIds(dataset, "train", rows) : rowsAsFloat(dataset, "train", rows);
}

function requireTaps({ taps }: Model): void {
  if (taps.length > 1) return;
  throw new FathomError({
    code: "bad-input",
    where: "layers",
    message:
      "The network has fewer than two preactivations, so that there is no Jacobian between layers to tune.",
    hint: "Give a network of two layers with weights or more.",
  });
}
