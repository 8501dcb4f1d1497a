/** @file What a reader should know of a kernel: whether it is the limit of a network at all, and of a Gaussian one. */
import { checkRequirements, type KernelValue } from "../kernels/index.ts";
import { buildModel, covarianceProgram, type Net } from "../net/index.ts";

/** @throws FathomError unsupported naming a layer without a kernel. */
export function kernelWarnings(net: Net, values: readonly KernelValue[]): string[] {
  const model = buildModel(net);
  return checkRequirements(model, covarianceProgram(model), { values, allowNonGaussianSum: true });
}
