/**
 * @file Whether a covariance program is the wide limit of a network (kernels.md §1, §2.1, §13): one pass over the operations that
 * follows what is known of the units. Rules of activations hold for centred Gaussian inputs only, and kernels of branches add up
 * only where the branches are independent.
 */
import type { CovarianceOp, Model } from "../net/index.ts";
import { scalarHalf } from "../net/index.ts";
import { FathomError } from "../tensor/index.ts";
import { mean } from "../theory/index.ts";
import { gridOf } from "./reference/items.ts";
import { sizeOfGrid } from "./reference/state.ts";
import type { KernelValue } from "./types.ts";

/** What is known of the units at some place, given the items. */
interface Units {
  /** `mixed`: a sum of which a part is not Gaussian. `other`: activations, flattened positions, raw inputs. */
  readonly law: "gaussian" | "mixed" | "other";
  /** Whether their mean over the random parameters is 0. */
  readonly centred: boolean;
  /** Whether parameters drawn since the branch began make them independent of its input. */
  readonly fresh: boolean;
}

/** What a kernel is wanted for, and what is allowed on the way. */
export interface RequirementOptions {
  readonly values: readonly KernelValue[];
  /** Sums of which a part is not Gaussian may enter activations, and uncentred branches may be summed. */
  readonly allowNonGaussianSum?: boolean | undefined;
  /** Whether dropout drops. */
  readonly mode?: "inference" | "training" | undefined;
}

interface Pass {
  readonly options: RequirementOptions;
  readonly warnings: Set<string>;
}

const gaussian: Units = { law: "gaussian", centred: true, fresh: true };

/**
 * Checks a network before its kernel is computed.
 * @param program - the covariance program of the model.
 * @returns warnings: kernels that are valid but belong to no network, outputs that are not Gaussian.
 * @throws FathomError unsupported naming the layer: an activation whose input is not Gaussian, branches that depend on each
 * other, sums of uncentred branches unless allowed, parameters that layers share where Θ is asked for.
 * @example checkRequirements(model, covarianceProgram(model), { values: ["nngp"] }) // []
 */
export function checkRequirements(
  model: Model,
  program: readonly CovarianceOp[],
  options: RequirementOptions,
): string[] {
  if (options.values.includes("ntk")) refuseShared(model.layers);
  const pass: Pass = { options, warnings: new Set() };
  const input: Units = { law: "other", centred: false, fresh: false };
  const { law } = after(program, input, pass);
  if (law !== "gaussian") {
    const { name } = placeOf(program.at(-1)!);
    pass.warnings.add(
      `${name} ends the network with units that are not Gaussian: predictors assume that they are. End it with a dense layer or a convolution.`,
    );
  }
  return [...pass.warnings];
}

function placeOf(op: CovarianceOp): { readonly name: string; readonly where: string } {
  return op.layer ?? { name: op.op, where: "layers" };
}

function after(ops: readonly CovarianceOp[], start: Units, pass: Pass): Units {
  return ops.reduce((units, op) => step(op, units, pass), start);
}

/** What an operation makes of its units. */
function step(op: CovarianceOp, units: Units, pass: Pass): Units {
  switch (op.op) {
    case "affine":
    case "convolution":
    case "localConvolution":
    case "transposedConvolution":
    case "attention":
    case "elementwiseAttention":
    case "embedding":
      return gaussian;
    case "activation":
      return activated(op, units, pass);
    case "flatten":
      // Positions have variances of their own, so their units together are a mixture.
      return sizeOfGrid(gridOf(op.from)) > 1 ? { ...units, law: "other" } : units;
    case "layerNorm":
      return { ...units, centred: true };
    case "exampleNorm":
      return units;
    case "positional":
      return positioned(op, units);
    case "dropout":
      return pass.options.mode === "training" && op.rate > 0 ? { ...units, law: "other" } : units;
    case "gain":
      return gained(op, units, pass);
    case "residual": {
      const branch = after(op.branch, { ...units, fresh: false }, pass);
      if (op.mu === 0) return { ...branch, fresh: units.fresh || branch.fresh };
      return summed(op, [branch, { ...units, fresh: false }], units, pass);
    }
    case "sum":
      return summed(op, branchesOf(op.branches, units, pass), units, pass);
    case "product":
      return multiplied(op, branchesOf(op.branches, units, pass), units);
    case "concat":
      return joined(branchesOf(op.branches, units, pass), units);
    default:
      return units;
  }
}

function branchesOf(branches: readonly (readonly CovarianceOp[])[], units: Units, pass: Pass): Units[] {
  return branches.map((branch) => after(branch, { ...units, fresh: false }, pass));
}

function activated(op: CovarianceOp & { op: "activation" }, units: Units, pass: Pass): Units {
  const act = scalarHalf(op.activation);
  if (act.kind === "linear") return units;
  const { name, where } = placeOf(op);
  if (units.law === "other") {
    throw new FathomError({
      code: "unsupported",
      message: `${name} acts on units that are not Gaussian; the kernel of an activation is known for Gaussian ones.`,
      where,
      hint: "Put a dense layer or a convolution directly before it.",
    });
  }
  if (units.law === "mixed") {
    allowed(op, `${name} acts on a sum of which a part is not Gaussian`, pass);
  }
  if (act.kernelOnly) pass.warnings.add(`${name} is a kernel only: valid kernel, no network.`);
  // The mean over a Gaussian of an odd function, at two variances, for polynomials may vanish at one.
  const centred = act.kernelOnly !== true && mean(act, 0.7) === 0 && mean(act, 1.3) === 0;
  return { law: "other", centred, fresh: units.fresh };
}

/** Refuses what corresponds to no network, or notes it where the caller allows it. */
function allowed(op: CovarianceOp, what: string, { options, warnings }: Pass): void {
  if (options.allowNonGaussianSum) {
    warnings.add(`${what}: valid kernel, no network.`);
    return;
  }
  throw new FathomError({
    code: "unsupported",
    message: `${what}: its kernel is valid, but no network has it.`,
    where: placeOf(op).where,
    hint: "End every branch with a dense layer or a convolution, or allow it with allowNonGaussianSum.",
  });
}

function positioned(op: CovarianceOp & { op: "positional" }, units: Units): Units {
  if (op.encoding === "learned") return units;
  if (units.centred) return { ...units, law: "other", centred: false };
  const { name, where } = placeOf(op);
  throw new FathomError({
    code: "unsupported",
    message: `${name} adds fixed sinusoids to units whose mean is not 0, and their product has no covariance rule.`,
    where,
    hint: "Put a dense layer or an embedding before it.",
  });
}

function gained(op: CovarianceOp & { op: "gain" }, units: Units, { options, warnings }: Pass): Units {
  if (op.per === "scalar" && options.values.includes("ntk") && op.trained.weight.ntk > 0) {
    warnings.add(
      `${placeOf(op).name} is one number for all units: what it adds to Θ stays random in the wide limit, and its mean is used.`,
    );
  }
  return units;
}

/** @throws FathomError where two branches are functions of the same units, with no parameters in between. */
function requireIndependent(op: CovarianceOp, branches: readonly Units[]): void {
  if (branches.filter(({ fresh }) => !fresh).length < 2) return;
  const { name, where } = placeOf(op);
  throw new FathomError({
    code: "unsupported",
    message: `${name} combines branches without parameters, which depend on each other: their kernels do not add up.`,
    where,
    hint: "Only one branch may be without parameters; put a dense layer or a convolution into the others.",
  });
}

function summed(op: CovarianceOp, branches: readonly Units[], before: Units, pass: Pass): Units {
  requireIndependent(op, branches);
  // E a b' = E a E b' of independent branches.
  if (branches.filter(({ centred }) => !centred).length > 1) {
    allowed(op, `${placeOf(op).name} adds branches whose units are not centred`, pass);
  }
  return {
    law: branches.every(({ law }) => law === "gaussian") ? "gaussian" : "mixed",
    centred: branches.every(({ centred }) => centred),
    fresh: before.fresh || branches.every(({ fresh }) => fresh),
  };
}

function multiplied(op: CovarianceOp, branches: readonly Units[], before: Units): Units {
  requireIndependent(op, branches);
  if (branches.length === 1) return branches[0]!;
  return {
    law: "other",
    centred: branches.some(({ centred }) => centred),
    fresh: before.fresh || branches.every(({ fresh }) => fresh),
  };
}

function joined(branches: readonly Units[], before: Units): Units {
  if (branches.length === 1) return branches[0]!;
  return {
    law: "other",
    centred: branches.every(({ centred }) => centred),
    fresh: before.fresh || branches.every(({ fresh }) => fresh),
  };
}

/** Of shared parameters Θ has products of different layers' gradients, which no rule knows. */
function refuseShared(layers: Model["layers"]): void {
  for (const layer of layers) {
    for (const [local, { name }] of Object.entries(layer.parameters)) {
      if (name === `${layer.path}.${local}`) continue;
      throw new FathomError({
        code: "unsupported",
        message: `${layer.name} shares ${name}, and the tangent kernel of shared parameters has no rule.`,
        where: `${layer.where}.parameters.${local}`,
        hint: "Give the layer parameters of its own, or ask for the nngp kernel alone.",
      });
    }
    for (const inner of Object.values(layer.chains)) refuseShared(inner);
  }
}
