import { describe, expect, it } from "vitest";
import { initialise } from "../../src/net/index.ts";
import { fisherDistance, measureFisher } from "../../src/probes/index.ts";
import { Key } from "../../src/tensor/index.ts";
import {
  fisherEdges,
  fisherLaw,
  fisherMoments,
  scalarActivation,
  secondMoment,
} from "../../src/theory/index.ts";
import { erfHalf } from "../oracles/fisher.ts";
import { rejection } from "../refusal.ts";
import { fullJacobian } from "./full-jacobian.ts";
import { inputsOf, modelOf } from "./nets.ts";
import { criticalNet } from "./plain-net.ts";

const erf = scalarActivation("erf");
const code = async (work: Promise<unknown>) => (await rejection(() => work)).code;

describe("H_l of a small network", () => {
  it("is the sum of qhat J Jᵀ over layers: its trace from whole Jacobians", async () => {
    const model = modelOf("mlp:depth=2,width=5,activation=tanh,sw2=1.5,sb2=0.1,in=5,out=5");
    const input = inputsOf(model, 1, "float64");
    const parameters = initialise(model, Key.fromSeed(1), { dtype: "float64" });
    const [last] = await measureFisher({ model, input, parameters: [parameters], depths: [3] });
    const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
    const layer = (l: number, x: readonly number[]) =>
      x.map((_, i) =>
        x.reduce(
          (sum, value, j) => sum + (parameters[`${2 * l}.weight`]!.data as Float64Array)[i * 5 + j]! * value,
          (parameters[`${2 * l}.bias`]!.data as Float64Array)[i]!,
        ),
      );
    let x = Array.from(input.data);
    let trace = 0;
    for (let l = 0; l < 3; l++) {
      const J = fullJacobian(model, parameters, input, [l, 2]).flat();
      trace += (square(x) / 5) * square(J);
      x = layer(l, x).map(Math.tanh);
    }
    expect(last!.m1).toBeCloseTo(trace / 5, 12);
    const sum = last!.eigenvalues.reduce((total, value) => total + value, 0);
    expect(sum / 5).toBeCloseTo(last!.m1, 12);
  });
});

describe("two erf networks of width 200 at q = 0.5, L = 6", async () => {
  const { model, input } = criticalNet({
    activation: "erf",
    q: erfHalf.q,
    hidden: erfHalf.depth - 1,
    width: 200,
  });
  const samples = await measureFisher({ model, input, seeds: 2, depths: [1, 2, 4, 6] });
  const network = { activation: erf, q: erfHalf.q, depth: erfHalf.depth };
  const last = samples.filter(({ depth }) => depth === 6);

  it("have the moments of the recursion to 10 % (two of width 300: 1.980, 5.967)", () => {
    for (const { m1, m2 } of last) {
      expect(Math.abs(m1 / 2 - 1)).toBeLessThan(0.1);
      expect(Math.abs(m2 / fisherMoments(network).at(-1)!.m2 - 1)).toBeLessThan(0.2);
    }
  });

  it("follow the law by subordination: KS < 0.06", () => {
    const { quantiles } = fisherLaw(network);
    const shift = secondMoment(erf, erfHalf.q);
    for (const sample of last) expect(fisherDistance(sample, { quantiles, shift })).toBeLessThan(0.06);
    const wrong = fisherLaw({ ...network, q: 0.1 }).quantiles;
    const other = secondMoment(erf, 0.1);
    for (const sample of last)
      expect(fisherDistance(sample, { quantiles: wrong, shift: other })).toBeGreaterThan(0.1);
  });

  it("reach the exact edge at every depth, to 10 %", () => {
    const edges = fisherEdges(network);
    for (const { depth, eigenvalues } of samples)
      expect(Math.abs(eigenvalues[0]! / edges[depth - 1]! - 1)).toBeLessThan(0.1);
  });
});

describe("refusals", () => {
  it("name layers without a rule, widths that differ, the parameterisation and depths that are not there", async () => {
    const of = (text: string, depths?: number[]) => {
      const model = modelOf(text);
      const input = inputsOf(model, 1, "float64");
      return code(measureFisher({ model, input, ...(depths === undefined ? {} : { depths }) }));
    };
    expect(await of("mlp:depth=2,width=4,in=4,out=4,norm=ln-pre")).toBe("unsupported");
    expect(await of("mlp:depth=2,width=4,in=4,out=3")).toBe("unsupported");
    expect(await of("mlp:depth=2,width=4,in=4,out=4,parameterisation=ntk")).toBe("unsupported");
    expect(await of("mlp:depth=2,width=4,in=4,out=4", [7])).toBe("bad-input");
    expect(await of("mlp:depth=2,width=4,in=4,out=4", [0])).toBe("bad-input");
  });
});
