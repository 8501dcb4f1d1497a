/** @file Small networks and inputs that the tests of probes share. */
import { buildModel, type Model, parseNet, parseNetText } from "../../src/net/index.ts";
import { type FloatDType, Key, type NdArray, normal } from "../../src/tensor/index.ts";

export function modelOf(text: string): Model {
  return buildModel(parseNetText(text));
}

/** Width 4 everywhere but at the readout, with a residual block and layer normalisation. */
export function smallResidual(): Model {
  const dense = (width: number) => ({ kind: "dense", width, sw2: 1.5, sb2: 0.1 });
  return buildModel(
    parseNet({
      fathom: 1,
      input: { kind: "vector", shape: [3] },
      layers: [
        dense(4),
        {
          kind: "residual",
          mu: 0.8,
          branch: [{ kind: "layerNorm" }, { kind: "activation", activation: "tanh" }, dense(4)],
        },
        { kind: "activation", activation: "erf" },
        dense(4),
        { kind: "activation", activation: "sin" },
        dense(2),
      ],
    }),
  );
}

/** Normal inputs with mean square `K`. */
export function inputsOf<D extends FloatDType>(model: Model, count: number, dtype: D, K = 1): NdArray<D> {
  return normal(Key.fromSeed(11).split("inputs"), dtype, [count, ...model.inputShape], { std: Math.sqrt(K) });
}

export function meanSquare({ data }: NdArray): number {
  const values = Array.from(data as Float64Array);
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}
