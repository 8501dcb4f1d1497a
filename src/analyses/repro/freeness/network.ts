/** @file A square network of Haar weights on the critical line, with an input that puts every preactivation at K = q. */
import { buildModel, type Model, parseNetText } from "../../../net/index.ts";
import { inputOfMoment } from "../../../probes/index.ts";
import { FathomError, type Key, type NdArray } from "../../../tensor/index.ts";
import { linePoint, scalarActivation } from "../../../theory/index.ts";

export interface CriticalNetwork {
  readonly model: Model;
  /** `[1, width]` with |x|²/width exactly (q - σb²)/σw²: preactivations begin at the variance that theory has. */
  readonly input: NdArray<"float64">;
  readonly sw2: number;
}

/**
 * @param of.layers Affine layers, all `width` × `width`.
 * @throws FathomError bad-input where no point of the critical line has this q.
 */
export function criticalNetwork(
  of: { readonly activation: string; readonly q: number; readonly layers: number; readonly width: number },
  key: Key,
): CriticalNetwork {
  const { activation, q, layers, width } = of;
  const point = linePoint({ activation: scalarActivation(activation) }, q);
  if (point === undefined) {
    throw new FathomError({
      code: "bad-input",
      where: "q",
      message: `The critical line of ${activation} has no point of K* = ${q}.`,
      hint: "Choose another q.",
    });
  }
  const { sw2, sb2 } = point;
  const text = `mlp:depth=${layers - 1},width=${width},activation=${activation},sw2=${sw2},sb2=${sb2},init=haar,in=${width},out=${width}`;
  return {
    model: buildModel(parseNetText(text)),
    input: inputOfMoment(key.split("input"), width, (q - sb2) / sw2),
    sw2,
  };
}
