/** @file Random parameters have the law that the network states, and streams by name. */
import { describe, expect, it } from "vitest";
import { buildModel, initialise, type Net, parseNet, parseNetText, withInput } from "../../src/net/index.ts";
import { Key, type NdArray, toNumbers } from "../../src/tensor/index.ts";

const key = Key.fromSeed(11);

function moments(array: NdArray) {
  const values = toNumbers(array);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { n: values.length, mean, variance };
}

/** Five standard errors of a mean and of a variance of n normal numbers. */
function expectLaw(array: NdArray, variance: number) {
  const { n, mean, variance: measured } = moments(array);
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / n));
  expect(Math.abs(measured / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
}

const net = parseNetText("mlp:depth=2,width=200,out=50,in=300,sw2=1.7,sb2=0.4");

describe("gaussian parameters", () => {
  it("have variance sw2/fan_in and sb2 under the standard parameterisation", () => {
    const params = initialise(buildModel(net), key);
    expectLaw(params["0.weight"]!, 1.7 / 300);
    expectLaw(params["2.weight"]!, 1.7 / 200);
    expectLaw(params["4.weight"]!, 1.7 / 200);
    expectLaw(params["2.bias"]!, 0.4);
  });

  it("have variance 1 under the ntk parameterisation", () => {
    const params = initialise(buildModel({ ...net, parameterisation: "ntk" }), key);
    expectLaw(params["0.weight"]!, 1);
    expectLaw(params["2.bias"]!, 1);
  });

  it("are zero where the variance is zero, and exist", () => {
    const params = initialise(buildModel(parseNetText("mlp:depth=1,width=8,in=4,sb2=0")), key);
    expect(toNumbers(params["0.bias"]!)).toEqual(new Array(8).fill(0));
  });

  it("come in the dtype that is asked for, float32 unless said", () => {
    const model = buildModel(net);
    expect(initialise(model, key)["0.weight"]!.dtype).toBe("float32");
    expect(initialise(model, key, { dtype: "float64" })["0.weight"]!.dtype).toBe("float64");
  });
});

describe("streams", () => {
  const values = (n: Net, k: Key) => initialise(buildModel(n), k);

  it("are the same for the same key, and other for another key or parameter", () => {
    const [a, b, c] = [values(net, key), values(net, Key.fromSeed(11)), values(net, Key.fromSeed(12))];
    expect(a).toEqual(b);
    expect(a["0.weight"]!.data[0]).not.toBe(c["0.weight"]!.data[0]);
    expect(a["2.weight"]!.data[0]).not.toBe(a["4.weight"]!.data[0]);
  });

  it("belong to names: other layers do not change a layer's values", () => {
    const deeper = parseNetText("mlp:depth=4,width=200,out=50,in=300,sw2=1.7,sb2=0.4");
    expect(values(deeper, key)["2.weight"]).toEqual(values(net, key)["2.weight"]);
  });
});

describe("haar weights", () => {
  const layers = [300, 120, 120, 200].map((width) => ({ kind: "dense", width, sw2: 1.7, sb2: 0.4 }));
  const haarNet = withInput(parseNet({ fathom: 1, init: "haar", layers }), [300]);
  const params = initialise(buildModel(haarNet), key, { dtype: "float64" });

  /** Largest deviation of M Mᵀ (rows) from `scale` times the identity. */
  function deviation({ data, shape }: NdArray, side: "rows" | "columns", scale: number): number {
    const [rows, columns] = shape as [number, number];
    const n = side === "rows" ? rows : columns;
    const at = (i: number, k: number) =>
      Number(side === "rows" ? data[i * columns + k] : data[k * columns + i]);
    let worst = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0;
        for (let k = 0; k < (side === "rows" ? columns : rows); k++) dot += at(i, k) * at(j, k);
        worst = Math.max(worst, Math.abs(dot - (i === j ? scale : 0)));
      }
    }
    return worst;
  }

  it("are σw times an orthogonal matrix where square", () => {
    expect(deviation(params["0.weight"]!, "rows", 1.7)).toBeLessThan(1e-12);
    expect(deviation(params["2.weight"]!, "rows", 1.7)).toBeLessThan(1e-12);
  });

  it("have orthogonal rows where they narrow, columns scaled by √(out/in) where they widen", () => {
    expect(deviation(params["1.weight"]!, "rows", 1.7)).toBeLessThan(1e-12);
    expect(deviation(params["3.weight"]!, "columns", (1.7 * 200) / 120)).toBeLessThan(1e-12);
  });

  it("keep the mean square entry sw2/fan_in exactly, so that chiJ keeps sw2", () => {
    for (const [name, fanIn] of [
      ["0.weight", 300],
      ["1.weight", 300],
      ["3.weight", 120],
    ] as const) {
      const values = toNumbers(params[name]!);
      const square = values.reduce((a, b) => a + b * b, 0) / values.length;
      expect(square).toBeCloseTo(1.7 / fanIn, 13);
    }
  });

  it("leave biases normal", () => {
    expectLaw(params["0.bias"]!, 0.4);
  });

  it("give the same weights in the forward pass under the ntk parameterisation", () => {
    const ntk = buildModel({ ...haarNet, parameterisation: "ntk" });
    const unit = initialise(ntk, key, { dtype: "float64" });
    for (const { name, scale } of ntk.parameters.filter(({ shape }) => shape.length === 2)) {
      for (const i of [0, 7, 1000]) {
        expect(Number(unit[name]!.data[i]) * scale).toBeCloseTo(Number(params[name]!.data[i]), 13);
      }
    }
  });
});
