/** @file Networks to sample for a spectrum: square layers that hold a second moment q, or the network that was given. */
import {
  type ActivationSpec,
  activationText,
  buildModel,
  type Model,
  parseNet,
  scalarHalf,
} from "../../net/index.ts";
import { FathomError } from "../../tensor/index.ts";
import { derivativeMoment, secondMoment, type WeightEnsemble } from "../../theory/index.ts";
import { significant } from "../words.ts";
import type { UniformSubject } from "./question.ts";

/** Variances under which every preactivation has second moment q. */
export interface HeldMoment {
  readonly activation: ActivationSpec;
  readonly q: number;
  readonly sw2: number;
  readonly sb2: number;
  /** |x|²/N of the input. */
  readonly inputMoment: number;
}

/** Below this part of q a negative bias variance is rounding. */
const ROUNDING = 1e-9;

/**
 * The bias variance and input that hold q: sb2 = q - sw2 E φ².
 * @throws FathomError unsupported where that is negative.
 */
export function heldMoment({
  activation,
  q,
  sw2,
}: Pick<UniformSubject, "activation" | "q" | "sw2">): HeldMoment {
  const scalar = scalarHalf(activation);
  const weight = sw2 ?? 1 / derivativeMoment(scalar, q);
  const inputMoment = secondMoment(scalar, q);
  const bias = q - weight * inputMoment;
  if (bias < -ROUNDING * Math.max(q, weight * inputMoment)) {
    throw new FathomError({
      code: "unsupported",
      where: "q",
      message: `No plain network of ${activationText(activation)} stays at q = ${significant(q)} with σw² = ${significant(weight)}: σb² = q − σw² E φ² would be ${significant(bias)}.`,
      hint: "Give another --q or a smaller --sw2; fathom criticality shows the critical line.",
    });
  }
  return { activation, q, sw2: weight, sb2: Math.max(0, bias), inputMoment };
}

/** Square layers to sample: `hidden` hidden layers and a readout as wide. */
export function squareModel(
  { activation, sw2, sb2 }: Pick<HeldMoment, "activation" | "sw2" | "sb2">,
  {
    hidden,
    width,
    weights,
  }: { readonly hidden: number; readonly width: number; readonly weights: WeightEnsemble },
): Model {
  const dense = { kind: "dense", width, sw2, sb2 };
  const block = { kind: "repeat", times: hidden, layers: [{ kind: "activation", activation }, dense] };
  const input = { kind: "vector", shape: [width] };
  return buildModel(
    parseNet({ fathom: 1, input, init: weights, layers: hidden > 0 ? [dense, block] : [dense] }),
  );
}
