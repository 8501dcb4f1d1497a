/** @file Linear layers: K' = scale·⟨K⟩ + shift, Θ' = scale·⟨Θ⟩ + weight·⟨K⟩ + bias (kernels.md §2.1). */
import type { CovarianceOp, Trained } from "../../net/index.ts";
import type { Builder, State } from "./builder.ts";
import { applied, appliedPlus, here, type Stencil } from "./maps.ts";
import type { MapValue } from "./program.ts";

export type OpOf<K extends CovarianceOp["op"]> = Extract<CovarianceOp, { op: K }>;
export type Rule<K extends CovarianceOp["op"]> = (builder: Builder, op: OpOf<K>, state: State) => State;
export type Rules<K extends CovarianceOp["op"]> = { readonly [Name in K]: Rule<Name> };

export interface Weights {
  readonly scale: number;
  readonly shift: number;
  readonly trained: Trained;
}

/** The same linear step of K and Θ. */
export function linear(state: State, step: (map: MapValue) => MapValue): State {
  return { ...state, nngp: step(state.nngp), ntk: state.ntk ? step(state.ntk) : state.ntk };
}

/** Both values after a layer with weights, whose outputs are centred. */
export function weighted(builder: Builder, stencil: Stencil, state: State, weights: Weights): State {
  const { scale, shift, trained } = weights;
  const nngp = applied(builder, stencil, state.nngp, weights);
  if (state.ntk === undefined) return { nngp, ntk: undefined, mean: "zero" };
  const weight = trained.weight[builder.parameterisation];
  const bias = trained.bias[builder.parameterisation];
  // ⟨K⟩ is (K' − shift)/scale; where K' does not hold it, it is made for Θ alone.
  const hidden = scale === 0 && weight !== 0;
  const seen = hidden ? applied(builder, stencil, state.nngp, { scale: 1, shift: 0 }) : nngp;
  const share = hidden || weight === 0 ? weight : weight / scale;
  const rest = hidden ? bias : bias - share * shift;
  // sw2 and sb2 in both places leave nothing but rounding.
  const exact = Math.abs(rest) < 1e-12 * Math.abs(bias) ? 0 : rest;
  const own = { scale, other: seen, weight: share, shift: exact };
  return { nngp, ntk: tangent(builder, stencil, state.ntk, own), mean: "zero" };
}

/** scale·⟨Θ⟩ + weight·other + shift, where Θ or a factor may be 0. */
export function tangent(
  builder: Builder,
  stencil: Stencil,
  theta: MapValue | null,
  sum: { readonly scale: number; readonly other: MapValue; readonly weight: number; readonly shift: number },
): MapValue | null {
  const { scale, other, weight, shift } = sum;
  const passed = theta === null || scale === 0 ? undefined : theta;
  const still = { ...here(stencil.space), ...(stencil.diagonal && { diagonal: true }) };
  if (weight !== 0) {
    if (passed !== undefined) return appliedPlus(builder, stencil, passed, sum);
    return applied(builder, still, other, { scale: weight, shift });
  }
  if (passed !== undefined) return applied(builder, stencil, passed, { scale, shift });
  return shift === 0 ? null : applied(builder, still, other, { scale: 0, shift });
}
