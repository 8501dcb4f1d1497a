/**
 * @file The gradient of sharpness-aware minimisation (training.md §1.2): g at the weights w, an ascent e along it, and gs at
 * w + e, of the same batch with the same draws. Nothing is restored, because the update starts from w itself. In steps that
 * are not to look there, nothing of it is computed (`choose`).
 */
import { add, choose, constant, mul, reduceMean, sub, type Tensor } from "../expr/index.ts";
import { ascend } from "./ascent.ts";
import { type Batch, partOf, rowsOf, sizeOfBatch } from "./batch.ts";
import { type Descent, descentAt, type Problem } from "./descent.ts";
import { lookAgain, lookBack } from "./look.ts";
import { globalNorm, mapTensors, type Tensors } from "./norms.ts";
import { type SamOptions, secondRows } from "./sam-options.ts";
import { largestPlaces } from "./selection.ts";

/** What a step of SAM is given beside the problem and the batch. */
export interface SamStep {
  readonly sam: SamOptions;
  /** ρ, []. */
  readonly rho: Tensor;
  /** Whether this step takes the second gradient, [] bool; absent where every one does. */
  readonly active?: Tensor | undefined;
  /** As {@link ascentDraws}. */
  readonly draws: Tensors;
  /** As {@link lookState}; empty for other variants. */
  readonly state: Tensors;
}

/** A descent as the base optimiser is to make it, and what was seen on the way there. */
export interface SharpDescent extends Descent {
  /** ‖g‖ at w; the mean of the parts of a batch that are perturbed apart. */
  readonly norm: Tensor;
  /** The divisor of e, likewise; 0 where there was no ascent. */
  readonly divisor: Tensor;
  /** L(w + e) - L(w); NaN where there was no ascent. */
  readonly sharpness: Tensor;
  /** What the state becomes. */
  readonly state: Tensors;
}

/** The sharpness-aware descent of a batch, or in a step that is not active the base optimiser's. */
export function sharpDescent(problem: Problem, batch: Batch, step: SamStep): SharpDescent {
  const { active } = step;
  if (active === undefined) return { ...inParts(problem, batch, step), state: {} };
  const base = descentAt(problem, problem.weights, batch);
  const norm = globalNorm(base.gradients);
  const nothing = { divisor: constant(0, norm.dtype), sharpness: constant(Number.NaN, norm.dtype) };
  const looked = step.sam.variant === "look";
  const gradients = looked ? lookBack(base.gradients, norm, step.sam, step.state) : base.gradients;
  const plain = { ...base, gradients, norm, ...nothing, state: step.state };
  const sharp = inParts(problem, batch, step);
  const state = looked ? lookAgain(base.gradients, sharp.gradients, step.state) : {};
  return chosen(active, { ...sharp, state }, plain);
}

/** The mean over parts of m rows, each with its own ascent; their running statistics follow each other. */
function inParts(problem: Problem, batch: Batch, step: SamStep): Omit<SharpDescent, "state"> {
  const rows = sizeOfBatch(batch);
  const { m = rows } = step.sam;
  if (m === rows) return ofPart(problem, batch, step);
  let { weights } = problem;
  const parts = Array.from({ length: rows / m }, (_, i) => {
    const part = ofPart({ ...problem, weights }, partOf(batch, i * m, (i + 1) * m), step);
    weights = { ...weights, ...part.updates };
    return part;
  });
  const mean = (of: (part: (typeof parts)[number]) => Tensor) =>
    mul(
      parts.map(of).reduce((sum, value) => add(sum, value)),
      1 / parts.length,
    );
  return {
    loss: mean(({ loss }) => loss),
    gradients: mapTensors(parts[0]!.gradients, (_, name) => mean(({ gradients }) => gradients[name]!)),
    updates: parts.at(-1)!.updates,
    norm: mean(({ norm }) => norm),
    divisor: mean(({ divisor }) => divisor),
    sharpness: mean(({ sharpness }) => sharpness),
  };
}

function ofPart(problem: Problem, batch: Batch, step: SamStep): Omit<SharpDescent, "state"> {
  const { weights, forward } = problem;
  const { loss, losses, gradients, updates } = descentAt(problem, weights, batch);
  const { raised, divisor } = ascend(problem, gradients, step);
  const above = { ...weights, ...raised };
  const common = { loss, updates, norm: globalNorm(gradients), divisor };
  const rows = sizeOfBatch(batch);
  const count = secondRows(step.sam, rows);
  if (count === rows) {
    const second = descentAt(problem, above, batch);
    return { ...common, gradients: second.gradients, sharpness: sub(second.loss, loss) };
  }
  const risen = sub(forward(above, batch).losses, losses);
  const second = descentAt(problem, above, rowsOf(batch, largestPlaces(risen, count)));
  return { ...common, gradients: second.gradients, sharpness: reduceMean(risen) };
}

/** One of two descents, of which only the one taken is computed. */
function chosen(active: Tensor, a: SharpDescent, b: SharpDescent): SharpDescent {
  const one = (x: Tensor, y: Tensor) => choose(active, x, y);
  const each = (x: Tensors, y: Tensors) => mapTensors(y, (value, name) => one(x[name]!, value));
  return {
    loss: one(a.loss, b.loss),
    gradients: each(a.gradients, b.gradients),
    updates: each(a.updates, b.updates),
    norm: one(a.norm, b.norm),
    divisor: one(a.divisor, b.divisor),
    sharpness: one(a.sharpness, b.sharpness),
    state: each(a.state, b.state),
  };
}
