/** @file Weights of ONNX models that lie beside the model: read from its folder, and from nowhere else. */
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as DataType,
  TensorProto_DataLocation as Location,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
} from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOnnxFile } from "../../src/net/index.ts";
import { encodeGraph, graphOf } from "./onnx-model.ts";

const x = { x: { shape: [2, 3] } };

describe("external data", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fathom-onnx-"));
    await mkdir(join(folder, "model"));
    await writeFile(join(folder, "secret.bin"), new Uint8Array(24));
    await writeFile(
      join(folder, "model", "weights.bin"),
      new Uint8Array(new Float32Array([0, 1, 2, 3, 4, 5, 6]).buffer),
    );
    await symlink(join(folder, "secret.bin"), join(folder, "model", "link.bin"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function read(location: string, offset = "4", length = "24") {
    const graph = graphOf({ inputs: x, nodes: [["Mul", ["x", "w"], ["y"]]], outputs: ["y"] });
    const externalData = Object.entries({ location, offset, length }).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    const tensor = { name: "w", dataType: DataType.FLOAT, dims: [2n, 3n], dataLocation: Location.EXTERNAL };
    graph.initializer.push(create(TensorProtoSchema, { ...tensor, externalData }));
    const path = join(folder, "model", "model.onnx");
    await writeFile(path, encodeGraph(graph));
    return readOnnxFile(path);
  }

  it("is read from the model's folder", async () => {
    const { parameters } = await read("weights.bin");
    expect([...(parameters["w"]!.data as Float32Array)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ["../secret.bin", "bad-file"],
    ["/etc/hostname", "bad-file"],
    ["C:\\secret.bin", "bad-file"],
    ["sub/../../secret.bin", "bad-file"],
    ["link.bin", "bad-file"],
    ["", "bad-file"],
    [".", "bad-file"],
    ["absent.bin", "not-found"],
  ])("at %s is refused", async (location, code) => {
    await expect(read(location, "0")).rejects.toMatchObject({ code });
  });

  it("that is shorter than it says, or does not fit the shape, is refused", async () => {
    await expect(read("weights.bin", "8")).rejects.toMatchObject({ code: "bad-file" });
    await expect(read("weights.bin", "0", "20")).rejects.toMatchObject({ code: "bad-file" });
    await expect(read("weights.bin", "-4")).rejects.toMatchObject({ code: "bad-file" });
  });

  it("and a file of more than 2 GB is refused before it is read", async () => {
    const path = join(folder, "large.onnx");
    await writeFile(path, "");
    await truncate(path, 2 ** 31 + 10);
    await expect(readOnnxFile(path)).rejects.toMatchObject({ code: "too-large" });
    await expect(readOnnxFile(join(folder, "none.onnx"))).rejects.toMatchObject({ code: "not-found" });
    await expect(readOnnxFile(folder)).rejects.toMatchObject({ code: "bad-file" });
  });
});
