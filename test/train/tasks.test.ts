/** @file Tasks beside classes: numbers, and yes and no; their losses, metrics and what is refused. */
import { describe, expect, it } from "vitest";
import { asBinary, checkedDataset, type Dataset } from "../../src/data/index.ts";
import { constant, evaluate as interpret } from "../../src/expr/index.ts";
import { Key, type NdArray, ndarray, normal, toNumbers } from "../../src/tensor/index.ts";
import { createTrainer, losses, train } from "../../src/train/index.ts";
import { areaUnderRoc, tallyOf } from "../../src/train/metrics.ts";
import { blobs, modelOf, refusal } from "./problems.ts";

/** y = A x + b with two targets, exactly linear. */
function linear({ rows = 80 } = {}): Dataset {
  const split = (name: string, count: number) => {
    const inputs = normal(Key.fromSeed(3).split(name), "float32", [count, 3]);
    const targets = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const [a, b, c] = inputs.data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
      targets[2 * i] = 2 * a - b + 0.5;
      targets[2 * i + 1] = a + 3 * c;
    }
    return {
      inputs,
      labels: ndarray("int32", [count], new Int32Array(count)),
      targets: ndarray("float32", [count, 2], targets),
    };
  };
  return checkedDataset({
    name: "plane",
    kind: "vector",
    inputShape: [3],
    task: "regression",
    classes: 1,
    targetNames: ["first", "second"],
    scale: 1,
    train: split("train", rows),
    test: split("test", 30),
    source: "generated",
  });
}

const fixed = (array: NdArray) => constant(array);
const lossOf = (kind: keyof typeof losses, outputs: NdArray, answers: NdArray) =>
  toNumbers(interpret([losses[kind](fixed(outputs), fixed(answers))], {})[0]!);

describe("regression", () => {
  it("reaches a linear map with a linear network, and says so by R² and rmse", async () => {
    const result = await train({
      model: modelOf("mlp:depth=0,width=4,activation=linear,in=3,out=2"),
      dataset: linear(),
      learningRate: 0.1,
      batch: 16,
      epochs: 60,
      key: Key.fromSeed(0),
    });
    expect(result.test.metrics["r2"]).toBeGreaterThan(0.999);
    expect(result.test.error).toBeCloseTo(1 - result.test.metrics["r2"]!, 12);
    expect(result.test.metrics["rmse"]! ** 2).toBeCloseTo(result.test.loss, 5);
  });

  it("wants as many outputs as there are targets, no more", async () => {
    const three = modelOf("mlp:depth=0,width=4,activation=linear,in=3,out=3");
    const error = await refusal(() => createTrainer({ model: three, dataset: linear(), batch: 8 }));
    expect(error).toMatchObject({ code: "bad-shape" });
    expect(error.message).toMatch(/2 targets/);
  });

  it("refuses a loss of classes", async () => {
    const model = modelOf("mlp:depth=0,width=4,activation=linear,in=3,out=2");
    const error = await refusal(() =>
      createTrainer({ model, dataset: linear(), batch: 8, loss: "crossEntropy" }),
    );
    expect(error).toMatchObject({ code: "bad-input", where: "loss" });
    expect(error.message).toMatch(/one of mse where the task is regression/);
  });
});

describe("yes and no", () => {
  it("is learned from two classes by one output", async () => {
    const dataset = asBinary(blobs({ classes: 2 }));
    const result = await train({
      model: modelOf("mlp:depth=1,width=8,activation=tanh,in=3,out=1"),
      dataset,
      learningRate: 0.2,
      batch: 16,
      epochs: 20,
      key: Key.fromSeed(0),
    });
    expect(result.test.error).toBeLessThan(0.1);
    expect(result.test.metrics["auc"]).toBeGreaterThan(0.95);
  });

  it("is refused of three classes, with the mend", async () => {
    const error = await refusal(async () => asBinary(blobs({ classes: 3 })));
    expect(error.message).toMatch(/3 classes/);
  });
});

describe("losses", () => {
  it("of targets that are one-hot are those of classes", () => {
    const outputs = ndarray("float64", [2, 3], [0.5, -1, 2, 0, 0.25, -3]);
    const labels = ndarray("int32", [2], [2, 0]);
    const targets = ndarray("float64", [2, 3], [0, 0, 1, 1, 0, 0]);
    for (const kind of ["crossEntropy", "mse", "bce"] as const) {
      const [a, b] = [lossOf(kind, outputs, labels), lossOf(kind, outputs, targets)];
      a.forEach((value, i) => {
        expect(value).toBeCloseTo(b[i]!, 14);
      });
    }
  });

  it("bce is that of PyTorch, and finite where a sigmoid would be 0 or 1", () => {
    // torch.nn.functional.binary_cross_entropy_with_logits([2., -1., .5], [1., 0., 1.]) = (.126928 + .313262 + .474077) / 3
    const one = lossOf(
      "bce",
      ndarray("float64", [1, 3], [2, -1, 0.5]),
      ndarray("float64", [1, 3], [1, 0, 1]),
    );
    expect(one[0]).toBeCloseTo((0.1269280110429726 + 0.31326168751822286 + 0.4740769841801067) / 3, 14);
    const far = lossOf("bce", ndarray("float32", [2, 1], [200, -200]), ndarray("float32", [2, 1], [0, 0]));
    expect(far).toEqual([200, 0]);
  });
});

describe("metrics", () => {
  it("auc counts ties half", () => {
    expect(areaUnderRoc([1, 2, 2, 3], [0, 0, 1, 1])).toBe(0.875);
    expect(areaUnderRoc([1, 1], [0, 1])).toBe(0.5);
    expect(areaUnderRoc([1, 2], [1, 1])).toBeUndefined();
  });

  it("macroF1 is scikit-learn's", () => {
    // f1_score([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], average="macro") = 0.2666…
    const tally = tallyOf("classes");
    const answers = ndarray("int32", [6], [0, 1, 2, 0, 1, 2]);
    const predicted = ndarray("int32", [6], [0, 2, 1, 0, 0, 1]);
    const mistakes = ndarray("int32", [6], [0, 1, 1, 0, 1, 1]);
    tally.add({ predicted, mistakes }, answers, 6);
    expect(tally.score().error).toBeCloseTo(4 / 6, 15);
    expect(tally.score().metrics["macroF1"]).toBeCloseTo(4 / 15, 14);
  });

  it("R² of constant targets is 1 where they are met, else 0", () => {
    const targets = ndarray("float32", [2, 1], [3, 3]);
    const r2 = (outputs: number[]) => {
      const tally = tallyOf("regression");
      tally.add({ outputs: ndarray("float32", [2, 1], outputs) }, targets, 2);
      return tally.score().metrics["r2"];
    };
    expect([r2([3, 3]), r2([3, 4])]).toEqual([1, 0]);
  });
});

describe("targets that cannot be used", () => {
  const [whole] = [linear()];
  const withTargets = (values: number[]): Dataset => ({
    ...whole!,
    train: { ...whole!.train, targets: ndarray("float32", [80, 2], Float32Array.from(values)) },
  });
  const given = Array.from(whole!.train.targets!.data);
  it.each([
    ["not a number", given.with(7, Number.NaN), /target "second" is NaN/, "plane, train, row 3"],
    [
      "infinite",
      given.with(0, Number.POSITIVE_INFINITY),
      /target "first" is Infinity/,
      "plane, train, row 0",
    ],
    ["constant", given.map((v, i) => (i % 2 ? v : 4)), /target "first" is 4 in all 80 rows/, "plane, train"],
  ])("because they are %s", (_, values, message, where) => {
    expect(() => checkedDataset(withTargets(values))).toThrow(expect.objectContaining({ where }));
    expect(() => checkedDataset(withTargets(values))).toThrow(message);
  });

  it("because the splits differ, rows are missing, or they are no answers", () => {
    const { targets: _, ...bare } = whole!.train;
    expect(() => checkedDataset({ ...whole!, train: bare })).toThrow(/no targets/);
    expect(() => checkedDataset({ ...whole!, task: "binary" })).toThrow(/0 or 1|The target "first" is/);
    const narrow = { ...whole!.test, targets: ndarray("float32", [30, 1], new Float32Array(30)) };
    expect(() => checkedDataset({ ...whole!, test: narrow })).toThrow(/1 targets, those for training 2/);
    const { task: __, ...classes } = whole!;
    expect(() => checkedDataset(classes)).toThrow(/its task is classes/);
  });
});
