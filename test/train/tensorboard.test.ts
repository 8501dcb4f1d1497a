import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { expect, it } from "vitest";
import { Key } from "../../src/tensor/index.ts";
import { train } from "../../src/train/index.ts";
import { crc32c, scalarRecord, scalarsOf } from "../../src/train/tensorboard.ts";
import { blobs, modelOf, refusal } from "./problems.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

it("CRC-32C is that of RFC 3720, appendix B.4, and of the usual check word", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(ascii("123456789"))).toBe(0xe3069283);
});

it("a record holds its length, an event and two masked sums", () => {
  const record = scalarRecord({ tag: "a", step: 3, value: 0.5 }, 2);
  const event = record.subarray(12, -4);
  // wall_time 2.0; step 3; summary { value { tag: "a", simple_value: 0.5 } }
  expect(hex(event)).toBe("09000000000000004010032a0a0a080a0161150000003f");
  expect(hex(record.subarray(0, 8))).toBe("1700000000000000");
});

it("a line of metrics gives one number to each series and model", () => {
  const evaluation = { loss: 1, error: 0.5, count: 4, metrics: {} };
  expect(scalarsOf({ step: 7, loss: null, status: "diverged", learningRate: 0.1 })).toEqual([
    { tag: "batch/learningRate", step: 7, value: 0.1 },
  ]);
  const tags = (line: object) => scalarsOf({ step: 7, ...line }).map(({ tag }) => tag);
  expect(tags({ validation: evaluation, averaged: { swa: evaluation } })).toEqual([
    "validation/loss/last",
    "validation/error/last",
    "validation/loss/swa",
    "validation/error/swa",
  ]);
  expect(tags({ test: evaluation, averaged: { swa: { test: evaluation, count: 3 } } })).toEqual([
    "test/loss/last",
    "test/error/last",
    "test/loss/swa",
    "test/error/swa",
  ]);
});

/** Steps of the events of a file; the sums are taken as they are. */
function stepsIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const steps: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const reader = new BinaryReader(bytes.subarray(at + 12, at + 12 + length));
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 2) steps.push(Number(reader.int64()));
      else reader.skip(type, field);
    }
    at += length + 16;
  }
  return steps;
}

it("the event file of a run follows its metrics, also when the run is read again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fathom-board-"));
  const options = {
    model: modelOf("mlp:depth=1,width=4,in=3,out=3"),
    dataset: blobs(),
    learningRate: 0.1,
    batch: 10,
    steps: 30,
    logEvery: 10,
    key: Key.fromSeed(1),
    runFolder: join(folder, "run"),
    tensorboard: true,
  };
  await train(options);
  const file = join(folder, "run", "tensorboard", "events.out.tfevents.0.fathom");
  const steps = stepsIn(await readFile(file));
  // Loss and rate of three stretches; loss and error of two parts.
  expect(steps).toEqual([10, 10, 20, 20, 30, 30, 30, 30, 30, 30]);
  await train({ ...options, resume: true });
  expect(stepsIn(await readFile(file))).toEqual(steps);
  await rm(folder, { recursive: true });
  const { runFolder: _, ...homeless } = options;
  expect((await refusal(() => train(homeless))).where).toBe("runFolder");
});
