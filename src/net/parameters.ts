/**
 * @file The arrays that a layer needs: their names, laws and owners. A parameter may be frozen, drawn from another law of
 * the same variance, or be the array of another layer (`"parameters": {"weight": {"shareWith": "2.weight"}}`).
 */
import { FathomError, type Shape, sameShape, showShape } from "../tensor/index.ts";
import { nearestName } from "../theory/index.ts";
import type { BufferRule, ParameterRule } from "./define.ts";
import type { ParameterInit, ParameterOption } from "./options.ts";
import type { Net } from "./spec.ts";

/** An array that a network is fed. Its values have the stated law; the forward pass multiplies them by `scale`. */
export interface ParameterSpec {
  /** `3.branch.0.weight`; that of its owner where it is shared. */
  readonly name: string;
  readonly shape: Shape;
  /** Variance of the stored values: 1 under the ntk parameterisation, 0 for constants. */
  readonly variance: number;
  /** Mean of the stored values: 0 for weights and biases, 1 for gains. */
  readonly mean: number;
  /** Factor of the forward pass: 1 under the standard parameterisation. */
  readonly scale: number;
  readonly fanIn: number;
  /** Law of the values about their mean. */
  readonly init: ParameterInit;
  /** Whether training changes it by its gradient. */
  readonly trainable: boolean;
  /** `buffer`: running statistics, which training updates without a gradient. */
  readonly role: "parameter" | "buffer";
}

/** A parameter that is another layer's array; found once all layers stand. */
interface Loan {
  /** Its name if it were its own: `4.weight`. */
  readonly name: string;
  readonly local: string;
  readonly where: string;
  readonly option: ParameterOption;
  /** The parameters of the borrowing layer, where the owner's array takes its place. */
  readonly borrower: Record<string, ParameterSpec>;
}

/** What collects the parameters of a network while its layers are resolved. */
export interface Ledger {
  readonly net: Pick<Net, "parameterisation" | "init">;
  readonly owned: Map<string, ParameterSpec>;
  readonly loans: Loan[];
}

/** What a layer declares, and where it stands. */
export interface Declaration {
  readonly path: string;
  readonly where: string;
  /** `layers[3] (dense)`. */
  readonly name: string;
  readonly rules: Readonly<Record<string, ParameterRule>>;
  readonly buffers: Readonly<Record<string, BufferRule>>;
  readonly options: Readonly<Record<string, ParameterOption>>;
}

function law(rule: ParameterRule, init: ParameterInit, { parameterisation }: Ledger["net"]) {
  const { shape, fanIn, mean = 0 } = rule;
  // A constant keeps its value under both parameterisations: nothing random is there to rescale.
  const ntk = parameterisation === "ntk" && rule.mean === undefined;
  const variance = ntk ? 1 : rule.variance;
  return { shape, variance, mean, scale: ntk ? Math.sqrt(rule.variance) : 1, fanIn, init };
}

/**
 * The parameters of one layer by local name, entered into the ledger.
 * @throws FathomError bad-input for options of a parameter that the layer does not have, or a law that its shape excludes.
 */
export function declareParameters(
  { path, where, name, rules, buffers, options }: Declaration,
  ledger: Ledger,
): Record<string, ParameterSpec> {
  for (const local of Object.keys(options)) {
    if (!Object.hasOwn(rules, local)) throw noParameter(local, { where, name, rules });
  }
  const own: Record<string, ParameterSpec> = {};
  for (const [local, rule] of Object.entries(rules)) {
    const option = options[local] ?? {};
    const place = `${where}.parameters.${local}`;
    if (option.init === "haar" && rule.shape.length < 2) throw notAMatrix(local, name, place);
    const init = option.init ?? (rule.shape.length === 2 ? ledger.net.init : "gaussian");
    const full = `${path}.${local}`;
    const trainable = option.trainable ?? true;
    own[local] = { name: full, ...law(rule, init, ledger.net), trainable, role: "parameter" };
    const borrowed = option.shareWith !== undefined && option.shareWith !== full;
    if (borrowed) ledger.loans.push({ name: full, local, where: place, option, borrower: own });
    else ledger.owned.set(full, own[local]);
  }
  for (const [local, { shape, value }] of Object.entries(buffers)) {
    const constant = { shape, variance: 0, mean: value, scale: 1, fanIn: 1, init: "gaussian" as const };
    own[local] = { name: `${path}.${local}`, ...constant, trainable: false, role: "buffer" };
    ledger.owned.set(own[local].name, own[local]);
  }
  return own;
}

/**
 * Gives every borrowing layer the array of its owner, with the owner's law and scale: what is shared is the effective
 * weight, so that both parameterisations are one function.
 * @throws FathomError not-found for an owner that is not there, bad-shape for one of another shape, bad-input for
 * contradicting options.
 */
export function settleLoans({ owned, loans }: Ledger): void {
  for (const { local, where, option, borrower } of loans) {
    const own = borrower[local]!;
    const owner = owned.get(option.shareWith!);
    if (owner === undefined || owner.role === "buffer") {
      throw noOwner(option.shareWith!, where, owned, loans);
    }
    if (!sameShape(owner.shape, own.shape)) {
      throw new FathomError({
        code: "bad-shape",
        message: `${own.name} ${showShape(own.shape)} cannot share ${owner.name}, which is ${showShape(owner.shape)}.`,
        where: `${where}.shareWith`,
        hint: "Share parameters of one shape only.",
      });
    }
    for (const key of ["trainable", "init"] as const) {
      if (option[key] === undefined || option[key] === owner[key]) continue;
      throw new FathomError({
        code: "bad-input",
        message: `${own.name} asks for ${key} ${option[key]}, but ${owner.name}, whose array it shares, has ${owner[key]}.`,
        where: `${where}.${key}`,
        hint: `State it at ${owner.name}, and leave it out here.`,
      });
    }
    borrower[local] = owner;
  }
}

function noParameter(
  local: string,
  { where, name, rules }: Pick<Declaration, "where" | "name" | "rules">,
): FathomError {
  const known = Object.keys(rules);
  const near = nearestName(local, known);
  return new FathomError({
    code: "bad-input",
    message: `${name} has no parameter "${local}".`,
    where: `${where}.parameters.${local}`,
    hint:
      near !== undefined
        ? `Did you mean "${near}"?`
        : known.length === 0
          ? "With these options it has no parameters."
          : `Known: ${known.join(", ")}.`,
  });
}

function notAMatrix(local: string, name: string, where: string): FathomError {
  return new FathomError({
    code: "bad-input",
    message: `The ${local} of ${name} is no matrix, so it cannot be Haar distributed.`,
    where: `${where}.init`,
    hint: "Use gaussian, uniform, signs or zeros.",
  });
}

function noOwner(name: string, where: string, owned: Ledger["owned"], loans: Ledger["loans"]): FathomError {
  const loan = loans.find((one) => one.name === name);
  const parameters = [...owned.values()].filter(({ role }) => role === "parameter");
  const near = nearestName(
    name,
    parameters.map((spec) => spec.name),
  );
  const isBuffer = owned.get(name)?.role === "buffer";
  return new FathomError({
    code: "not-found",
    message: isBuffer
      ? `${name} is a running statistic, which is not shared.`
      : loan === undefined
        ? `There is no parameter ${name} to share.`
        : `${name} is itself shared.`,
    where: `${where}.shareWith`,
    hint:
      loan !== undefined
        ? `Name the owner, ${loan.option.shareWith}.`
        : near === undefined
          ? 'Give the name of a parameter, such as "2.weight".'
          : `Did you mean "${near}"?`,
  });
}
