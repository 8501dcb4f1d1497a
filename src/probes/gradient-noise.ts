/**
 * @file The noise of batch gradients at given weights: their scatter about the full gradient, and the batch size at which
 * scatter and gradient are equal (McCandlish et al. 2018, arXiv 1812.06162, "simple noise scale").
 */
import { input, inputName, orZeros, reduceMean, Scope, vjp, withScope } from "../expr/index.ts";
import { applyModel, type Model, parameterInputs, takesIds, trainableParameters } from "../net/index.ts";
import { type CompileOptions, compile } from "../runtime/index.ts";
import { FathomError, type NdArray, ndarray } from "../tensor/index.ts";
import { type LossKind, losses } from "../train/index.ts";

export interface GradientNoiseOptions {
  readonly model: Model;
  readonly parameters: Readonly<Record<string, NdArray>>;
  /** `[N, ...inputShape]`, in random order: batch after batch is taken from it. */
  readonly inputs: NdArray;
  /** `[N]`, classes. */
  readonly labels: NdArray;
  /** Rows of a batch; N holds at least two batches. */
  readonly batch: number;
  /** crossEntropy unless said. */
  readonly loss?: LossKind;
  readonly options?: CompileOptions;
}

export interface GradientNoise {
  /** ‖g‖ of the mean of all batches. */
  readonly gradientNorm: number;
  /** tr Σ of a batch's gradient: its mean squared distance from the full one, unbiased. */
  readonly variance: number;
  /** Batch size at which tr Σ = ‖g‖², from an unbiased estimate of ‖g‖²; null where the noise leaves no gradient to be seen. */
  readonly noiseScale: number | null;
  readonly batches: number;
}

/**
 * Scatter of the gradients of batches.
 * @throws FathomError bad-input for fewer than two batches of rows.
 * @example (await measureGradientNoise({ model, parameters, inputs, labels, batch: 32 })).noiseScale
 */
export async function measureGradientNoise(asked: GradientNoiseOptions): Promise<GradientNoise> {
  const { inputs, labels, batch } = asked;
  const batches = Math.floor(labels.data.length / batch);
  if (batches < 2) {
    throw new FathomError({
      code: "bad-input",
      where: "batch",
      message: `${labels.data.length} rows are no two batches of ${batch}.`,
      hint: "Give more rows, or a smaller batch.",
    });
  }
  const gradientOf = await compileGradient(asked);
  try {
    const gradients: Float64Array[] = [];
    const width = inputs.data.length / labels.data.length;
    for (let b = 0; b < batches; b++) {
      const [from, to] = [b * batch, (b + 1) * batch];
      const x = (inputs.data as Float32Array).subarray(from * width, to * width);
      const y = (labels.data as Int32Array).subarray(from, to);
      gradients.push(
        await gradientOf.run(
          ndarray(inputs.dtype, [batch, ...inputs.shape.slice(1)], x),
          ndarray("int32", [batch], y),
        ),
      );
    }
    return noiseOf(gradients, batch);
  } finally {
    await gradientOf.dispose();
  }
}

/** Σ over coordinates of mean and scatter; E‖ḡ‖² = ‖G‖² + tr Σ / batches. */
function noiseOf(gradients: readonly Float64Array[], batch: number): GradientNoise {
  const batches = gradients.length;
  const dimension = gradients[0]!.length;
  let variance = 0;
  let square = 0;
  for (let i = 0; i < dimension; i++) {
    const mean = gradients.reduce((sum, g) => sum + g[i]!, 0) / batches;
    square += mean * mean;
    variance += gradients.reduce((sum, g) => sum + (g[i]! - mean) ** 2, 0) / (batches - 1);
  }
  const signal = square - variance / batches;
  return {
    gradientNorm: Math.sqrt(square),
    variance,
    noiseScale: signal > 0 ? (batch * variance) / signal : null,
    batches,
  };
}

async function compileGradient({
  model,
  parameters,
  batch,
  loss = "crossEntropy",
  options,
}: GradientNoiseOptions) {
  const dtype = "float32";
  const graph = withScope(new Scope(), () => {
    const weights = parameterInputs(model, dtype);
    const x = input("noise.inputs", [batch, ...model.inputShape], takesIds(model) ? "int32" : dtype);
    const y = input("noise.labels", [batch], "int32");
    const { output } = applyModel(model, weights, x);
    const trained = trainableParameters(model).map(({ name }) => weights[name]!);
    const mean = reduceMean(losses[loss](output, y));
    const gradients = vjp([mean], trained).map((g, i) => orZeros(g, trained[i]!));
    return { weights, x, y, gradients };
  });
  const executable = await compile({
    inputs: [...Object.values(graph.weights), graph.x, graph.y],
    outputs: Object.fromEntries(graph.gradients.map((g, i) => [`g.${i}`, g])),
    ...(options === undefined ? {} : { options }),
  });
  return {
    run: async (x: NdArray, y: NdArray) => {
      const shaped = ndarray(x.dtype, [batch, ...model.inputShape], x.data as Float32Array);
      const feeds = { ...parameters, [inputName(graph.x)]: shaped, [inputName(graph.y)]: y };
      const outputs = await executable.run(feeds);
      return Float64Array.from(
        graph.gradients.flatMap((_, i) => Array.from(outputs[`g.${i}`]!.data, Number)),
      );
    },
    dispose: () => executable.dispose(),
  };
}
