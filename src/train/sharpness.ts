/**
 * @file The gradient of sharpness-aware minimisation (training.md §1.2): g at the weights w, an ascent e along it, and gs at
 * w + e, of the same batch with the same draws. Nothing is restored, because the update starts from w itself.
 */
import { add, div, mul, orZeros, reduceMean, stopGradient, sub, type Tensor, vjp } from "../expr/index.ts";
import { type Batch, type Forward, partOf, sizeOfBatch } from "./batch.ts";
import { type GroupSettings, settingsOf } from "./groups.ts";
import { globalNorm, mapTensors, only, type Tensors } from "./norms.ts";
import type { SamOptions } from "./sam-options.ts";

/** A loss, its gradient by trained parameter, and what the running statistics become. */
export interface Descent {
  readonly loss: Tensor;
  /** Loss of each row, [B]. */
  readonly losses: Tensor;
  readonly gradients: Tensors;
  readonly updates: Tensors;
}

/** A descent at w + e, and what was seen on the way there. */
export interface SharpDescent {
  /** Mean loss at w. */
  readonly loss: Tensor;
  /** The gradient that the base optimiser is to use. */
  readonly gradients: Tensors;
  /** Of the running statistics, from the passes at w alone. */
  readonly updates: Tensors;
  /** ‖g‖ at w. */
  readonly norm: Tensor;
  /** n, the denominator of e: ‖g‖ over what is perturbed, ‖w·g‖ for ASAM. Of parts of a batch both are means. */
  readonly divisor: Tensor;
  /** L(w + e) - L(w). */
  readonly sharpness: Tensor;
}

/** What the gradients are taken of. */
export interface Problem {
  /** All arrays of the model by name. */
  readonly weights: Tensors;
  /** Names of those that are trained. */
  readonly trained: readonly string[];
  readonly forward: Forward;
  readonly settings: Readonly<Record<string, GroupSettings>>;
}

/** The mean loss of a batch and its gradient with respect to the trained parameters. */
export function descentAt({ trained, forward }: Problem, weights: Tensors, batch: Batch): Descent {
  const { losses, updates } = forward(weights, batch);
  const loss = reduceMean(losses);
  const tensors = trained.map((name) => weights[name]!);
  const gradients = vjp([loss], tensors).map((gradient, i) => orZeros(gradient, tensors[i]!));
  return {
    loss,
    losses,
    updates,
    gradients: Object.fromEntries(trained.map((name, i) => [name, gradients[i]!])),
  };
}

/**
 * The sharpness-aware gradient of a batch: the mean of those of its parts of m rows, each with its own ascent.
 * @param rho ρ, a scalar.
 */
export function sharpDescent(problem: Problem, batch: Batch, sam: SamOptions, rho: Tensor): SharpDescent {
  const rows = sizeOfBatch(batch);
  const { m = rows } = sam;
  if (m === rows) return sharpPart(problem, batch, sam, rho);
  let { weights } = problem;
  const parts = Array.from({ length: rows / m }, (_, i) => {
    const part = sharpPart({ ...problem, weights }, partOf(batch, i * m, (i + 1) * m), sam, rho);
    weights = { ...weights, ...part.updates };
    return part;
  });
  const mean = (values: readonly Tensor[]) => mul(values.reduce(add), 1 / parts.length);
  return {
    loss: mean(parts.map(({ loss }) => loss)),
    gradients: mapTensors(parts[0]!.gradients, (_, name) => mean(parts.map((part) => part.gradients[name]!))),
    updates: Object.assign({}, ...parts.map(({ updates }) => updates)),
    norm: mean(parts.map(({ norm }) => norm)),
    divisor: mean(parts.map(({ divisor }) => divisor)),
    sharpness: mean(parts.map(({ sharpness }) => sharpness)),
  };
}

function sharpPart(problem: Problem, batch: Batch, sam: SamOptions, rho: Tensor): SharpDescent {
  const { weights } = problem;
  const { loss, gradients, updates } = descentAt(problem, weights, batch);
  const { raised, divisor } = ascent(problem, gradients, sam, rho);
  const sharp = descentAt(problem, { ...weights, ...raised }, batch);
  return {
    loss,
    gradients: sharp.gradients,
    updates,
    norm: globalNorm(gradients),
    divisor,
    sharpness: sub(sharp.loss, loss),
  };
}

/**
 * The weights w + e that are perturbed. SAM: e = ρ g / n with n = ‖g‖ over all of them; ASAM: e = ρ w² g / n with
 * n = ‖w·g‖. e is a constant to derivatives; a gradient of 0 gives e = 0.
 */
function ascent(
  { weights, trained, settings }: Problem,
  gradients: Tensors,
  { adaptive }: SamOptions,
  rho: Tensor,
): { raised: Tensors; divisor: Tensor } {
  const names = trained.filter((name) => settingsOf(settings, name).rho !== 0);
  const held = mapTensors(only(names, gradients), stopGradient);
  const sized = adaptive ? mapTensors(held, (g, name) => mul(stopGradient(weights[name]!), g)) : held;
  const divisor = globalNorm(sized);
  const scale = div(rho, add(divisor, 1e-12));
  const raised = mapTensors(sized, (direction, name) => {
    const w = weights[name]!;
    const along = adaptive ? mul(stopGradient(w), direction) : direction;
    const { rho: factor } = settingsOf(settings, name);
    return add(w, mul(along, factor === 1 ? scale : mul(scale, factor)));
  });
  return { raised, divisor };
}
