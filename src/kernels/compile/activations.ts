/** @file Steps that need the variances of both items: activations and normalisations (kernels.md §3, kernel-engine.md §3). */
import { scalarHalf, type Trained } from "../../net/index.ts";
import { mean } from "../../theory/index.ts";
import { type ActivationForm, formOf } from "../forms/index.ts";
import { type Builder, positionsOf, type State } from "./builder.ts";
import { declined } from "./declined.ts";
import { here } from "./maps.ts";
import type { MapValue } from "./program.ts";
import { type OpOf, tangent } from "./weighted.ts";

/** Largest error of a Hermite series at variance 1 that float32 would hide. */
export const SERIES_ERROR = 1e-6;

/** K → E φφ', Θ → k̇Θ. */
export function activated(builder: Builder, op: OpOf<"activation">, state: State): State {
  return op.activation.kind === "relu" ? rectified(builder, state) : formed(builder, op, state);
}

/** About E φ² at variance 1; some activations have none there. */
function sizeOf(form: ActivationForm): number {
  try {
    return Math.max(form.prepare(1, new Float32Array(form.slots), 0), 1e-3);
  } catch {
    return 1;
  }
}

/** Θ through an activation: nothing where it is 0. */
function through(builder: Builder, theta: MapValue | null | undefined, scale: number) {
  if (!theta) return undefined;
  const target = builder.map({ ...theta, scale: theta.scale * scale, nonNegative: false });
  return { source: theta, target };
}

/** Twice the kernel in half the scale. */
function rectified(builder: Builder, { nngp, ntk }: State): State {
  const target = builder.map({ ...nngp, scale: nngp.scale / 2, nonNegative: true });
  const kept = builder.keep(positionsOf(nngp.space), 2);
  const tangent = through(builder, ntk, 0.5);
  const flag = !nngp.nonNegative;
  builder.emit({
    op: "relu",
    source: nngp,
    target,
    factor: 1,
    shift: 0,
    kept,
    flag,
    ...(tangent && { tangent }),
  });
  return { nngp: target, ntk: tangent?.target ?? ntk, centred: false };
}

/** A form of the interpreter, whose results are in true scale. */
function formed(
  builder: Builder,
  { activation: spec, layer }: OpOf<"activation">,
  { nngp, ntk, centred }: State,
): State {
  const activation = scalarHalf(spec);
  const form = formOf(activation);
  if (form.missing(1) > SERIES_ERROR) throw declined(`${spec.kind}, whose Hermite series ends too slowly`);
  const size = sizeOf(form);
  const target = builder.map({ space: nngp.space, scale: 1, size, nonNegative: false });
  const kept = builder.keep(positionsOf(nngp.space), form.slots);
  const tangent = through(builder, ntk, 1);
  const use = { index: builder.forms.length, form, activation, layer };
  builder.forms.push(use);
  builder.emit({
    op: "form",
    source: nngp,
    target,
    factor: 1,
    shift: 0,
    kept,
    form: use,
    ...(tangent && { tangent }),
  });
  const odd = spec.kind === "linear" ? centred : mean(activation, 0.7) === 0 && mean(activation, 1.3) === 0;
  return { nngp: target, ntk: tangent?.target ?? ntk, centred: odd };
}

/** K/√((N·v + ε)(N·v' + ε)), Θ likewise; trained gains and shifts follow. */
export function normalised(
  builder: Builder,
  state: State,
  options: { readonly epsilon: number; readonly units: number; readonly trained?: Trained },
): State {
  const { epsilon, units, trained } = options;
  const { nngp, ntk } = state;
  const kept = builder.keep(positionsOf(nngp.space), 1);
  const shift = epsilon / units / nngp.scale;
  // r·r' takes the scale of K away.
  const divide = (source: MapValue, flag: boolean) => {
    const scale = source.scale / nngp.scale / units;
    const target = builder.map({ ...source, scale, size: source.size / nngp.size });
    return builder.emit({ op: "normalise", source, target, factor: 1, shift, kept, flag });
  };
  const divided = divide(nngp, true);
  if (ntk === undefined) return { ...state, nngp: divided };
  const theta = ntk && divide(ntk, false);
  if (trained === undefined) return { ...state, nngp: divided, ntk: theta };
  const weight = trained.weight[builder.parameterisation];
  const bias = trained.bias[builder.parameterisation];
  const own = { scale: 1, other: divided, weight, shift: bias };
  return { ...state, nngp: divided, ntk: tangent(builder, here(nngp.space), theta, own) };
}
