/** @file Opening models' files: who decides on an open batch. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openForeign } from "../../src/probes/index.ts";

const model = (name: string) => join(import.meta.dirname, "foreign-fixtures", name);

describe("the batch of a model's file", () => {
  it("is that of `dims` where it is open", async () => {
    const opened = await openForeign(model("mlp-fathom.onnx"), { dims: { batch: 7 } });
    expect([opened.model.samples, opened.fixedBatch]).toEqual([7, false]);
  });

  it("is what a measurement asks for, whatever `dims` says: a spectrum takes single examples", async () => {
    const opened = await openForeign(model("mlp-fathom.onnx"), { dims: { batch: 7 }, batch: 1 });
    expect([opened.model.samples, opened.dims]).toEqual([1, { batch: 1 }]);
  });

  it("is no larger than the data, where nobody decides", async () => {
    const few = await openForeign(model("mlp-fathom.onnx"), { rows: 12 });
    const many = await openForeign(model("mlp-fathom.onnx"), { rows: 1000 });
    expect([few.model.samples, many.model.samples]).toEqual([12, 16]);
  });

  it("stays what the file fixes", async () => {
    const opened = await openForeign(model("mlp-script.onnx"), { batch: 1 });
    expect([opened.model.samples, opened.fixedBatch]).toEqual([3, true]);
  });
});
