/**
 * @file Event files of TensorBoard from lines of metrics. A file is a list of records (TFRecord): length, masked CRC-32C
 * of the length, an Event message, masked CRC-32C of it. Only three messages with a handful of fields are needed
 * (tensorflow/core/util/event.proto and framework/summary.proto), so their fields are written one by one.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Json, JsonObject, MetricsLine } from "./run-folder.ts";

/** A number at a step: `train/loss`. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/**
 * CRC-32C (Castagnoli) of bytes.
 * @returns An integer from 0 to 2^32 - 1.
 * @example crc32c(new TextEncoder().encode("123456789")) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}

/** TFRecord's mask: rotated right by 15 and shifted, so that CRCs of data that hold CRCs stay useful. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One record of a TFRecord file. */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(payload.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(payload, 12);
  view.setUint32(12 + payload.length, masked(crc32c(payload)), true);
  return record;
}

/** Event fields: wall_time 1 (double), step 2 (int64), file_version 3 (string), summary 5. */
function event(seconds: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(seconds);
}

/** The record that a file begins with. @param seconds Wall time, seconds since 1970. */
export function versionRecord(seconds: number): Uint8Array {
  return tfRecord(event(seconds).tag(3, WireType.LengthDelimited).string("brain.Event:2").finish());
}

/** The record of a number. Summary: repeated value 1; Value: tag 1 (string), simple_value 2 (float). */
export function scalarRecord({ tag, step, value }: Scalar, seconds: number): Uint8Array {
  const summary = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.LengthDelimited)
    .string(tag)
    .tag(2, WireType.Bit32)
    .float(value)
    .join()
    .finish();
  const message = event(seconds)
    .tag(2, WireType.Varint)
    .int64(step)
    .tag(5, WireType.LengthDelimited)
    .bytes(summary);
  return tfRecord(message.finish());
}

const batchSeries = ["loss", "learningRate", "gradientNorm", "samGradientNorm", "sharpness", "skipped"];

/**
 * The numbers of a line of metrics: `batch/loss` and the like for a stretch of steps; `validation/loss/last`, `test/error/swa-0.75`
 * for evaluations, so that one chart compares the models.
 */
export function scalarsOf(line: MetricsLine): Scalar[] {
  const { step } = line;
  const scalars = batchSeries.flatMap((name) => scalarOf(`batch/${name}`, step, line[name]));
  scalars.push(...evaluations(line, step, "last"));
  for (const [model, evaluated] of Object.entries((line["averaged"] ?? {}) as JsonObject)) {
    // On the way an average has a validation alone; at the end it has all parts.
    const parts = evaluated as JsonObject;
    scalars.push(...evaluations("test" in parts ? parts : { validation: parts }, step, model));
  }
  return scalars;
}

function evaluations(parts: JsonObject, step: number, model: string): Scalar[] {
  return ["train", "validation", "test"].flatMap((part) => {
    const evaluation = (parts[part] ?? {}) as JsonObject;
    return ["loss", "error"].flatMap((name) => scalarOf(`${part}/${name}/${model}`, step, evaluation[name]));
  });
}

function scalarOf(tag: string, step: number, value: Json | undefined): Scalar[] {
  return typeof value === "number" ? [{ tag, step, value }] : [];
}

/** Records of lines of metrics, one after the other. */
export function eventBytes(lines: readonly MetricsLine[], seconds: number): Uint8Array {
  return joined(lines.flatMap(scalarsOf).map((scalar) => scalarRecord(scalar, seconds)));
}

/** Bytes one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
