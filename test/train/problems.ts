/** @file Small problems that the tests of this room train on, and how they compare results. */
import { createHash } from "node:crypto";
import { type Dataset, digits, type Split } from "../../src/data/index.ts";
import { buildModel, type Model, parseNet, parseNetText } from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";

export { rejection as refusal } from "../refusal.ts";

/** `count` points around `classes` centres in `features` dimensions. */
export function blobs({ count = 60, features = 3, classes = 3, seed = 1 } = {}): Dataset {
  const key = Key.fromSeed(seed);
  const centres = normal(key.split("centres"), "float32", [classes, features]).data;
  const split = (name: string, size: number): Split<"float32"> => {
    const noise = normal(key.split(name), "float32", [size, features], { std: 0.3 });
    const labels = Int32Array.from({ length: size }, (_, i) => (i * 7) % classes);
    const inputs = noise.data.map(
      (value, i) => value + centres[labels[Math.floor(i / features)]! * features + (i % features)]!,
    );
    return {
      inputs: ndarray("float32", [size, features], inputs),
      labels: ndarray("int32", [size], labels),
    };
  };
  const common = { name: "blobs", kind: "vector" as const, inputShape: [features], classes, scale: 1 };
  return { ...common, train: split("train", count), test: split("test", 20), source: "generated" };
}

/** Generated digits with a test split. */
export function smallDigits(train = 600, test = 200): Dataset {
  const key = Key.fromSeed(11);
  return {
    name: "digits",
    kind: "image",
    inputShape: [1, 28, 28],
    classes: 10,
    scale: 1 / 255,
    train: digits({ key, count: train }),
    test: digits({ key, count: test, start: train }),
    source: "generated",
  };
}

/** A network from its one-line form. */
export function modelOf(line: string): Model {
  return buildModel(parseNetText(line));
}

/**
 * A network with everything that training carries or leaves alone: running statistics, dropout, a frozen weight, a weight
 * used twice and gains.
 */
export function statefulModel({ inputs = 784, width = 24, outputs = 10 } = {}): Model {
  const tanh = { kind: "activation", activation: "tanh" };
  const dense = (parameters: object) => ({ kind: "dense", width, sw2: 1.5, sb2: 0.05, parameters });
  return buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [inputs] },
      layers: [
        dense({ weight: { trainable: false } }),
        { kind: "batchNorm", affine: true },
        tanh,
        { kind: "dropout", rate: 0.2 },
        dense({}),
        { kind: "batchNorm" },
        tanh,
        dense({ weight: { shareWith: "4.weight" } }),
        { kind: "dropout", rate: 0.1 },
        { kind: "dense", width: outputs },
      ],
    }),
  );
}

/** One hash of named arrays, to the bit. */
export function hashOf(arrays: Readonly<Record<string, NdArray>>): string {
  const sha = createHash("sha256");
  for (const name of Object.keys(arrays).sort()) {
    const { data, dtype, shape } = arrays[name]!;
    sha.update(`${name} ${dtype} ${shape.join("x")}\n`);
    sha.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return sha.digest("hex");
}
