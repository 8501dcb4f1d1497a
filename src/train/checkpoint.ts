/**
 * @file A checkpoint as one safetensors file: weights, optimiser state and losses as arrays; step, epoch position,
 * stream key and counter and library version as text (conventions.md, Files). One file, so that it is replaced in one
 * move and its parts always belong together.
 */
import {
  decodeSafetensors,
  encodeSafetensors,
  FathomError,
  Key,
  type NdArray,
  ndarray,
} from "../tensor/index.ts";
import type { EpochPosition } from "./batches.ts";
import type { Divergence } from "./divergence.ts";
import type { RunStatus, Snapshot } from "./run-parts.ts";

/** What a checkpoint says beside the arrays. */
export interface CheckpointHeader {
  /** Version of Fathom that wrote it. */
  readonly version: string;
  readonly step: number;
  readonly status: RunStatus;
  readonly epoch: EpochPosition;
  /** Key of the stream that orders the rows, and the number of rows drawn from it. */
  readonly stream: { readonly key: Key; readonly counter: number };
}

export interface Checkpoint {
  readonly header: CheckpointHeader;
  readonly snapshot: Snapshot;
  /** The best weights by validation so far, by name; kept with early stopping. */
  readonly best?: Readonly<Record<string, NdArray>>;
}

const WEIGHTS = "parameters/";
const STATE = "optimizer/";
const SERIES = "series/";
const BEST = "best/";
const LOSSES = "losses";
const statuses: readonly string[] = ["running", "done", "diverged"] satisfies RunStatus[];

/** @returns The bytes of the file. */
export function encodeCheckpoint({ header, snapshot, best = {} }: Checkpoint): Uint8Array {
  const { version, step, status, epoch, stream } = header;
  return encodeSafetensors(
    {
      ...renamed(snapshot.parameters, (name) => WEIGHTS + name),
      ...renamed(snapshot.state, (name) => STATE + name),
      [LOSSES]: ndarray("float64", [snapshot.losses.length], snapshot.losses),
      ...Object.fromEntries(
        Object.entries(snapshot.series ?? {}).map(([name, values]) => [
          SERIES + name,
          ndarray("float64", [values.length], values),
        ]),
      ),
      ...renamed(best, (name) => BEST + name),
    },
    {
      version,
      step: String(step),
      status,
      epoch: String(epoch.epoch),
      position: String(epoch.position),
      streamKey: stream.key.toString(),
      streamCounter: String(stream.counter),
      ...(snapshot.divergence === undefined ? {} : { divergence: JSON.stringify(snapshot.divergence) }),
    },
  );
}

/**
 * @param where The file, for messages.
 * @throws FathomError bad-file when it is not a whole checkpoint.
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const integer = (name: string): number => {
    const value = Number(metadata[name] ?? Number.NaN);
    if (!Number.isSafeInteger(value) || value < 0) throw badCheckpoint(where, `its ${name} is no count`);
    return value;
  };
  const { status, version, streamKey = "" } = metadata;
  if (version === undefined) throw badCheckpoint(where, "it names no version");
  if (status === undefined || !statuses.includes(status)) throw badCheckpoint(where, "its status is unknown");
  if (!/^[0-9a-f]{16}$/.test(streamKey)) throw badCheckpoint(where, "its streamKey is no key");
  const step = integer("step");
  const losses = tensors[LOSSES];
  if (losses?.dtype !== "float64" || losses.data.length !== step) {
    throw badCheckpoint(where, "its losses do not match its step");
  }
  const header: CheckpointHeader = {
    version,
    step,
    status: status as RunStatus,
    epoch: { epoch: integer("epoch"), position: integer("position") },
    stream: { key: Key.parse(streamKey), counter: integer("streamCounter") },
  };
  const snapshot: Snapshot = {
    step,
    status: header.status,
    parameters: within(tensors, WEIGHTS),
    state: within(tensors, STATE),
    losses: losses.data as Float64Array,
    ...seriesIn(tensors),
    ...divergenceIn(metadata["divergence"], where),
  };
  const best = within(tensors, BEST);
  return { header, snapshot, ...(Object.keys(best).length === 0 ? {} : { best }) };
}

function seriesIn(tensors: Readonly<Record<string, NdArray>>): Pick<Snapshot, "series"> {
  const series = Object.entries(within(tensors, SERIES)).map(([name, { data }]) => [
    name,
    data as Float64Array,
  ]);
  return series.length === 0 ? {} : { series: Object.fromEntries(series) };
}

function divergenceIn(text: string | undefined, where: string): Pick<Snapshot, "divergence"> {
  if (text === undefined) return {};
  try {
    return { divergence: JSON.parse(text) as Divergence };
  } catch {
    throw badCheckpoint(where, "its divergence is no JSON");
  }
}

function renamed(
  arrays: Readonly<Record<string, NdArray>>,
  rename: (name: string) => string,
): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [rename(name), array]));
}

/** The arrays whose names begin with a prefix, without it. */
function within(arrays: Readonly<Record<string, NdArray>>, prefix: string): Record<string, NdArray> {
  const inside = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, array]) => [name.slice(prefix.length), array]));
}

function badCheckpoint(where: string, problem: string): FathomError {
  return new FathomError({
    code: "bad-file",
    message: `${where} is not a checkpoint of Fathom: ${problem}.`,
    where,
    hint: "Delete the checkpoint to train from the start, or name another run folder.",
  });
}
