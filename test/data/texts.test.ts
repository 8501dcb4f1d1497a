/** @file Columns of texts as token ids and as bags of words. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReadOptions, readDataFiles } from "../../src/data/index.ts";
import { toNumbers } from "../../src/tensor/index.ts";
import { refused, textSource, told } from "./sources.ts";

const read = (name: string, text: string, options: ReadOptions) =>
  readDataFiles({ name: "t", train: textSource(name, text), test: textSource(name, text) }, options);
const table = 'id,review,stars,label\n7,"fine, fine film",4,good\n8,dull,1,bad\n9,fine,3,good\n';

describe("a column of texts", () => {
  it("becomes token ids; other columns are left out", async () => {
    const { kind, inputShape, classNames, vocabulary, train } = await read("t.csv", table, {
      text: "review",
    });
    expect({ kind, inputShape, classNames }).toEqual({
      kind: "ids",
      inputShape: [4],
      classNames: ["good", "bad"],
    });
    expect(vocabulary).toEqual({ size: 6, words: ["fine", ",", "film", "dull"] });
    expect(toNumbers(train.inputs)).toEqual([2, 3, 2, 4, 5, 0, 0, 0, 2, 0, 0, 0]);
  });

  it("becomes counts over the root of its length: coordinate i is token i", async () => {
    const { kind, inputShape, train } = await read("t.csv", table, { text: "2", bag: "counts" });
    expect({ kind, inputShape }).toEqual({ kind: "vector", inputShape: [6] });
    const rows = [0, 0, 2 / 2, 1 / 2, 1 / 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0];
    expect(toNumbers(train.inputs)).toEqual(rows);
  });

  it("becomes tf-idf as scikit-learn's, of norm 1", async () => {
    const { train } = await read("t.csv", table, { text: "review", bag: "tfidf" });
    // idf of 1 row of 3: ln(4 / 2) + 1; of 2 rows: ln(4 / 3) + 1. Row 0: fine twice, two words of one row each.
    const [often, seldom] = [Math.log(4 / 3) + 1, Math.log(2) + 1];
    const norm = Math.hypot(2 * often, seldom, seldom);
    const first = toNumbers(train.inputs).slice(0, 6);
    [0, 0, (2 * often) / norm, seldom / norm, seldom / norm, 0].forEach((value, i) => {
      expect(first[i]).toBeCloseTo(value, 6);
    });
  });

  it("goes with targets, and with fields of JSON lines of any name", async () => {
    const stars = await read("t.csv", table, { text: "review", target: ["stars"], bag: "counts" });
    expect(toNumbers(stars.train.targets!)).toEqual([4, 1, 3]);
    const lines = '{"body": "a b", "x": [1], "label": 0}\n{"body": "b", "x": [2], "label": 1}\n';
    const bodies = await read("t.jsonl", lines, { text: "body", bag: "counts" });
    expect([bodies.kind, bodies.vocabulary?.words]).toEqual(["vector", ["b", "a"]]);
  });

  it("of words that no training row has counts as unknown, and an empty text is all 0", async () => {
    const files = {
      name: "t",
      train: textSource("t.csv", "text,label\nyes,0\nno,1\n"),
      test: textSource("u.csv", "text,label\nmaybe maybe,0\n,1\n"),
    };
    const { test } = await readDataFiles(files, { text: "text", bag: "counts" });
    expect(toNumbers(test.inputs)[1]).toBeCloseTo(Math.SQRT2, 6);
    expect(toNumbers(test.inputs).slice(4)).toEqual([0, 0, 0, 0]);
  });
});

describe("is refused:", () => {
  it.each<[string, ReadOptions, RegExp]>([
    ["a text column that is not there", { text: "body" }, /no text column "body"/],
    ["the label as text", { text: "label" }, /both the text and/],
    ["a length of bags", { text: "review", bag: "counts", length: 3 }, /Bags count whole texts/],
    ["a shape", { text: "review", shape: [2, 2] }, /no other shape/],
    ["options of texts without a text", { tokens: "words" }, /is for texts/],
    ["an unknown bag", { text: "review", bag: "paper" as never }, /no bag "paper"/],
  ])("%s", async (_, options, message) => {
    expect((await refused(read("t.csv", table, options))).message).toMatch(message);
  });
});

it("any table gives texts or a FathomError", async () => {
  const cell = fc.oneof(
    fc.constantFrom("", "text", "label", '"', "a b", "é🙂"),
    fc.string({ unit: "grapheme" }),
  );
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.constantFrom("1", "2", "text"),
      fc.constantFrom("counts", "tfidf", undefined),
      async (cells, text, bag) => {
        const source = textSource("t.csv", cells.map((row) => row.join(",")).join("\n"));
        await told(readDataFiles({ name: "t", train: source }, bag === undefined ? { text } : { text, bag }));
      },
    ),
    { numRuns: 200 },
  );
});
