/** @file What a reader should know of a kernel before its predictions: whether it is the limit of a network at all. */
import { checkRequirements } from "../../kernels/index.ts";
import { buildModel, covarianceProgram } from "../../net/index.ts";
import { type Setting, trainValues } from "./setting.ts";

/** @throws FathomError unsupported for a network without a kernel. */
export async function warningsOf(setting: Setting): Promise<string[]> {
  const model = buildModel(setting.net);
  return checkRequirements(model, covarianceProgram(model), {
    values: trainValues(setting),
    allowNonGaussianSum: true,
  });
}
