/** @file JSON lines: texts become token ids by what the training rows hold, arrays become vectors, faults name their field. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  inputMoments,
  type ReadOptions,
  readJsonl,
  rowsAsFloat,
  standardized,
  words,
} from "../../src/data/index.ts";
import { FathomError, toNumbers } from "../../src/tensor/index.ts";
import { refused, textSource, told } from "./sources.ts";

const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const read = (text: string, options: ReadOptions = {}, test = text) =>
  readJsonl({ name: "t", train: textSource("t.jsonl", text), test: textSource("test.jsonl", test) }, options);

describe("texts", () => {
  const train = lines({ text: "The cat, the cat!", label: "good" }, { text: "A dog", label: "bad" });

  it("become words in lower case, and every other visible character by itself", () => {
    expect(words("Don't — the Äpfel 42!")).toEqual(["don", "'", "t", "—", "the", "äpfel", "42", "!"]);
  });

  it("get ids by frequency in the training rows, 0 for padding and 1 for what training never saw", async () => {
    const dataset = await read(train, {}, lines({ text: "the mouse", label: "bad" }));
    // the, cat: twice each; then "," "!" a dog by first appearance.
    expect(dataset.vocabulary).toEqual({ size: 8, words: ["the", "cat", ",", "!", "a", "dog"] });
    expect(dataset).toMatchObject({ kind: "ids", inputShape: [6], classNames: ["good", "bad"] });
    expect(toNumbers(dataset.train.inputs)).toEqual([2, 3, 4, 2, 3, 5, 6, 7, 0, 0, 0, 0]);
    expect(toNumbers(dataset.test.inputs)).toEqual([2, 1, 0, 0, 0, 0]);
  });

  it("are cut to the length asked for, and it is said", async () => {
    const dataset = await read(train, { length: 2, vocabulary: 4 });
    expect(dataset.vocabulary).toEqual({ size: 4, words: ["the", "cat"] });
    expect(toNumbers(dataset.train.inputs)).toEqual([2, 3, 1, 1]);
    expect(dataset.source).toMatch(/2 of 4 texts cut to 2 tokens/);
  });

  it("become bytes where asked, each its value and 1", async () => {
    const dataset = await read(lines({ text: "aé", label: 0 }, { text: "", label: 1 }), { tokens: "bytes" });
    expect(dataset.vocabulary).toEqual({ size: 257 });
    expect(toNumbers(dataset.train.inputs)).toEqual([98, 0xc3 + 1, 0xa9 + 1, 0, 0, 0]);
  });

  it("know only the words of the training rows of a split", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ text: `word${i}`, label: i % 2 }));
    const dataset = await readJsonl({ name: "t", train: textSource("t.jsonl", lines(...rows)) });
    expect(dataset.vocabulary!.size).toBe(2 + 16);
    expect(toNumbers(dataset.test.inputs)).toEqual([1, 1, 1, 1]);
  });

  it("are no numbers: no moments, no scaling", async () => {
    const dataset = await read(train);
    for (const act of [
      () => rowsAsFloat(dataset, "train", [0]),
      () => inputMoments(dataset),
      () => standardized(dataset),
    ]) {
      expect(act).toThrow(FathomError);
      expect(act).toThrow(/token ids/);
    }
  });
});

describe("arrays", () => {
  it("become vectors, signals or pictures by how they are nested", async () => {
    const flat = await read(lines({ x: [1, 2], y: 0 }, { x: [3, 4], y: 1 }));
    expect(flat).toMatchObject({ kind: "vector", inputShape: [2] });
    expect(toNumbers(flat.train.inputs)).toEqual([1, 2, 3, 4]);
    expect((await read(lines({ x: [[1, 2]], y: 0 }))).kind).toBe("signal");
    expect((await read(lines({ x: [[[1, 2]]], y: true }))).inputShape).toEqual([1, 1, 2]);
  });
});

describe("a faulty line is refused, with line and field:", () => {
  it.each<[string, string, RegExp, RegExp]>([
    ["no JSON", '{"text": "a", "label": 0}\n{"text": \n', /no JSON/, /line 2$/],
    ["a list", "[1]", /no JSON object/, /line 1$/],
    ["no label", '{"text": "a"}', /no field label/, /line 1$/],
    ["no input", '{"label": 1, "words": "a"}', /no field text/, /line 1$/],
    [
      "a label that went missing",
      lines({ text: "a", label: 0 }, { text: "b" }),
      /missing/,
      /line 2, field "label"/,
    ],
    [
      "text that is none",
      lines({ text: "a", label: 0 }, { text: 5, label: 0 }),
      /It is 5/,
      /line 2, field "text"/,
    ],
    [
      "a label that is an object",
      lines({ text: "a", label: {} }),
      /not a whole number/,
      /line 1, field "label"/,
    ],
    ["ragged arrays", lines({ x: [[1], [1, 2]], y: 0 }), /differ in length/, /line 1, field "x"/],
    ["another shape", lines({ x: [1], y: 0 }, { x: [1, 2], y: 0 }), /shape is \[2\]/, /line 2, field "x"/],
    ["text among numbers", lines({ x: [1, "a"], y: 0 }), /no number/, /line 1, field "x"/],
    ["null among numbers", lines({ x: [null], y: 0 }), /no number/, /line 1, field "x"/],
    ["1e400", '{"x": [1e400], "y": 0}', /Infinity/, /line 1$/],
    ["no rows", "\n\n", /no rows/, /t\.jsonl/],
    ["texts without words", lines({ text: " ", label: 0 }), /any text/, /t\.jsonl/],
  ])("%s", async (_, text, message, where) => {
    const error = await refused(read(text));
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(where);
    expect(error.hint).toBeTruthy();
  });

  it("texts in one part and numbers in the other", async () => {
    const error = await refused(read(lines({ text: "a", label: 0 }), {}, lines({ x: [1], y: 0 })));
    expect(error.message).toMatch(/one file holds texts/i);
  });

  it("options that mean nothing", async () => {
    const text = lines({ text: "a", label: 0 });
    expect((await refused(read(text, { length: 0 }))).code).toBe("bad-input");
    expect((await refused(read(text, { tokens: "letters" as never }))).code).toBe("bad-input");
    expect((await refused(read(text, { label: "topic" }))).hint).toMatch(/text, label/);
  });
});

it("any JSON, and any text, gives a result or a typed error", async () => {
  const row = fc.record(
    { text: fc.oneof(fc.string(), fc.jsonValue()), x: fc.jsonValue(), label: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const text = fc.array(
    fc.oneof(
      row.map((value) => JSON.stringify(value)),
      fc.string(),
    ),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(text, (rows) => told(read(rows.join("\n")))),
    { numRuns: 500, seed: 1 },
  );
});
