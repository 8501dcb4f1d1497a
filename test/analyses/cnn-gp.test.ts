import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cost } from "../../src/analyses/repro/cnn-gp/cost.ts";
import { type CnnGp, cnnGpNet } from "../../src/analyses/repro/cnn-gp/networks.ts";
import { deviationOf } from "../../src/analyses/repro/cnn-gp/sampled.ts";
import type { ExperimentContext } from "../../src/analyses/repro/paper.ts";
import { buildModel, covarianceProgram, parseNetText } from "../../src/net/index.ts";
import { Key } from "../../src/tensor/index.ts";

const context: ExperimentContext = {
  scale: "test",
  key: Key.fromSeed(0),
  options: {},
  signal: undefined,
  folder: undefined,
  common: Key.fromSeed(0),
  piece: (_, work) => work(),
  progress() {},
};

describe("the reproduction of CNNs as Gaussian processes", () => {
  it.each<[CnnGp, string]>([
    ["resnet", "resnet-gp"],
    ["convnet", "convnet-gp"],
    ["residual", "residual-cnn-gp"],
  ])("checks the kernel of the example: %s", (kind, example) => {
    const file = new URL(`../../examples/${example}.json`, import.meta.url);
    const programOf = (net: Parameters<typeof buildModel>[0]) => covarianceProgram(buildModel(net));
    expect(programOf(cnnGpNet(kind))).toEqual(programOf(parseNetText(readFileSync(file, "utf8"))));
  });

  it("finds as many positions in the 32 layers as are published", async () => {
    expect((await cost.run(context)).status).toBe("reproduced");
  });

  it("sees that sampled networks of one filter leave the kernel of many", async () => {
    const few = await deviationOf(cnnGpNet("convnet", { size: 8, channels: 1 }), 400, context);
    const many = await deviationOf(cnnGpNet("convnet", { size: 8, channels: 24 }), 40, context);
    expect(many.sigmas).toBeLessThan(4);
    expect(few.sigmas).toBeGreaterThan(4);
  });
});
