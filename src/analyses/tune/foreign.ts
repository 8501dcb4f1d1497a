/**
 * @file The question `fathom tune` asks of an ONNX model: by which factors must its weights be multiplied so that small changes
 * keep their size? A file holds one draw of weights and not their law, so the answer is factors, not variances.
 */
import { type ForeignMeasurement, judgedTaps, tuneGiven } from "../../probes/index.ts";
import { requireDevice } from "../../runtime/index.ts";
import { Key } from "../../tensor/index.ts";
import type { Outcome, Progress } from "../document.ts";
import { measureBlocks } from "../foreign/blocks.ts";
import { describeSubject, factsOf } from "../foreign/probe.ts";
import { drawInputs, type ForeignSource, type ForeignSubject, openSubject } from "../foreign/subject.ts";
import type { Asked } from "../reproduction.ts";
import type { Language } from "./emit.ts";
import { checkFactorLanguage, emitFactors } from "./factors.ts";
import { foreignOutcome } from "./foreign-outcome.ts";

export interface TuneForeignQuestion extends Asked {
  readonly source: ForeignSource;
  readonly emit?: Language;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Tunes the weights of a model.
 * @throws FathomError as `openForeign` and `tuneGiven`; unsupported for a language that has no names for the weights.
 * @example (await tuneForeign({ source: { path: "model.onnx" }, seed: 0, command: "" })).json.gains
 */
export async function tuneForeign(asked: TuneForeignQuestion): Promise<Outcome> {
  const start = performance.now();
  const { options = {}, source, signal } = asked;
  await requireDevice(options);
  const key = Key.fromSeed(asked.seed).split("tune");
  const progress = (label: string, done = 0, total: number | null = null) => {
    signal?.throwIfAborted();
    asked.onProgress?.({ label, done, total });
  };
  progress("reading the model");
  const subject = await openSubject(source, { key, options });
  const { chain } = subject;
  checkFactorLanguage(asked.emit, scalable(chain));
  const check = (of: ForeignSubject["chain"], label: string): Promise<ForeignMeasurement> =>
    measureBlocks(of, {
      inputs: subject.inputs,
      key: key.split(label),
      options,
      signal,
      onBatch: (done, total) => progress(label, done, total),
    });
  const before = await check(chain, "measuring before");
  const tuned = await tuneGiven(chain, {
    inputs: drawInputs(subject, source.dataset, { name: "tune", key: key.split("others") }),
    key: key.split("sweep"),
    options,
    signal,
    onBlock: (done, total) => progress("tuning blocks", done, total),
  });
  const after = await check(tuned.chain, "measuring after");
  const code =
    asked.emit === undefined || asked.emit === "jax"
      ? {}
      : { code: emitFactors(tuned.gains, asked.emit, { title: titleOf(asked) }) };
  return foreignOutcome({
    asked,
    subject: { text: describeSubject(subject), facts: factsOf(subject) },
    tuned,
    profiles: { before, after, hidden: judgedTaps(chain) },
    seconds: (performance.now() - start) / 1000,
    ...code,
  });
}

/** Names of all weights that may be given a factor. */
function scalable({ ends }: ForeignSubject["chain"]): string[] {
  return ends.flatMap(({ last, inner }) => [...inner.flatMap(({ weights }) => weights), ...last]);
}

function titleOf({ command }: TuneForeignQuestion): string {
  return `Factors of weights for J = 1 over the blocks, by: ${command.replaceAll('"', "'").replaceAll("\\", "/")}`;
}
