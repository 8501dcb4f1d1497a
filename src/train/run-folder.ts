/**
 * @file The folder of a run (conventions.md, Files): `config.json` says what was asked, `metrics.jsonl` has one line for
 * each stretch of steps, `checkpoint/state.safetensors` is where the run goes on, `weights.safetensors` is its result.
 * Every file but the metrics is replaced in one move, and the metrics are cut back to the checkpoint on resuming, so a
 * kill at any moment leaves a folder from which the run goes on as if it had not been stopped.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { append, ensureFolder, readIfThere, writeAtomically } from "../files.ts";
import { decodeSafetensors, encodeSafetensors, FathomError, type NdArray } from "../tensor/index.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** One line of metrics.jsonl: the step it speaks of, and what was measured there. */
export interface MetricsLine extends JsonObject {
  readonly step: number;
}

/** An open run folder; made by {@link openRunFolder}. */
export interface RunFolder {
  readonly path: string;
  /** Where the run in it stands; undefined at its beginning. */
  readonly checkpoint: Checkpoint | undefined;
  /** The lines of metrics up to the checkpoint. */
  readonly metrics: readonly MetricsLine[];
  /** Adds lines to metrics.jsonl. */
  record(lines: readonly MetricsLine[]): Promise<void>;
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Writes weights.safetensors, or weights-NAME.safetensors; `metadata` is text kept in it. */
  saveWeights(
    parameters: Readonly<Record<string, NdArray>>,
    metadata: Readonly<Record<string, string>>,
    name?: string,
  ): Promise<void>;
}

/**
 * Opens a run folder: makes it, or with `resume` reads where its run stands. A folder whose run left no metrics and no
 * checkpoint (its options were refused, or it was stopped at once) is as good as new.
 * @param config What defines the run; a folder of another config is refused.
 * @throws FathomError bad-input when the folder cannot be written to, holds a run and `resume` was not asked, or holds a
 * run of another config (the message names what differs); bad-file when its files are damaged.
 */
export async function openRunFolder(
  path: string,
  { config, resume }: { readonly config: JsonObject; readonly resume: boolean },
): Promise<RunFolder> {
  const files = filesOf(path);
  await ensureFolder(files.checkpoints);
  const state = await readIfThere(files.state);
  const begun = state !== undefined || (await readIfThere(files.metrics)) !== undefined;
  if (begun && !resume) throw alreadyUsed(path);
  const found = begun ? await readIfThere(files.config) : undefined;
  if (found !== undefined) checkSameConfig(parseConfig(found, files.config), config, files.config);
  else if (begun) throw notARun(path);
  else await writeAtomically(files.config, `${JSON.stringify(config, null, 2)}\n`);
  const checkpoint = state === undefined ? undefined : decodeCheckpoint(state, files.state);
  return {
    path,
    checkpoint,
    metrics: await cutMetrics(files.metrics, checkpoint?.header.step ?? 0),
    record: (lines) => append(files.metrics, asText(lines)),
    saveCheckpoint: (next) => writeAtomically(files.state, encodeCheckpoint(next)),
    saveWeights: (parameters, metadata, name) =>
      writeAtomically(
        name === undefined ? files.weights : weightsOf(path, name),
        encodeSafetensors(parameters, metadata),
      ),
  };
}

/** A finished run as its folder keeps it. */
export interface FinishedRun {
  /** Network, fingerprint of the data, optimiser, schedule: everything that was asked. */
  readonly config: JsonObject;
  /** The last weights by name. */
  readonly parameters: Record<string, NdArray>;
  /** The averaged weights, ready for use, by name of the average. */
  readonly averages: Readonly<Record<string, Record<string, NdArray>>>;
  /** The best weights by validation; kept with early stopping. */
  readonly best?: Record<string, NdArray>;
}

/**
 * The config and the weights of a finished run.
 * @throws FathomError not-found when the folder holds no finished run; bad-file when its files are damaged.
 * @example const { config, parameters, averages } = await readRun("runs/first");
 */
export async function readRun(path: string): Promise<FinishedRun> {
  const files = filesOf(path);
  const [config, weights] = await Promise.all([readIfThere(files.config), readIfThere(files.weights)]);
  if (config === undefined || weights === undefined) {
    throw new FathomError({
      code: "not-found",
      message: `${path} holds no finished run: ${config === undefined ? "config.json" : "weights.safetensors"} is missing.`,
      where: path,
      hint: "Name the folder of a training run; a run that was stopped is finished by resuming it.",
    });
  }
  const { best, ...averages } = await namedWeights(path);
  return {
    config: parseConfig(config, files.config),
    parameters: decodeSafetensors(weights, files.weights).tensors,
    averages,
    ...(best === undefined ? {} : { best }),
  };
}

/** Weights beside those of the last step, by name. */
async function namedWeights(path: string): Promise<Record<string, Record<string, NdArray>>> {
  const found: [string, Record<string, NdArray>][] = [];
  for (const file of (await readdir(path)).sort()) {
    const name = /^weights-(.+)\.safetensors$/.exec(file)?.[1];
    if (name === undefined) continue;
    const at = weightsOf(path, name);
    found.push([name, decodeSafetensors((await readIfThere(at))!, at).tensors]);
  }
  return Object.fromEntries(found);
}

const weightsOf = (path: string, name: string) => join(path, `weights-${name}.safetensors`);

function filesOf(path: string) {
  const checkpoints = join(path, "checkpoint");
  return {
    config: join(path, "config.json"),
    metrics: join(path, "metrics.jsonl"),
    weights: join(path, "weights.safetensors"),
    checkpoints,
    state: join(checkpoints, "state.safetensors"),
  };
}

/**
 * Keeps the lines up to a step and writes them back, without a torn last line and without the closing line of a finished
 * run, which is written anew.
 */
async function cutMetrics(path: string, step: number): Promise<MetricsLine[]> {
  const bytes = await readIfThere(path);
  if (bytes === undefined) return [];
  const lines = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
  const kept = lines
    .map((line, i) => parseLine(line, `${path}:${i + 1}`))
    .filter((line) => line.step <= step && line["test"] === undefined);
  await writeAtomically(path, asText(kept));
  return kept;
}

function parseLine(line: string, where: string): MetricsLine {
  const parsed = parseObject(line);
  if (typeof parsed?.["step"] === "number") return parsed as MetricsLine;
  throw new FathomError({
    code: "bad-file",
    message: `${where} is not a line of metrics.`,
    where,
    hint: "Remove the line, or name another run folder.",
  });
}

function asText(lines: readonly MetricsLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function parseConfig(bytes: Uint8Array, where: string): JsonObject {
  const config = parseObject(new TextDecoder().decode(bytes));
  if (config !== undefined) return config;
  throw new FathomError({
    code: "bad-file",
    message: `${where} is not the config of a run.`,
    where,
    hint: "Name another run folder.",
  });
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isContainer(value) && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

function alreadyUsed(path: string): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `${path} already holds a run.`,
    where: path,
    hint: "Resume it with resume: true, or name another run folder.",
  });
}

function notARun(path: string): FathomError {
  return new FathomError({
    code: "bad-file",
    message: `${path} holds metrics or a checkpoint, but no config.json that says of what.`,
    where: path,
    hint: "Name another run folder.",
  });
}

/** A value of the config, shortened for a message. */
const show = (value: Json | undefined): string => {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

function checkSameConfig(found: JsonObject, asked: JsonObject, where: string): void {
  // Through JSON once, as the config on disk went: what JSON drops is no difference.
  const differences = compare(found, JSON.parse(JSON.stringify(asked)) as JsonObject, "");
  if (differences.length === 0) return;
  const shown = differences.slice(0, 3).map(([path, a, b]) => `${path} is ${show(a)} there, ${show(b)} here`);
  const more = differences.length > 3 ? `, and ${differences.length - 3} more` : "";
  throw new FathomError({
    code: "bad-input",
    message: `The folder holds a run of another config: ${shown.join("; ")}${more}.`,
    where,
    hint: "Give the options the run was started with, or name another run folder.",
  });
}

type Difference = readonly [path: string, found: Json | undefined, asked: Json | undefined];

function compare(found: Json | undefined, asked: Json | undefined, path: string): Difference[] {
  if (!isContainer(found) || !isContainer(asked) || Array.isArray(found) !== Array.isArray(asked)) {
    return Object.is(found, asked) ? [] : [[path, found, asked]];
  }
  const a = found as JsonObject;
  const b = asked as JsonObject;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((name) => {
    const at = Array.isArray(found) ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
    return compare(
      Object.hasOwn(a, name) ? a[name] : undefined,
      Object.hasOwn(b, name) ? b[name] : undefined,
      at,
    );
  });
}

function isContainer(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null;
}
