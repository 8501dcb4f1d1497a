/**
 * @file Continuation along the curve of J Jᵀ (criticality.md §9): from z far out in the upper half plane, where the solution
 * is known, to any z there, by predictor and Newton steps in all unknowns (ln ζ_l, v) at once. Newton is never started
 * elsewhere, so the branch is the physical one.
 */
import {
  type Complex,
  type Curve,
  evaluateLayer,
  extraTerms,
  type LayerPoint,
  layerPoint,
  yOf,
} from "./curve.ts";

const MAX_NEWTON = 10;
/** Newton converges quadratically: after a step this small, in units of the width, the error is below 1e-12. */
const CONVERGED = 1e-7;
/** What each layer adds to the rounding of a step. */
const ROUNDING = 1e-15;
/** Unknowns are logarithms; no accepted step moves one further than this. */
const LARGEST_MOVE = 1;
/** A move in more trials than this leads through a thicket of poles: values of D² that are not resolved. */
const MOST_TRIALS = 64;
/** So does a short move that must be cut into pieces smaller than this. */
const SMALLEST_FRACTION = 1e-5;
const GROWTH = 2;
/** The start, in units of the largest value times the number of layers. */
const FAR_OUT = 1e3;

/**
 * A point on the curve that can be moved. Unknowns lie as [re, im] pairs: ln ζ of each group, then v.
 * @example
 * const tracker = new Tracker(curve, 1);
 * if (tracker.moveTo(Math.log(2), 1e-8)) tracker.rate(); // λ ρ(λ) at λ = 2 in units of the mean
 */
export class Tracker {
  readonly #curve: Curve;
  readonly #converged: number;
  readonly #size: number;
  readonly #state: Float64Array;
  readonly #trial: Float64Array;
  readonly #step: Float64Array;
  readonly #tangent: Float64Array;
  readonly #trialTangent: Float64Array;
  readonly #points: readonly LayerPoint[];
  #tr = 0;
  #ti = 0;
  readonly #t: Complex = { re: 0, im: 0 };

  /** @param width Scale of the spectrum in ln λ, at most 1: narrow spectra need smaller last steps. */
  constructor(curve: Curve, width: number) {
    this.#curve = curve;
    this.#converged = Math.max(CONVERGED * width, ROUNDING * curve.layers);
    this.#size = 2 * curve.groups.length + 2;
    const array = () => new Float64Array(this.#size);
    this.#state = array();
    this.#trial = array();
    this.#step = array();
    this.#tangent = array();
    this.#trialTangent = array();
    this.#points = curve.groups.map(() => layerPoint());
    this.restart();
  }

  /** Back to the known point far out. */
  restart(): void {
    const { groups, layers, gaussians, smooth, bernoulli } = this.#curve;
    const top = groups.reduce((max, { law }) => Math.max(max, law.values.at(-1)!), 1);
    const weight = layers + gaussians + smooth + bernoulli + 1;
    this.#state.fill(0);
    for (let i = 0; i < this.#size; i += 2) {
      this.#state[i] = Math.log(FAR_OUT * weight * top);
      this.#state[i + 1] = Math.PI / 2;
    }
    // v ~ ln ζ: a few steps at the t of the current point put the unknowns onto the curve.
    this.#trial.set(this.#state);
    for (let i = 0; i < MAX_NEWTON; i++) {
      this.#evaluate(this.#trial, Number.NaN, Number.NaN);
      if (this.#newtonStep() < this.#converged) break;
    }
    this.#evaluate(this.#trial, Number.NaN, Number.NaN);
    this.#accept(this.#t.re, this.#t.im);
  }

  /** ln z = re + i im where the tracker stands. */
  get place(): Complex {
    return { re: this.#tr, im: this.#ti };
  }

  /** The smallest ln |ζ_l|; sums over values lose their digits where it nears -345. */
  get lowest(): number {
    let least = this.#state[this.#size - 2]!;
    for (let i = 0; i < this.#size - 2; i += 2) least = Math.min(least, this.#state[i]!);
    return least;
  }

  /** λ ρ(λ) at λ = |z|, z close to the real axis: -Im (1 + M_J)/π. */
  rate(): number {
    yOf(this.#state[this.#size - 2]!, this.#state[this.#size - 1]!, this.#t);
    return -this.#t.im / Math.PI;
  }

  /**
   * Moves to ln z = re + i im, im > 0.
   * @returns False when it takes too many steps: at an atom, or an edge approached too closely; the tracker then stays
   * where it got to.
   */
  moveTo(re: number, im: number): boolean {
    let fraction = 1;
    let trials = 0;
    while (this.#tr !== re || this.#ti !== im) {
      if (++trials > MOST_TRIALS) return false;
      const last = fraction >= 1;
      const tr = last ? re : this.#tr + fraction * (re - this.#tr);
      const ti = last ? im : this.#ti + fraction * (im - this.#ti);
      if (this.#solve(tr, ti)) {
        // What is left is measured anew: a fraction of the rest.
        fraction = last ? 1 : Math.min(1, (GROWTH * fraction) / (1 - fraction));
      } else {
        fraction = Math.min(fraction, 1) / 3;
        if (fraction < SMALLEST_FRACTION && Math.hypot(re - this.#tr, im - this.#ti) < 1) return false;
      }
    }
    return true;
  }

  #solve(tr: number, ti: number): boolean {
    this.#predict(tr - this.#tr, ti - this.#ti);
    let before = LARGEST_MOVE;
    for (let i = 0; i < MAX_NEWTON; i++) {
      if (!this.#isInside()) return false;
      this.#evaluate(this.#trial, tr, ti);
      const size = this.#newtonStep();
      if (!(size <= before)) return false;
      if (size < this.#converged) {
        if (!this.#isInside() || !this.#isNear()) return false;
        this.#accept(tr, ti);
        return true;
      }
      before = Math.max(0.7 * size, this.#converged);
    }
    return false;
  }

  #predict(dr: number, di: number): void {
    for (let i = 0; i < this.#size; i += 2) {
      const re = this.#tangent[i]!;
      const im = this.#tangent[i + 1]!;
      this.#trial[i] = this.#state[i]! + re * dr - im * di;
      this.#trial[i + 1] = this.#state[i + 1]! + re * di + im * dr;
    }
  }

  /** Every ζ_l in the upper half plane and arg((1+y)/y) with them. */
  #isInside(): boolean {
    for (let i = 1; i < this.#size; i += 2) {
      const im = this.#trial[i]!;
      if (!(im > 0 && im < Math.PI)) return false;
    }
    return true;
  }

  #isNear(): boolean {
    for (let i = 0; i < this.#size; i++) {
      if (Math.abs(this.#trial[i]! - this.#state[i]!) > LARGEST_MOVE) return false;
    }
    return true;
  }

  #accept(tr: number, ti: number): void {
    this.#state.set(this.#trial);
    this.#tangent.set(this.#trialTangent);
    this.#tr = tr;
    this.#ti = ti;
  }

  /** Adds the Newton step to the trial; its largest component. */
  #newtonStep(): number {
    let size = 0;
    for (let i = 0; i < this.#size; i++) {
      this.#trial[i] = this.#trial[i]! + this.#step[i]!;
      size = Math.max(size, Math.abs(this.#step[i]!));
    }
    return size;
  }

  /**
   * Newton step and tangent at `at` for the target t; a target NaN means v is held instead. With k_l = dv_l/dω_l:
   * dω_l = (v - v_l + dv)/k_l, and the equation of ln z gives dv.
   */
  #evaluate(at: Float64Array, tr: number, ti: number): void {
    const { groups, layers } = this.#curve;
    const last = this.#size - 2;
    const vr = at[last]!;
    const vi = at[last + 1]!;
    extraTerms(this.#curve, vr, vi, extra, extraSlope);
    let nr = extraSlope.re - (layers - 1);
    let ni = extraSlope.im;
    let t0r = extra.re - (layers - 1) * vr;
    let t0i = extra.im - (layers - 1) * vi;
    let missR = 0;
    let missI = 0;
    for (let l = 0; l < groups.length; l++) {
      const { law, count } = groups[l]!;
      const { v, slope } = this.#points[l]!;
      evaluateLayer(law, at[2 * l]!, at[2 * l + 1]!, this.#points[l]!);
      const norm = slope.re * slope.re + slope.im * slope.im;
      const ir = slope.re / norm;
      const ii = -slope.im / norm;
      const gr = vr - v.re;
      const gi = vi - v.im;
      this.#step[2 * l] = gr * ir - gi * ii;
      this.#step[2 * l + 1] = gr * ii + gi * ir;
      this.#trialTangent[2 * l] = ir;
      this.#trialTangent[2 * l + 1] = ii;
      nr += count * ir;
      ni += count * ii;
      t0r += count * at[2 * l]!;
      t0i += count * at[2 * l + 1]!;
      missR += count * this.#step[2 * l]!;
      missI += count * this.#step[2 * l + 1]!;
    }
    this.#t.re = t0r;
    this.#t.im = t0i;
    const held = Number.isNaN(tr);
    const rr = held ? 0 : tr - t0r - missR;
    const ri = held ? 0 : ti - t0i - missI;
    this.#closeStep(rr, ri, nr, ni);
  }

  /** From the residual of ln z and its derivative by v to dv, and with it to all components. */
  #closeStep(rr: number, ri: number, nr: number, ni: number): void {
    const last = this.#size - 2;
    const norm = nr * nr + ni * ni;
    const cr = nr / norm;
    const ci = -ni / norm;
    const dr = rr * cr - ri * ci;
    const di = rr * ci + ri * cr;
    for (let i = 0; i < last; i += 2) {
      const ir = this.#trialTangent[i]!;
      const ii = this.#trialTangent[i + 1]!;
      this.#step[i] = this.#step[i]! + dr * ir - di * ii;
      this.#step[i + 1] = this.#step[i + 1]! + dr * ii + di * ir;
      this.#trialTangent[i] = ir * cr - ii * ci;
      this.#trialTangent[i + 1] = ir * ci + ii * cr;
    }
    this.#step[last] = dr;
    this.#step[last + 1] = di;
    this.#trialTangent[last] = cr;
    this.#trialTangent[last + 1] = ci;
  }
}

const extra: Complex = { re: 0, im: 0 };
const extraSlope: Complex = { re: 0, im: 0 };
