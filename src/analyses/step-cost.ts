/**
 * @file What one training step costs on two cores: measured rates of the kinds of work in it, rounded. It depends on the
 * network alone and never on a clock.
 */
import { countMultiplications, type LayerSpec, type Model, type ModelLayer } from "../net/index.ts";
import { sizeOf } from "../tensor/index.ts";

type AggregateSpec = Extract<LayerSpec, { kind: "aggregate" }>;

/**
 * Multiplications and additions a second in a training step: of matrices, of convolutions with few channels whose kernels
 * are small or large, over edges of graphs.
 */
const perSecond = { matrices: 1e11, windows: 1.5e10, largeWindows: 5e9, edges: 8e8 };
/** Kernels longer than this along an axis are large. */
const smallKernel = 3;
/** Overhead of one layer in a step. */
const secondsPerLayer = 3e-5;
/** Passing over one number of a layer's output, forward and backward. */
const secondsPerNumber = 8e-10;
/** Operations forward and backward for each multiplication of the forward pass. */
const perMultiplication = 6;

/**
 * Predicted seconds of one training step.
 * @param batch - rows of the step.
 * @example secondsPerStep(buildModel(parseNetText("mlp:depth=30,width=128,in=784")), 128) // 0.006
 */
export function secondsPerStep(model: Model, batch: number): number {
  const { matrices, windows } = countMultiplications(model);
  const large = largeMultiplications(model.layers);
  const multiplying =
    matrices / perSecond.matrices +
    (windows - large) / perSecond.windows +
    large / perSecond.largeWindows +
    edgeMultiplications(model.layers) / perSecond.edges;
  const perExample = perMultiplication * multiplying + secondsPerNumber * countNumbers(model.layers);
  return batch * perExample + countLayers(model.layers) * secondsPerLayer;
}

/** Those of graph propagation: entries of the matrix times features. */
function edgeMultiplications(layers: readonly ModelLayer[]): number {
  return total(layers, ({ spec, output }) =>
    spec.kind === "aggregate" ? matrixEntries(spec.graph) * output.shape.at(-1)! : 0,
  );
}

/** Those of convolutions with large kernels, whose weights are used at every position. */
function largeMultiplications(layers: readonly ModelLayer[]): number {
  return total(layers, ({ spec, parameters, output }) => {
    if (spec.kind !== "conv" || [spec.kernel].flat().every((size) => size <= smallKernel)) return 0;
    const weights = Object.values(parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return weights * sizeOf(output.shape.slice(1));
  });
}

/** A pixel of a grid has itself and 4 neighbours, an edge stands for two entries. */
function matrixEntries({ grid, nodes = 0, edges = [], indices }: AggregateSpec["graph"]): number {
  if (indices !== undefined) return indices.length;
  return grid === undefined ? nodes + 2 * edges.length : 5 * grid.reduce((a, b) => a * b, 1);
}

function countNumbers(layers: readonly ModelLayer[]): number {
  return total(layers, ({ output }) => sizeOf(output.shape));
}

function countLayers(layers: readonly ModelLayer[]): number {
  return total(layers, () => 1);
}

/** Over the layers of a list, those inside branches included. */
function total(layers: readonly ModelLayer[], of: (layer: ModelLayer) => number): number {
  return layers.reduce((sum, layer) => sum + of(layer) + total(Object.values(layer.chains).flat(), of), 0);
}
