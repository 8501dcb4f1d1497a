/** @file Targets read from tables, JSON lines and arrays: numbers to predict, and yes and no. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource, type ReadOptions, readDataFiles } from "../../src/data/index.ts";
import { encodeNpz, ndarray, toNumbers } from "../../src/tensor/index.ts";
import { refused, textSource, told } from "./sources.ts";

/** The rows of one text, training and test alike, so that their order is the file's. */
const read = (name: string, text: string, options: ReadOptions) =>
  readDataFiles({ name: "t", train: textSource(name, text), test: textSource(name, text) }, options);

describe("targets", () => {
  const table = "a,price,b,area\n1,10.5,2,0\n3,-4,4,1\n5,6,6,1\n";

  it("of a table are its named columns, in the order asked, and the others are features", async () => {
    const { train, task, targetNames, inputShape, classes } = await read("t.csv", table, {
      target: ["area", "price"],
    });
    expect({ task, targetNames, inputShape, classes }).toEqual({
      task: "regression",
      targetNames: ["area", "price"],
      inputShape: [2],
      classes: 1,
    });
    expect(toNumbers(train.targets!)).toEqual([0, 10.5, 1, -4, 1, 6]);
    expect(toNumbers(train.inputs)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("are the label where the task is regression, and may be columns of 0 and 1", async () => {
    const numbers = await read("t.csv", table, { task: "regression", label: "price" });
    expect([numbers.targetNames, toNumbers(numbers.train.targets!)]).toEqual([["price"], [10.5, -4, 6]]);
    const answers = await read("t.csv", table, { task: "binary", target: ["area"] });
    expect([answers.task, toNumbers(answers.train.targets!)]).toEqual(["binary", [0, 1, 1]]);
  });

  it("are made of two classes where the task is binary", async () => {
    const text = "x,kind\n1,bad\n2,good\n3,good\n";
    const { train, classNames, targetNames } = await read("t.csv", text, { task: "binary" });
    expect([toNumbers(train.targets!), classNames, targetNames]).toEqual([
      [0, 1, 1],
      ["bad", "good"],
      ["good"],
    ]);
  });

  it("of JSON lines are fields, beside numbers and beside texts", async () => {
    const rows = [
      { x: [1, 2], y: 0.5, z: true },
      { x: [3, 4], y: -1, z: false },
    ];
    const text = rows.map((row) => JSON.stringify(row)).join("\n");
    expect(toNumbers((await read("t.jsonl", text, { target: ["y", "z"] })).train.targets!)).toEqual([
      0.5, 1, -1, 0,
    ]);
    const stars = '{"text": "fine", "stars": 4.5}\n{"text": "dull", "stars": 1}\n';
    const reviews = await read("t.jsonl", stars, { target: ["stars"] });
    expect([reviews.kind, toNumbers(reviews.train.targets!)]).toEqual(["ids", [4.5, 1]]);
  });

  it("of arrays are y, [N] or [N, targets]", async () => {
    const x = ndarray("float32", [4, 1], [1, 2, 3, 4]);
    const of = (y: ReturnType<typeof ndarray>, options: ReadOptions) =>
      readDataFiles(
        { name: "t", train: bytesSource("t.npz", encodeNpz({ x, y })) },
        { split: 0.25, ...options },
      );
    const one = await of(ndarray("float64", [4], [0.1, 0.2, 0.3, 0.4]), { task: "regression" });
    expect([one.train.targets!.shape, one.test.targets!.shape]).toEqual([
      [3, 1],
      [1, 1],
    ]);
    // Row i has the input i + 1 and the target (i + 1) / 10, wherever the split puts it.
    toNumbers(one.train.targets!).forEach((target, i) => {
      expect(target).toBeCloseTo(toNumbers(one.train.inputs)[i]! / 10, 6);
    });
    const many = await of(ndarray("uint8", [4, 2], [0, 1, 1, 0, 1, 1, 0, 0]), { task: "binary" });
    expect([many.task, many.targetNames]).toEqual(["binary", ["y[0]", "y[1]"]]);
  });
});

describe("what cannot be a target", () => {
  it.each<[string, string, ReadOptions, RegExp, RegExp]>([
    ["a missing value", "a,y\n1,\n", { target: ["y"] }, /missing/, /line 2, column "y"/],
    ["no number", "a,y\n1,dear\n", { target: ["y"] }, /no number/, /line 2, column "y"/],
    ["not a number", "a,y\n1,NaN\n", { target: ["y"] }, /missing \(NaN\)/, /line 2/],
    ["a column that is not there", "a,y\n1,2\n", { target: ["z"] }, /no target column "z"/, /line 1/],
    ["every column", "a,y\n1,2\n", { target: ["a", "y"] }, /Every column/, /line 1/],
    ["a column twice", "a,y\n1,2\n", { target: ["y", "y"] }, /named twice/, /target/],
    ["the same column by name and number", "a,b,y\n1,2,3\n", { target: ["y", "3"] }, /named twice/, /line 1/],
    ["nothing", "a,y\n1,2\n", { target: [] }, /No target is named/, /target/],
    ["constant", "a,y\n1,2\n2,2\n", { target: ["y"] }, /"y" is 2 in all 2 rows/, /t, train/],
    ["neither yes nor no", "a,y\n1,2\n", { target: ["y"], task: "binary" }, /"y" is 2/, /line 2/],
    ["three classes", "a,y\n1,p\n2,q\n3,r\n", { task: "binary" }, /3 classes/, /t/],
    ["beside classes", "a,y\n1,2\n", { target: ["y"], task: "classes" }, /no targets/, /target/],
  ])("is refused: %s", async (_, text, options, message, where) => {
    const error = await refused(read("t.csv", text, options));
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(where);
  });

  it("is refused where the fields of a row are missing or the array has another length", async () => {
    const lines = '{"x": [1], "y": 2}\n{"x": [2]}\n';
    expect((await refused(read("t.jsonl", lines, { target: ["y"] }))).message).toMatch(/missing/);
    const npz = encodeNpz({ x: ndarray("float32", [2, 1], [1, 2]), y: ndarray("float32", [3], [1, 2, 3]) });
    const files = { name: "t", train: bytesSource("t.npz", npz) };
    expect(await refused(readDataFiles(files, { task: "regression" }))).toMatchObject({ code: "bad-shape" });
  });

  it("gives data or a FathomError, whatever the cells are", async () => {
    const cell = fc.oneof(
      fc.constantFrom("", "0", "1", "1e999", "NaN", "x", '"', "-3.5", "0x1"),
      fc.string(),
    );
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    const asked = fc.record({
      target: fc.option(fc.array(fc.constantFrom("a", "1", "2", "9", ""), { maxLength: 3 }), {
        nil: undefined,
      }),
      task: fc.option(
        fc.constantFrom<"classes" | "regression" | "binary">("classes", "regression", "binary"),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(rows, asked, async (cells, given) => {
        const text = cells.map((row) => row.join(",")).join("\n");
        const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        await told(readDataFiles({ name: "t", train: textSource("t.csv", text) }, options));
      }),
      { numRuns: 300 },
    );
  });
});
