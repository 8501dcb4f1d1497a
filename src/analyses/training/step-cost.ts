/**
 * @file What one training step costs on two cores: measured rates of the kinds of work in it, rounded. It depends on the
 * network alone and never on a clock.
 */
import { countMultiplications, type Model, type ModelLayer } from "../../net/index.ts";

/** Multiplications and additions a second in a training step: of matrices, of convolutions with few channels, over edges of graphs. */
const perSecond = { matrices: 8e10, windows: 7e9, edges: 8e8 };
/** Overhead of one layer in a step. */
const secondsPerLayer = 4e-5;
/** Operations forward and backward for each multiplication of the forward pass. */
const perMultiplication = 6;

/**
 * Predicted seconds of one training step.
 * @param batch - rows of the step.
 * @example secondsPerStep(buildModel(parseNetText("mlp:depth=30,width=128,in=784")), 128) // 0.008
 */
export function secondsPerStep(model: Model, batch: number): number {
  const { matrices, windows } = countMultiplications(model);
  const edges = edgeMultiplications(model.layers);
  const perExample =
    (matrices - edges) / perSecond.matrices + windows / perSecond.windows + edges / perSecond.edges;
  return perMultiplication * batch * perExample + countLayers(model.layers) * secondsPerLayer;
}

/** Those of graph propagation, which gathers and scatters and is counted among the matrices. */
function edgeMultiplications(layers: readonly ModelLayer[]): number {
  return total(layers, ({ spec, record, input, output }) =>
    spec.kind === "aggregate" ? (record.multiplications?.(spec, input, output) ?? 0) : 0,
  );
}

function countLayers(layers: readonly ModelLayer[]): number {
  return total(layers, () => 1);
}

/** Over the layers of a list, those inside branches included. */
function total(layers: readonly ModelLayer[], of: (layer: ModelLayer) => number): number {
  return layers.reduce((sum, layer) => sum + of(layer) + total(Object.values(layer.chains).flat(), of), 0);
}
