/** @file `compare` as a whole: what it gives back, and that a comparison that was stopped goes on to the same numbers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verdictOf } from "../../src/analyses/compare/findings.ts";
import { comparison, type Ranked } from "../../src/analyses/compare/ranking.ts";
import { type CompareQuestion, compare } from "../../src/analyses/index.ts";
import { type Dataset, loadDataset } from "../../src/data/index.ts";
import { parseNet, parseNetText } from "../../src/net/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { nonFinite } from "./non-finite.ts";
import { parity } from "./parity.ts";

const rows = (count: number) => Array.from({ length: count }, (_, i) => i);
let dataset: Dataset;
let root: string;
let question: CompareQuestion;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-compare-"));
  dataset = await loadDataset("digits", { key: Key.fromSeed(0), trainSize: 100, testSize: 60 });
  question = {
    nets: [
      { name: "useless", net: parseNetText("mlp:depth=30,width=8,activation=relu,sw2=0.5,sb2=1") },
      { name: "shallow", net: parseNetText("mlp:depth=1,width=8,activation=relu,sw2=2") },
    ],
    dataset,
    train: { split: "train", rows: rows(100) },
    test: { split: "test", rows: rows(60) },
    seed: 0,
    command: "fathom compare …",
    options: { threads: 1 },
  };
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Row {
  readonly net: string;
  readonly logEvidence: number;
  readonly logEvidencePerTarget: readonly number[];
  readonly alignment: number;
  readonly errorRate: number;
  readonly learningCurve: readonly {
    readonly n: number;
    readonly predicted: number;
    readonly measured?: { value: number };
  }[];
}

describe("a comparison", () => {
  it("ranks networks by evidence, with curves that are predicted and measured", async () => {
    const { json, document } = await compare(question);
    expect(nonFinite(json)).toEqual([]);
    expect(nonFinite(document)).toEqual([]);
    const found = json["rows"] as Row[];
    expect(found.map(({ net }) => net)).toEqual(["shallow", "useless"]);
    for (const { logEvidence, logEvidencePerTarget, learningCurve } of found) {
      expect(logEvidencePerTarget).toHaveLength(10);
      expect(logEvidencePerTarget.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logEvidence, 6);
      const measured = learningCurve.filter((point) => point.measured !== undefined);
      expect(measured.map(({ n }) => n)).toEqual([6, 13, 25, 50, 100]);
      for (const { predicted, measured: { value } = { value: 0 } } of measured) {
        expect(Math.abs(predicted / value - 1)).toBeLessThan(0.2);
      }
      const errors = learningCurve.map(({ predicted }) => predicted);
      expect(errors).toEqual([...errors].sort((a, b) => b - a));
    }
    expect(found[0]!.alignment).toBeGreaterThan(found[1]!.alignment);
    expect(found[0]!.errorRate).toBeLessThan(found[1]!.errorRate);
    expect(document.verdict.sentence).toMatch(
      /^shallow has the highest evidence, .*: decisive\. Test items agree/,
    );
    expect(document.sections[0]!.figures[0]).toMatchObject({ kind: "lines", id: "compare-learning-curves" });
  });

  it("that is stopped goes on with the networks that are left, to the same numbers", async () => {
    const { json: whole } = await compare(question);
    const controller = new AbortController();
    const stopped = compare({
      ...question,
      folder: root,
      signal: controller.signal,
      onProgress: ({ detail }) => {
        if (detail === "shallow") controller.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow();
    const seen = new Set<string>();
    const { json } = await compare({
      ...question,
      folder: root,
      onProgress: ({ detail }) => {
        seen.add(detail ?? "");
      },
    });
    expect([...seen]).toEqual(["shallow"]);
    const values = ({ rows: of }: { rows?: Row[] }) =>
      of!.map(({ logEvidence, learningCurve }) => ({ logEvidence, learningCurve }));
    expect(values(json)).toEqual(values(whole));
  });

  it("counts two classes as one target: the column of one is that of the other, turned", async () => {
    const { json } = await compare({ ...question, dataset: parity(dataset) });
    const [first] = json["rows"] as Row[];
    expect(first!.logEvidencePerTarget).toEqual([first!.logEvidence]);
    expect(json["comparisons"]).toMatchObject([{ targets: 1, perTarget: { ci: null, se: null } }]);
    expect(first!.errorRate).toBeLessThan(0.5);
  });

  it("refuses what cannot be compared, naming it", async () => {
    const [first, second] = question.nets as [CompareQuestion["nets"][0], CompareQuestion["nets"][0]];
    for (const [change, where] of [
      [{ nets: [] }, "nets"],
      [{ nets: [first, { ...second, name: first.name }] }, "nets"],
      [{ sizes: [101] }, "sizes"],
      [{ trials: 0 }, "trials"],
      [{ train: { split: "train", rows: [1, 2] } }, "train"],
    ] as const) {
      await expect(compare({ ...question, ...change })).rejects.toMatchObject({ code: "bad-input", where });
    }
  });
});

it("names the network that has no kernel", async () => {
  const normal = parseNet({
    fathom: 1,
    input: { kind: "image", shape: [1, 28, 28] },
    layers: [
      { kind: "flatten" },
      { kind: "dense", width: 4 },
      { kind: "batchNorm" },
      { kind: "dense", width: 10 },
    ],
  });
  const nets = [...question.nets, { name: "normalised", net: normal }];
  await expect(compare({ ...question, nets })).rejects.toMatchObject({
    code: "unsupported",
    where: expect.stringMatching(/^normalised: layers\[/),
  });
});

describe("two networks", () => {
  const ranked = (name: string, perTarget: readonly number[], wrong = [0, 0, 1]): Ranked => {
    const evidence = { perTarget, total: perTarget.reduce((sum, v) => sum + v, 0), amplitude: 1, noise: 0 };
    const trials = [{ squared: wrong.map((_, i) => 0.1 * i), wrong }];
    const rest = { asGiven: evidence, alignment: 0, predicted: [], measured: [{ n: wrong.length, trials }] };
    return { name, evidence, ...rest, build: "simd", warnings: [], seconds: 0 };
  };

  it("are parted by evidence that is large in all and holds over targets", () => {
    const base = ranked("b", [0, 0, 0, 0]);
    expect(comparison(ranked("a", [9, 10, 11, 10]), base)).toMatchObject({
      evidence: 40,
      wins: 4,
      decisive: true,
    });
    expect(comparison(ranked("a", [60, -5, -10, -5]), base)).toMatchObject({
      evidence: 40,
      wins: 1,
      decisive: false,
    });
    expect(comparison(ranked("a", [1, 1.1, 0.9, 1]), base).decisive).toBe(false);
  });

  it("are judged on test items by the error rates that the sentence shows", () => {
    const few = Array.from({ length: 100 }, (_, i) => Number(i < 10));
    const many = few.map((_, i) => Number(i < 30));
    const said = (a: number[], b: number[], evidence = [10, 10]) =>
      verdictOf([ranked("a", evidence, a), ranked("b", [0, 0], b)]);
    expect(said(few, many)).toMatchObject({
      tone: "good",
      sentence: expect.stringMatching(/decisive\. Test items agree: b makes 20 points more errors \(95 % /),
    });
    expect(said(many, few)).toMatchObject({
      tone: "warn",
      sentence: expect.stringMatching(
        /Test items say the opposite: a makes 20 points more errors \(95 % interval 12 to 28\)\.$/,
      ),
    });
    const unsure = few.map((wrong, i) => (i < 2 ? 1 - wrong : i === 50 ? 1 : wrong));
    expect(said(few, unsure).sentence).toMatch(
      /too few to tell which makes fewer errors: a makes 1 point more errors \(95 % interval −2\.4 to 4\.4\)\.$/,
    );
    expect(said(few, few, [0, 1e-4])).toEqual({
      tone: "neutral",
      sentence: "a and b have equal evidence, 0.0001 nats. On test items they make equally many errors.",
    });
  });

  it("of one target have no interval over targets", () => {
    const { sentence } = verdictOf([ranked("a", [9]), ranked("b", [0])]);
    expect(sentence).toMatch(/^a has the highest evidence, 9 nats above b: decisive\./);
  });
});
