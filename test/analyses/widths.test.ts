/** @file `widths` as a whole: what it gives back, and that a search that was stopped goes on to the same numbers. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type WidthsQuestion, widths } from "../../src/analyses/index.ts";
import { doubtFindings } from "../../src/analyses/widths/findings.ts";
import { parseNetText } from "../../src/net/index.ts";
import { blobs, refusal } from "../train/problems.ts";
import { nonFinite } from "./non-finite.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "fathom-widths-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const question: WidthsQuestion = {
  net: parseNetText("mlp:depth=2,width=8,activation=relu,sw2=2,in=3,out=3"),
  dataset: blobs(),
  optimizer: { kind: "adam" },
  learningRate: 0.03,
  widths: [16, 8, 32],
  batch: 16,
  seconds: 0.6,
  seed: 0,
  command: "fathom widths …",
  options: { threads: 1 },
};

describe("the outcome", () => {
  it("has a row a width, layer and parameterisation, and a best rate a width", async () => {
    const { json, document } = await widths({ ...question, depths: [1, 2, 4] });
    expect(nonFinite(json)).toEqual([]);
    expect(nonFinite(document)).toEqual([]);
    expect(json).toMatchObject({ widths: [8, 16, 32], learningRate: 0.03, steps: 5, seeds: 2 });
    const rows = json["rows"] as { parameterisation: string; width: number; layer: string; rms: number[] }[];
    expect(rows).toHaveLength(2 * 3 * 3);
    for (const { rms } of rows) expect(rms).toHaveLength(6);
    const own = (name: string) => rows.filter((row) => row.parameterisation === name && row.width === 8);
    // At the network's own width both parameterisations are one network.
    expect(own("mup").map(({ rms }) => rms)).toEqual(own("standard").map(({ rms }) => rms));
    expect(json["slopes"]).toHaveLength(6);
    const { lr, curves, drift } = json["transfer"] as {
      lr: { lr: number }[];
      curves: object[];
      drift: object[];
    };
    expect(lr).toHaveLength(6);
    for (const one of lr) expect(one.lr).toBeGreaterThan(0);
    expect(curves.length).toBeGreaterThanOrEqual(6 * 5);
    expect(drift).toMatchObject([{ parameterisation: "standard" }, { parameterisation: "mup" }]);
    expect(json["depth"]).toMatchObject({ slopes: [{ place: "first layer" }, {}, { place: "readout" }] });
    expect(document.verdict.sentence).toMatch(/octaves under the standard parameterisation and .* under µP/);
    const figures = document.sections.flatMap((section) => section.figures.map(({ id }) => id));
    expect(figures).toEqual([
      "widths-change-standard",
      "widths-change-mup",
      "widths-depth",
      "widths-rates-standard",
      "widths-rates-mup",
    ]);
  });

  it("leaves out the search that its minutes do not reach, and says what it takes", async () => {
    const { json, document } = await widths({ ...question, seconds: 0.001 });
    expect(json["transfer"]).toBeNull();
    expect(document.notApplicable).toMatchObject([
      { id: "transfer", because: expect.stringContaining("--minutes") },
    ]);
    const texts = document.sections.flatMap(({ findings }) => findings.map(({ text }) => text));
    expect(texts.join("\n")).toMatch(/No best rates were searched: it takes about \d+ s; give --minutes/);
  });
});

describe("doubt about a transfer", () => {
  const plan = { steps: 40, seeds: 2, origin: 0.001, seconds: [] };
  /** Best rates at three widths that drift by so many octaves a doubling, with seeds so far apart. */
  const doubt = (drifts: { standard: number; mup: number }, apart: number) => {
    const found = (["standard", "mup"] as const).flatMap((parameterisation) =>
      [0, 1, 2].map((octave) => {
        const best = -10 + drifts[parameterisation] * octave;
        const bySeed = [best - apart / 2, best + apart / 2];
        return { parameterisation, width: 16 * 2 ** octave, points: [], best, bySeed, loss: 1 };
      }),
    );
    return doubtFindings(found, plan).map(({ text }) => text);
  };

  it("is spoken of where drifts are uncertain, or larger in µP than without it", () => {
    expect(doubt({ standard: -0.6, mup: 0.1 }, 0.1)).toEqual([]);
    expect(doubt({ standard: -0.6, mup: 0.1 }, 2)[0]).toContain("the drifts are uncertain");
    expect(doubt({ standard: 0.03, mup: 0.7 }, 0.1)[0]).toContain("moves more in µP");
    expect(doubt({ standard: 0.03, mup: 0.7 }, 0.1)[0]).toContain("40 steps");
  });
});

it("stopped at any place, it keeps what is finished and goes on to the same numbers", async () => {
  const folder = join(root, "stopped");
  const whole = await widths(question);
  const controller = new AbortController();
  let reports = 0;
  const stopping = {
    ...question,
    folder,
    signal: controller.signal,
    onProgress: ({ label }: { label: string }) => {
      if (label === "learning rates by width" && ++reports === 20) controller.abort();
    },
  };
  const error = await refusal(() => widths(stopping));
  expect(error).toMatchObject({ code: "cancelled", hint: expect.stringContaining("--out") });
  const kept = (await readFile(join(folder, "journal.jsonl"), "utf8"))
    .split("\n")
    .filter((line) => line !== "");
  // Six networks were checked, one of them under both names, and 19 runs were finished.
  expect(kept.length).toBe(5 + 19);
  const { json } = await widths({ ...question, folder });
  expect(json).toEqual(whole.json);
  expect(await readdir(folder)).not.toContain("journal.jsonl");
});

describe("what cannot be compared is refused before anything runs", () => {
  const refused = (changes: Partial<WidthsQuestion>) => refusal(() => widths({ ...question, ...changes }));

  it.each([[[8]], [[8, 8]], [[8, 0]], [[8, 12.5]], [[32, 33, 48]]])("widths %j", async (given) => {
    expect(await refused({ widths: given })).toMatchObject({ code: "bad-input", where: "widths" });
  });

  it("depths of a network without repetition, a single depth, and depths too close", async () => {
    const net = parseNetText("mlp:depth=1,width=8,in=3,out=3");
    expect(await refused({ net, depths: [1, 2] })).toMatchObject({ code: "unsupported", where: "layers" });
    expect(await refused({ depths: [2] })).toMatchObject({ code: "bad-input", where: "depths" });
    expect(await refused({ depths: [4, 5] })).toMatchObject({ code: "bad-input", where: "depths" });
  });

  it("a network without hidden width, and one in the ntk parameterisation", async () => {
    expect(await refused({ net: parseNetText("mlp:depth=0,in=3,out=3") })).toMatchObject({
      code: "unsupported",
    });
    expect(
      await refused({ net: parseNetText("mlp:depth=2,width=8,in=3,out=3,parameterisation=ntk") }),
    ).toMatchObject({ code: "unsupported", where: "parameterisation" });
  });
});
