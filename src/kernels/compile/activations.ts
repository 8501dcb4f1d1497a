/** @file Steps that need the variances of both items: activations and normalisations (kernels.md §3, kernel-engine.md §3). */
import { scalarHalf, type Trained } from "../../net/index.ts";
import { mean, secondMoment } from "../../theory/index.ts";
import { type ActivationForm, formOf } from "../forms/index.ts";
import { type Builder, type KeptMean, type Mean, meanOfMixed, positionsOf, type State } from "./builder.ts";
import { declined } from "./declined.ts";
import { here } from "./maps.ts";
import type { FormUse, MapValue } from "./program.ts";
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
function through(builder: Builder, theta: MapValue | null | undefined) {
  if (!theta) return undefined;
  const target = builder.map({ ...theta, nonNegative: false });
  return { source: theta, target };
}

/** Twice K in half the scale. */
function rectified(builder: Builder, { nngp, ntk }: State): State {
  const target = builder.map({ ...nngp, scale: nngp.scale / 2, nonNegative: true });
  const kept = builder.keep(positionsOf(nngp.space), 2);
  const tangent = through(builder, ntk);
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
  // E max(0, √v z) = √(v/2π), and the first slot is √v of the map's numbers.
  const mean = { kept: () => kept, factor: Math.sqrt(nngp.scale / (2 * Math.PI)) };
  return { nngp: target, ntk: tangent?.target ?? ntk, mean };
}

/** Least share of E φ² that the variance of φ has to have, so that float32 keeps its digits. */
const VARIANCE_SHARE = 0.1;
const variances = [1e-6, 1e-4, 1e-2, 1, 1e2, 1e4, 1e6];

/** The mean after an activation; nobody follows means that leave little else. */
function meanAfter(
  builder: Builder,
  { use, positions, before }: { readonly use: FormUse; readonly positions: number; readonly before: Mean },
): Mean {
  const { activation } = use;
  if (activation.kind === "linear") return before;
  if (mean(activation, 0.7) === 0 && mean(activation, 1.3) === 0) return "zero";
  const share = (v: number) => 1 - mean(activation, v) ** 2 / secondMoment(activation, v);
  if (!variances.every((v) => share(v) >= VARIANCE_SHARE)) return "unknown";
  return { kept: () => builder.meanOf(use, positions), factor: 1 };
}

/** A form of the interpreter, whose results are in true scale. */
function formed(
  builder: Builder,
  { activation: spec, layer }: OpOf<"activation">,
  { nngp, ntk, mean: before }: State,
): State {
  const activation = scalarHalf(spec);
  const form = formOf(activation);
  if (form.missing(1) > SERIES_ERROR) throw declined(`${spec.kind}, whose Hermite series ends too slowly`);
  const size = sizeOf(form);
  const target = builder.map({ space: nngp.space, scale: 1, size, nonNegative: false });
  const positions = positionsOf(nngp.space);
  const kept = builder.keep(positions, form.slots);
  const tangent = through(builder, ntk);
  const use = builder.use({ form, activation, layer });
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
  const after = meanAfter(builder, { use, positions, before });
  return { nngp: target, ntk: tangent?.target ?? ntk, mean: after };
}

interface Normalisation {
  readonly epsilon: number;
  readonly units: number;
  readonly trained?: Trained;
  /** The mean that is taken off. */
  readonly mean?: KeptMean | undefined;
  /** Whether all positions of an item have one mean and one variance. */
  readonly whole?: boolean;
}

/** K/√((N·v + ε)(N·v' + ε)), Θ likewise; trained gains and shifts follow. Means are taken off K and v before. */
export function normalised(builder: Builder, state: State, options: Normalisation): State {
  const { epsilon, units, trained, mean, whole = false } = options;
  const { nngp, ntk } = state;
  const kept = builder.keep(positionsOf(nngp.space), whole && mean ? 2 : 1);
  const shift = epsilon / units / nngp.scale;
  // r·r' takes the scale of K away.
  const divide = (source: MapValue, flag: boolean) => {
    const scale = source.scale / nngp.scale / units;
    const nonNegative = source.nonNegative && mean === undefined;
    const target = builder.map({ ...source, scale, size: source.size / nngp.size, nonNegative });
    const step = { op: "normalise", source, target, shift, kept, flag, whole } as const;
    if (!flag || mean === undefined) return builder.emit({ ...step, factor: 1 });
    return builder.emit({ ...step, mean: mean.kept(), factor: mean.factor ** 2 / nngp.scale });
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

/** Normalisation of units whose mean goes, at every position alone or of all together. */
export function centredAndNormalised(
  builder: Builder,
  state: State,
  options: { readonly epsilon: number; readonly trained: Trained; readonly whole: boolean },
): State {
  const { mean } = state;
  if (mean === "unknown") throw declined("layer normalisation of units whose mean it does not follow");
  const own = mean === "zero" ? undefined : mean;
  const result = normalised(builder, state, { ...options, units: 1, mean: own });
  // Positions keep what sets them apart from the mean over all.
  return { ...result, mean: options.whole ? meanOfMixed(mean) : "zero" };
}
