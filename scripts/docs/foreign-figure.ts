/** @file The figure of the guide's page on models of others: a network of residual blocks as a file, one block of it too strong. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, probeModel } from "../../src/analyses/index.ts";
import { buildModel, initialise, parseNetText } from "../../src/net/index.ts";
import { Key, ndarray } from "../../src/tensor/index.ts";
import { exportOnnx } from "../../src/train/index.ts";

/** Gains of the blocks. */
export async function foreignFigure(): Promise<Figure> {
  const model = buildModel(parseNetText("mlp:depth=16,width=64,in=64,out=10,norm=ln-pre,mu=1,sw2=0.1"));
  const weights = initialise(model, Key.fromSeed(0));
  const name = "11.branch.2.weight";
  const { dtype, shape, data } = weights[name]!;
  weights[name] = ndarray(
    dtype,
    shape,
    Array.from(data as Float32Array, (value) => 5 * value),
  );
  const folder = await mkdtemp(join(tmpdir(), "fathom-docs-"));
  const path = join(folder, "model.onnx");
  try {
    await writeFile(path, exportOnnx(model, weights, { batch: 16 }));
    const { document } = await probeModel({ source: { path }, seed: 0, command: "npm run docs" });
    return document.sections[0]!.figures[0]!;
  } finally {
    await rm(folder, { recursive: true });
  }
}
