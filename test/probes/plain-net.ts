/** @file Square networks on the critical line at a second moment q, and the input that starts them there. */
import { buildModel, type Model, parseNetText } from "../../src/net/index.ts";
import { Key, type NdArray, ndarray, normal } from "../../src/tensor/index.ts";
import { derivativeMoment, scalarActivation, secondMoment } from "../../src/theory/index.ts";

export interface CriticalNet {
  readonly model: Model;
  /** `[1, N]` with sw2 |x|²/N + sb2 = q. */
  readonly input: NdArray<"float64">;
}

/** `hidden` hidden layers, so that the Jacobian from the first tap to the last has as many factors D W. */
export function criticalNet(options: {
  readonly activation: string;
  readonly q: number;
  readonly hidden: number;
  readonly width: number;
  readonly init?: "haar" | "gaussian";
}): CriticalNet {
  const { activation, q, hidden, width, init = "haar" } = options;
  const scalar = scalarActivation(activation as "erf");
  const sw2 = 1 / derivativeMoment(scalar, q);
  const sb2 = Math.max(0, q - sw2 * secondMoment(scalar, q));
  const model = buildModel(
    parseNetText(
      `mlp:depth=${hidden},width=${width},activation=${activation},sw2=${sw2},sb2=${sb2},in=${width},out=${width},init=${init}`,
    ),
  );
  const x = normal(Key.fromSeed(3).split("input"), "float64", [1, width]).data;
  const square = x.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt((((q - sb2) / sw2) * width) / square);
  return {
    model,
    input: ndarray(
      "float64",
      [1, width],
      x.map((value) => value * scale),
    ),
  };
}
