/**
 * @file Theory of several inputs as one: the means that are measured. A patch of an image that is empty in one input has a
 * large J behind a normalisation there, which the moments of all inputs together do not show.
 */
import { type MeanFieldLayer, meanOf } from "../../theory/index.ts";

/**
 * K, J and tangent kernels averaged over inputs, layer by layer; χ_J is the ratio of successive mean J.
 * @param perInput - `propagate` of each input, all of the same taps.
 */
export function meanLayers(perInput: readonly (readonly MeanFieldLayer[])[]): MeanFieldLayer[] {
  const [first] = perInput;
  if (first === undefined || perInput.length === 1) return [...(first ?? [])];
  const logJ = first.map((_, l) => logMean(perInput.map((layers) => layers[l]!.logJ)));
  return first.map((layer, l) => {
    const at = perInput.map((layers) => layers[l]!);
    const worst = at.find(({ status }) => status !== "ok");
    return {
      ...layer,
      K: meanOf(at.map(({ K }) => K)),
      chiJ: l + 1 < logJ.length ? Math.exp(logJ[l + 1]! - logJ[l]!) : undefined,
      chiK: layer.chiK === undefined ? undefined : meanOf(at.map(({ chiK }) => chiK!)),
      logJ: logJ[l]!,
      logToOutput: logMean(at.map(({ logToOutput }) => logToOutput)),
      theta: meanOf(at.map(({ theta }) => theta)),
      thetaStandard: meanOf(at.map(({ thetaStandard }) => thetaStandard)),
      status: worst?.status ?? "ok",
    };
  });
}

/** ln of the mean of e^x, for numbers that leave float64. */
function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return Number.isFinite(most) ? most + Math.log(meanOf(logs.map((log) => Math.exp(log - most)))) : most;
}
