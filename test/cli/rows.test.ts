/** @file Rows of a data set as they are typed. */
import { expect, it } from "vitest";
import { rowsOf, rowsOption } from "../../src/cli/rows.ts";
import { digits } from "../../src/data/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { refusal } from "../refusal.ts";

const parse = rowsOption("--train");

it("count in the training part unless the test part is named", () => {
  expect(parse("5:8")).toEqual([{ split: "train", from: 5, to: 8 }]);
  expect(parse("test:0:2")).toEqual([{ split: "test", from: 0, to: 2 }]);
  expect(rowsOption("--test", "test")("0:2")).toEqual([{ split: "test", from: 0, to: 2 }]);
});

it("joins ranges by commas", () => {
  expect(parse("55000:60000, 0:5000").map(({ from }) => from)).toEqual([55000, 0]);
});

it.each(["", "5", "5:5", "8:5", "-1:4", "1.5:3", "0:2,test:0:2", "valid:0:2", "0:2:4"])(
  "refuses %j",
  (text) => {
    expect(refusal(() => parse(text))).toMatchObject({ code: "bad-input", where: "--train" });
  },
);

it.each([
  ["5:5", "5:5 is empty, because the end is excluded"],
  ["0:2,8:3", "8:3 ends before it begins"],
  [":4", "the first row is missing"],
  ["4:", "the end is missing"],
  ["3", "row 3 alone is 3:4"],
  ["0:1.5", "1.5 is no whole number from 0 on"],
  ["0:2:4", "more than two numbers"],
  ["valid:0:2", 'data have no part "valid"'],
  ["0:2,test:0:2", "ranges are of the training part and of the test part"],
])("says what is wrong with %j", (text, reason) => {
  expect(refusal(() => parse(text)).message).toContain(reason);
});

it("are checked against the data, which must have them, each once", () => {
  const split = digits({ key: Key.fromSeed(0), count: 10 });
  const dataset = { name: "few", train: split, test: split } as unknown as Parameters<typeof rowsOf>[0];
  expect(rowsOf(dataset, parse("7:10,0:1"), "--train")).toEqual({ split: "train", rows: [7, 8, 9, 0] });
  expect(refusal(() => rowsOf(dataset, parse("7:11"), "--train")).hint).toBe("Its rows are 0:10.");
  expect(refusal(() => rowsOf(dataset, parse("0:5,4:6"), "--train")).where).toBe("--train");
});
