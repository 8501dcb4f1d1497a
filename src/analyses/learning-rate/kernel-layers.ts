/**
 * @file The tangent kernel by layer (criticality.md §5): measured on finite networks, from the measured K^l J(l, L), and by
 * theory. In a plain network the three agree up to the finite width. In a residual block K^l holds what the skip brings,
 * and where weights are shared over positions gradients add up before they are squared: there the product is no part of the kernel.
 */
import type { JacobianMeasurement, LayerKernel } from "../../probes/index.ts";
import type { MeanFieldLayer } from "../../theory/index.ts";
import type { DataTable } from "../document.ts";
import { estimatePoint, finiteOrNull, type LineFigure, lineFigure, point } from "../figure.ts";
import { ownKernel } from "./per-layer.ts";

export interface KernelLayers {
  /** Of the layers that theory reaches; empty where it does not reach the output. */
  readonly theory: readonly MeanFieldLayer[];
  readonly jacobians: JacobianMeasurement;
  readonly kernels: readonly LayerKernel[];
}

/** ln K^l J(l, L), measured. */
function logProducts({ jacobians }: Pick<KernelLayers, "jacobians">): number[] {
  return jacobians.layers.map(({ K, toOutput }) => Math.log(K.value) + toOutput.lnMean);
}

/** ln of what the layer itself adds, by theory. */
function logTheory(layers: readonly MeanFieldLayer[]): number[] {
  return layers.map((layer, l) => Math.log(ownKernel(layers, l)) + layer.logToOutput);
}

/** `ntk[]` as it was measured, `ntkFromApjn[]` as the product, and logarithms of both. */
export function kernelLayersJson(layers: Omit<KernelLayers, "theory">) {
  const products = logProducts(layers);
  return {
    ntk: layers.kernels.map(({ kernel }) => finiteOrNull(Math.exp(kernel.lnMean))),
    ntkFromApjn: products.map((log) => finiteOrNull(Math.exp(log))),
    ntkLayers: layers.kernels.map(({ index, name, kernel }, l) => ({
      index,
      name,
      ln: finiteOrNull(kernel.lnMean),
      se: finiteOrNull(kernel.se ?? Number.NaN),
      lnFromApjn: finiteOrNull(products[l] ?? Number.NaN),
      ...(kernel.status === undefined ? {} : { status: kernel.status }),
    })),
  };
}

/** The three side by side. */
export function kernelTable(layers: KernelLayers): DataTable {
  const products = logProducts(layers);
  const theory = logTheory(layers.theory);
  return {
    title: "Tangent kernel by layer (ln, ntk parameterisation)",
    columns: ["layer", "name", "measured", "standard error", "from K and J", "theory"],
    rows: layers.kernels.map(({ index, name, kernel }, l) => [
      index,
      name,
      finiteOrNull(kernel.lnMean),
      finiteOrNull(kernel.se ?? Number.NaN),
      finiteOrNull(products[l] ?? Number.NaN),
      finiteOrNull(theory[l] ?? Number.NaN),
    ]),
  };
}

export function kernelFigure(layers: KernelLayers): LineFigure {
  const products = logProducts(layers).map((log, l) => point(layers.kernels[l]!.index, log));
  const dots = layers.kernels.map(({ index, kernel }) =>
    estimatePoint(index, { value: kernel.lnMean, ci: kernel.ci }),
  );
  const theory = logTheory(layers.theory).map((log, l) => point(layers.theory[l]!.index, log));
  return lineFigure({
    id: "criticality-ntk",
    title: "Tangent kernel by layer",
    caption:
      "ln of what each layer adds to the diagonal of the tangent kernel at the output. Dots: gradients of sampled networks, with 95 % intervals; the dashed line is the measured K times the measured J from the layer to the output, which is the same in plain networks.",
    x: { label: "layer l", integer: true },
    y: { label: "ln Θ_l" },
    series: [
      ...(theory.length === 0
        ? []
        : [
            {
              name: "theory, infinite width",
              role: "theory" as const,
              form: "line" as const,
              points: theory,
            },
          ]),
      { name: "measured K J", role: "neutral", form: "line", points: products },
      { name: "measured", role: "measured", form: "dots", points: dots },
    ],
  });
}
