/**
 * @file The Hessian of a surface at a place by its products alone: both ends of the spectrum (Lanczos), its trace (Hutchinson),
 * its density (stochastic Lanczos quadrature). Training.md §1.4; curvature means little without the loss beside it (§1.7).
 */
import { dot, type Key, lanczos, rademacher } from "../../tensor/index.ts";
import type { Estimate } from "../../theory/index.ts";
import { positiveCount } from "../checks.ts";
import { extremeEigenvalues } from "../lanczos.ts";
import { checkFinite, nonNegative, notFinite, positive } from "./checks.ts";
import { vectorOf } from "./coordinates.ts";
import { finite, methodAssumption, type Products, productsAt } from "./products.ts";
import { overDraws } from "./rise.ts";
import type {
  DensityOptions,
  EigenvalueOptions,
  HessianEigenvalues,
  HessianTrace,
  MeasureOptions,
  Point,
  ProductMethod,
  Quadrature,
  SpectralDensity,
  Surface,
  TraceOptions,
} from "./types.ts";
import { spaced } from "./vectors.ts";
import { Walk } from "./walk.ts";

interface Place {
  readonly w: Float64Array;
  readonly loss: number;
  readonly walk: Walk;
  readonly apply: Products;
  readonly assumptions: readonly string[];
}

async function placeOf(
  surface: Surface,
  point: Point,
  { total, ...options }: MeasureOptions & { readonly method?: ProductMethod; readonly total: number },
): Promise<Place> {
  const w = vectorOf(surface, point);
  const walk = new Walk(options, total + 1);
  const { loss } = await walk.step(() => surface.value(w));
  checkFinite(loss, "point");
  const apply = await productsAt(surface, w, { method: options.method, walk });
  const assumptions = [...surface.assumptions, methodAssumption[options.method ?? "exact"]];
  return { w, loss, walk, apply, assumptions };
}

/**
 * The largest eigenvalues of the Hessian and the most negative one, by Lanczos iteration with full reorthogonalisation. The
 * interval of each is its residual: an eigenvalue lies in it.
 * @throws FathomError bad-input for a point that does not match, counts below 1, a loss that is not finite at the point; failed
 * where products are not finite; the reason of `signal` when it is aborted.
 * @example const { largest, smallest } = await hessianEigenvalues(surface, weights, { top: 5, steps: 60 });
 */
export async function hessianEigenvalues(
  surface: Surface,
  point: Point,
  options: EigenvalueOptions = {},
): Promise<HessianEigenvalues> {
  const top = Math.min(positiveCount("top", options.top ?? 1), surface.dimension);
  const steps = positiveCount("steps", options.steps ?? Math.max(30, 3 * top));
  const tolerance = nonNegative("tolerance", options.tolerance ?? 1e-3);
  const place = await placeOf(surface, point, { ...options, total: steps });
  const found = await extremeEigenvalues(place.apply, {
    dimension: surface.dimension,
    key: place.walk.key.split("lanczos"),
    steps,
    tolerance,
    top,
    ends: options.ends ?? "both",
  });
  if (!Number.isFinite(found.largest)) throw notFinite("the Hessian", place.loss);
  const estimate = (value: number, residual: number): Estimate => ({
    value,
    ci: [value - residual, value + residual],
    kind: "measured",
    assumptions: [...place.assumptions, "interval: the residual, within which an eigenvalue lies"],
  });
  const known = Math.min(top, found.values.length);
  return {
    largest: found.values.slice(0, known).map((value, i) => estimate(value, found.residuals[i]!)),
    smallest: estimate(found.smallest, found.residuals.at(-1)!),
    products: found.products,
    converged: found.converged,
    loss: place.loss,
  };
}

/**
 * The trace of the Hessian from random signs (Hutchinson): a probe has the variance 2 Σ_{i≠j} H_ij².
 * @throws FathomError as `hessianEigenvalues`; bad-input for fewer than two probes.
 * @example const { trace } = await hessianTrace(surface, weights, { probes: 100 });
 */
export async function hessianTrace(
  surface: Surface,
  point: Point,
  options: TraceOptions = {},
): Promise<HessianTrace> {
  const probes = positiveCount("probes", options.probes ?? 30, 2);
  const { loss, apply, walk, assumptions } = await placeOf(surface, point, { ...options, total: probes });
  const draws: number[] = [];
  const squares: number[] = [];
  for (let i = 0; i < probes; i++) {
    const v = signsOf(walk.key.split("trace").split(i), surface.dimension);
    const h = await apply(v);
    draws.push(finite(dot(v, h), loss));
    squares.push(dot(h, h));
  }
  const of = (samples: readonly number[]) => overDraws(samples, [...assumptions, "random signs"]);
  return { trace: of(draws), squares: of(squares), draws, loss };
}

function signsOf(key: Key, dimension: number): Float64Array {
  return rademacher(key, "float64", [dimension]).data;
}

/**
 * The density of the Hessian's eigenvalues by stochastic Lanczos quadrature (Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38,
 * 2017; Ghorbani, Krishnan and Xiao, ICML 2019): each start gives nodes and weights of a Gauss quadrature, exact for polynomials
 * up to degree 2·steps - 1, which are drawn as Gaussians.
 * @throws FathomError as `hessianEigenvalues`; bad-input for a width that is not positive.
 * @example const { x, density, negative } = await spectralDensity(surface, weights, { probes: 10, steps: 60 });
 */
export async function spectralDensity(
  surface: Surface,
  point: Point,
  options: DensityOptions = {},
): Promise<SpectralDensity> {
  const probes = positiveCount("probes", options.probes ?? 10);
  const steps = Math.min(positiveCount("steps", options.steps ?? 40), surface.dimension);
  const points = positiveCount("points", options.points ?? 400, 2);
  if (options.width !== undefined) positive("width", options.width);
  const place = await placeOf(surface, point, { ...options, total: probes * steps });
  const { loss, walk } = place;
  const quadratures: Quadrature[] = [];
  for (let i = 0; i < probes; i++) {
    const start = signsOf(walk.key.split("density").split(i), surface.dimension);
    const found = await lanczos(place.apply, { start, most: steps, enough: () => false });
    if (found === undefined) throw notFinite("the Hessian", loss);
    walk.skip(steps - found.products);
    quadratures.push({ nodes: found.values, weights: found.weights });
  }
  const nodes = quadratures.flatMap((quadrature) => quadrature.nodes);
  const [smallest, largest] = [Math.min(...nodes), Math.max(...nodes)];
  const width = options.width ?? usualWidth(smallest, largest);
  const assumptions = [...place.assumptions, `${probes} random starts of ${steps} products`];
  const average = (f: (node: number) => number) =>
    overDraws(
      quadratures.map((quadrature) => integral(quadrature, f)),
      assumptions,
    );
  const x = spaced([smallest - 4 * width, largest + 4 * width], points);
  return {
    x,
    ...densityOf(quadratures, x, width),
    width,
    quadratures,
    mean: average((node) => node),
    meanSquare: average((node) => node * node),
    negative: average((node) => Number(node < -width)),
    largest,
    smallest,
    products: walk.done - 1,
    loss,
    assumptions: [...assumptions, `Gaussians of standard deviation ${width.toPrecision(3)}`],
  };
}

/** 1 % of the spectrum's length; of a single eigenvalue, of its size. */
function usualWidth(smallest: number, largest: number): number {
  return (largest - smallest || Math.max(Math.abs(largest), 1)) / 100;
}

function integral({ nodes, weights }: Quadrature, f: (node: number) => number): number {
  return nodes.reduce((sum, node, i) => sum + weights[i]! * f(node), 0);
}

function densityOf(quadratures: readonly Quadrature[], x: readonly number[], width: number) {
  const height = 1 / (width * Math.sqrt(2 * Math.PI));
  const count = quadratures.length;
  const bell = (at: number) => (node: number) => height * Math.exp(-(((at - node) / width) ** 2) / 2);
  const density: number[] = [];
  const se: number[] = [];
  for (const at of x) {
    const values = quadratures.map((quadrature) => integral(quadrature, bell(at)));
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    density.push(mean);
    se.push(count > 1 ? Math.sqrt(squares / (count - 1) / count) : Number.NaN);
  }
  return { density, se };
}
