/**
 * @file Gauss-Legendre panels: the nodes that every Gaussian integral of Fathom is made of (conventions.md,
 * "One quadrature").
 */

/** Nodes of one panel: enough for 1e-15 where a pole lies no nearer than 1.5 half-lengths from the panel. */
const PANEL_NODES = 16;

export interface Rule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** P_n(x) and its derivative by the three-term recurrence. */
function legendre(n: number, x: number): { readonly value: number; readonly derivative: number } {
  let previous = 1;
  let value = x;
  for (let k = 2; k <= n; k++)
    [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
  return { value, derivative: (n * (x * value - previous)) / (x * x - 1) };
}

/**
 * The n-point Gauss-Legendre rule on [-1, 1], by Newton's method on the Legendre polynomial.
 * @example gaussLegendre(2).nodes // ±0.5773502691896257
 */
export function gaussLegendre(n: number): Rule {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    for (let step = 0; step < 8; step++) {
      const { value, derivative } = legendre(n, x);
      x -= value / derivative;
    }
    const { derivative } = legendre(n, x);
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * derivative * derivative);
  }
  return { nodes, weights };
}

const PANEL = gaussLegendre(PANEL_NODES);
const INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

/**
 * The rule for the standard normal density on consecutive panels.
 * @param breakpoints Ascending panel ends, at least two, in units of the standard deviation.
 * @returns Nodes g and weights w with sum w f(g) close to the integral of f(g) exp(-g²/2)/sqrt(2 pi) over the panels.
 */
export function normalPanels(breakpoints: readonly number[]): Rule {
  const panels = breakpoints.length - 1;
  const nodes = new Float64Array(panels * PANEL_NODES);
  const weights = new Float64Array(panels * PANEL_NODES);
  for (let p = 0; p < panels; p++) {
    const half = (breakpoints[p + 1]! - breakpoints[p]!) / 2;
    const centre = (breakpoints[p + 1]! + breakpoints[p]!) / 2;
    for (let i = 0; i < PANEL_NODES; i++) {
      const g = centre + half * PANEL.nodes[i]!;
      nodes[p * PANEL_NODES + i] = g;
      weights[p * PANEL_NODES + i] = half * PANEL.weights[i]! * INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * g * g);
    }
  }
  return { nodes, weights };
}
