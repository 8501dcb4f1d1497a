import { describe, expect, it } from "vitest";
import { type Model, meanFieldPlaces } from "../../src/net/index.ts";
import {
  growthRate,
  growthShift,
  type JacobianMeasurement,
  measureJacobians,
} from "../../src/probes/index.ts";
import { Key } from "../../src/tensor/index.ts";
import { type MeanFieldLayer, propagate } from "../../src/theory/index.ts";
import { expectProfile } from "./agreement.ts";
import { inputsOf, meanSquare, modelOf } from "./nets.ts";

const key = Key.fromSeed(0);

interface Comparison {
  readonly model: Model;
  readonly measured: JacobianMeasurement;
  readonly theory: readonly MeanFieldLayer[];
  /** Theory of the same network with sw2 multiplied. */
  theoryAt(factor: number): readonly MeanFieldLayer[];
}

/** `text` with sw2 left as `SW2`. */
async function compare(text: string, sw2: number, seeds: number, probes = 8): Promise<Comparison> {
  const model = modelOf(text.replace("SW2", String(sw2)));
  const inputs = inputsOf(model, 4, "float32", 0.3);
  const measured = await measureJacobians({ model, inputs, seeds, probes, key });
  const start = { K: meanSquare(inputs) };
  const theoryAt = (factor: number) =>
    propagate(meanFieldPlaces(modelOf(text.replace("SW2", String(factor * sw2)))), start);
  return { model, measured, theory: theoryAt(1), theoryAt };
}

const measuredProfile = ({ layers }: JacobianMeasurement) =>
  layers.map(({ index, J }) => ({ depth: index, lnJ: J.perSeed }));
const theoryRate = (layers: readonly MeanFieldLayer[]) =>
  growthRate(layers.map(({ index, logJ }) => ({ depth: index, lnJ: [logJ] }))).value;

describe("the growth rate of J in a chaotic tanh network (sw2 = 2.5, sb2 = 0.05)", () => {
  it("at width 512: its 95 % interval over 8 seeds holds theory and rejects theory at 1.1 sw2", async () => {
    const { measured, theory, theoryAt } = await compare(
      "mlp:depth=11,width=512,activation=tanh,sw2=SW2,sb2=0.05,in=256,out=512",
      2.5,
      8,
    );
    const { value, se, ci } = growthRate(measuredProfile(measured));
    expect(se! / value).toBeLessThan(0.05);
    const [low, high] = ci!;
    expect(theoryRate(theory)).toBeGreaterThan(low);
    expect(theoryRate(theory)).toBeLessThan(high);
    expect(theoryRate(theoryAt(1.1))).toBeGreaterThan(high);
    expect(theoryRate(theoryAt(1 / 1.1))).toBeLessThan(low);
  });

  it("at width 128: the shift from theory comes with its interval, a few percent of the rate", async () => {
    const { measured, theory } = await compare(
      "mlp:depth=29,width=128,activation=tanh,sw2=SW2,sb2=0.05,in=256,out=128",
      2.5,
      16,
    );
    const rate = growthRate(measuredProfile(measured));
    const shift = growthShift(rate, theoryRate(theory));
    expect(shift).toMatchObject({ kind: "measured", n: 16, se: rate.se });
    expect(shift.ci![1] - shift.ci![0]).toBeCloseTo(rate.ci![1] - rate.ci![0], 12);
    expect(Math.abs(shift.value)).toBeLessThan(0.15 * rate.value);
  });
});

describe("one step K, J → K', J' of criticality.md §4, at width 256", () => {
  const depth = 10;
  const width = 256;
  const rows: readonly (readonly [name: string, text: string, sw2: number])[] = [
    ["plain tanh", "activation=tanh,sb2=0.05", 2.5],
    ["plain erf at its critical point", "activation=erf,sb2=0", Math.PI / 4],
    ["plain relu at its critical point", "activation=relu,sb2=0", 2],
    ["plain gelu", "activation=gelu,sb2=0.17", 2],
    ["plain with skip, µ = 0.9", "activation=erf,sb2=0.1,mu=0.9", 0.5],
    ["ln-pre", "activation=erf,sb2=0.1,norm=ln-pre", 2],
    ["ln-pre with skip, µ = 1", "activation=relu,sb2=0.09,norm=ln-pre,mu=1", 1.96],
    ["ln-act", "activation=tanh,sb2=0.15,norm=ln-act", 1.5],
    ["ln-act with skip, µ = 1", "activation=relu,sb2=0.1,norm=ln-act,mu=1", 1],
  ];

  /** §6: 4 standard errors and exp(3 L/N) of finite width. */
  const allowance = (l: number, se: number) => 4 * se + (3 * l) / width;

  for (const [name, options, sw2] of rows) {
    it(`${name}: J, K within 4 standard errors and exp(3 L/N)`, async () => {
      const { measured, theory, theoryAt } = await compare(
        `mlp:depth=${depth},width=${width},sw2=SW2,${options},in=64,out=${width}`,
        sw2,
        8,
      );
      expectProfile(measured, theory, allowance);
      const last = measured.layers.at(-1)!.K;
      const wrongK = theoryAt(1.5).at(-1)!.K;
      expect(Math.abs(Math.log(last.value / wrongK))).toBeGreaterThan(
        allowance(depth, last.se! / last.value),
      );
    });
  }
});

describe("ln J of one relu network at its critical point (L/N = 0.2)", () => {
  it("scatters with variance 1.7 L/N, so its mean falls although the mean of J stays 1", async () => {
    const model = modelOf("mlp:depth=10,width=50,activation=relu,sw2=2,sb2=0,in=50,out=50");
    const seeds = 160;
    const { layers } = await measureJacobians({
      model,
      inputs: inputsOf(model, 1, "float32"),
      seeds,
      probes: 64,
      key,
    });
    const { perSeed, lnMean, se, probeSe } = layers.at(-1)!.J;
    const mean = perSeed.reduce((sum, value) => sum + value, 0) / seeds;
    const scatter = perSeed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (seeds - 1);
    const variance = scatter - probeSe ** 2;
    // criticality.md §6, at L = 20, N = 100: variance .336, mean -.168 over 60 seeds. A variance over n seeds has relative error √(2/n).
    expect(Math.abs(variance / 0.336 - 1)).toBeLessThan(3 * Math.sqrt(2 / 60 + 2 / seeds));
    expect(Math.abs(mean + 0.168)).toBeLessThan(3 * Math.sqrt(0.336 / 60 + 0.336 / seeds));
    expect(Math.abs(lnMean)).toBeLessThan(3 * se!);
  });
});
