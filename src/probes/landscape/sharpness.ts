/**
 * @file Sharpness: how much higher the loss is within a distance ρ, at worst, after one step of ascent, and on average
 * (training.md §1.4; Foret et al. 2021, Kwon et al. 2021 for the adaptive norm).
 */
import { norm, normal } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { positiveCount } from "../checks.ts";
import { extremeEigenvalues } from "../lanczos.ts";
import { checkFinite, nonNegative, notFinite } from "./checks.ts";
import { vectorOf } from "./coordinates.ts";
import { productsAt } from "./products.ts";
import { overDraws } from "./rise.ts";
import type { Point, Sharpness, SharpnessOptions, Surface } from "./types.ts";
import { movedBy, product, times } from "./vectors.ts";
import { Walk } from "./walk.ts";

/** The start of the ascent, as a part of ρ. */
const startAt = 1e-3;

/** The ball around w, in coordinates u of unit scale: the place is w + scale ∘ u. */
class Ball {
  readonly w: Float64Array;
  readonly loss: number;
  readonly #surface: Surface;
  readonly #scale: Float64Array | undefined;
  readonly #walk: Walk;

  constructor(
    surface: Surface,
    at: { readonly w: Float64Array; readonly loss: number; readonly adaptive: boolean; readonly walk: Walk },
  ) {
    this.#surface = surface;
    this.#walk = at.walk;
    this.w = at.w;
    this.loss = at.loss;
    this.#scale = at.adaptive ? at.w.map(Math.abs) : undefined;
  }

  /** scale ∘ v: places of directions, and gradients in u of gradients in w. */
  scaled(v: Float64Array): Float64Array {
    return this.#scale === undefined ? v : product(this.#scale, v);
  }

  /** L(w + scale ∘ u) - L(w) */
  async rise(u: Float64Array): Promise<number> {
    const place = movedBy(this.w, [[1, this.scaled(u)]]);
    return (await this.#walk.step(() => this.#surface.value(place))).loss - this.loss;
  }

  /** The rise at u, and its gradient there. */
  async slope(u: Float64Array): Promise<{ rise: number; gradient: Float64Array }> {
    const place = movedBy(this.w, [[1, this.scaled(u)]]);
    const { loss, gradient } = await this.#walk.step(() => this.#surface.gradient(place));
    return { rise: loss - this.loss, gradient: this.scaled(gradient) };
  }
}

/**
 * Sharpness within ρ: worst case, one-step value, average case, and what the gradient and the largest curvature say for small ρ.
 * @throws FathomError bad-input for ρ that is negative or not finite, a point that does not match, a loss that is not finite
 * there; failed where the gradient is not finite; the reason of `signal` when it is aborted.
 * @example const { worst, average } = await sharpness(surface, weights, { rho: 0.05 });
 */
export async function sharpness(
  surface: Surface,
  point: Point,
  options: SharpnessOptions,
): Promise<Sharpness> {
  const rho = nonNegative("rho", options.rho);
  const { kind = "plain" } = options;
  const steps = positiveCount("steps", options.steps ?? 20);
  const draws = positiveCount("draws", options.draws ?? 32, 2);
  const products = options.largest === undefined ? positiveCount("products", options.products ?? 30, 0) : 0;
  const w = vectorOf(surface, point);
  const walk = new Walk(options, steps + draws + products + 3);
  const { loss, gradient } = await walk.step(() => surface.gradient(w));
  checkFinite(loss, "point");
  const ball = new Ball(surface, { w, loss, adaptive: kind === "adaptive", walk });
  const slope = ball.scaled(gradient);
  const gradientNorm = norm(slope);
  if (!Number.isFinite(gradientNorm)) throw notFinite("the gradient", loss);
  const uphill = gradientNorm === 0 ? new Float64Array(w.length) : times(rho / gradientNorm, slope);
  const oneStep = await ball.rise(uphill);
  const worst = await ascend(ball, { rho, steps, walk }, { rise: oneStep, u: uphill });
  const average = await onAverage(ball, { rho, draws, walk });
  const largest = options.largest ?? (await largestEigenvalue(surface, ball, { products, walk }));
  const says = (text: string) => [...surface.assumptions, normOf(kind), text];
  return {
    rho,
    kind,
    loss,
    gradientNorm,
    worst: measured(
      worst.rise,
      says(`best of ${steps} steps of projected ascent: a lower bound of the maximum`),
    ),
    oneStep: measured(
      oneStep,
      says("one step of length ρ along the gradient: a lower bound of the worst case"),
    ),
    average: overDraws(average, says("e ~ N(0, ρ²/n)")),
    ...(largest === undefined
      ? {}
      : { largest, model: modelOf(rho, { gradientNorm, largest }, says("ρ||g|| + ρ²λ_max/2, for small ρ")) }),
    worstAt: norm(worst.u),
    gradients: worst.gradients + 1,
  };
}

const measured = (value: number, assumptions: readonly string[]): Estimate => ({
  value,
  kind: "measured",
  assumptions,
});

function modelOf(
  rho: number,
  { gradientNorm, largest }: { readonly gradientNorm: number; readonly largest: number },
  assumptions: readonly string[],
): Estimate {
  return measured(rho * gradientNorm + (rho * rho * largest) / 2, assumptions);
}

function normOf(kind: Sharpness["kind"]): string {
  return kind === "plain"
    ? "||e|| ≤ ρ over all parameters"
    : "||e / |w| || ≤ ρ over all parameters that are not 0";
}

interface AscentOptions {
  readonly rho: number;
  readonly steps: number;
  readonly walk: Walk;
}

/** Steps of length ρ/2 along the gradient, brought back into the ball; the best place visited, w itself included. */
async function ascend(
  ball: Ball,
  { rho, steps, walk }: AscentOptions,
  uphill: { readonly rise: number; readonly u: Float64Array },
) {
  let best = uphill.rise > 0 ? uphill : { rise: 0, u: new Float64Array(ball.w.length) };
  const keep = (rise: number, u: Float64Array) => {
    if (rise > best.rise) best = { rise, u };
  };
  let u = randomOfNorm(walk, ball.w.length, startAt * rho);
  let gradients = 0;
  for (let step = 0; step < steps; step++) {
    const here = await ball.slope(u);
    gradients++;
    keep(here.rise, u);
    const size = norm(here.gradient);
    if (!(size > 0 && Number.isFinite(size))) {
      walk.skip(steps - step - 1);
      return { ...best, gradients };
    }
    u = within(rho, movedBy(u, [[rho / 2 / size, here.gradient]]));
  }
  keep(await ball.rise(u), u);
  return { ...best, gradients };
}

function within(rho: number, u: Float64Array): Float64Array {
  const size = norm(u);
  return size <= rho ? u : times(rho / size, u);
}

function randomOfNorm(walk: Walk, dimension: number, size: number): Float64Array {
  const u = normal(walk.key.split("ascent"), "float64", [dimension]).data;
  return times(size / norm(u), u);
}

async function onAverage(
  ball: Ball,
  { rho, draws, walk }: { readonly rho: number; readonly draws: number; readonly walk: Walk },
): Promise<number[]> {
  const n = ball.w.length;
  const rises: number[] = [];
  for (let i = 0; i < draws; i++) {
    const std = rho / Math.sqrt(n);
    rises.push(await ball.rise(normal(walk.key.split("average").split(i), "float64", [n], { std }).data));
  }
  return rises;
}

/** λ_max of the Hessian in u: of diag(scale) H diag(scale). */
async function largestEigenvalue(
  surface: Surface,
  ball: Ball,
  { products, walk }: { readonly products: number; readonly walk: Walk },
): Promise<number | undefined> {
  if (products === 0) return undefined;
  const apply = await productsAt(surface, ball.w, { walk });
  const found = await extremeEigenvalues(async (v) => ball.scaled(await apply(ball.scaled(v))), {
    dimension: surface.dimension,
    key: walk.key.split("lanczos"),
    steps: products,
  });
  if (!Number.isFinite(found.largest)) throw notFinite("the Hessian", ball.loss);
  return found.largest;
}
