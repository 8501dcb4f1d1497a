/**
 * @file What kernel regression will learn from n items, from the eigenvalues of the kernel and the targets' coefficients: the
 * eigenlearning equations (Simon, Dickens, Karkada, DeWeese, arXiv 2110.03922; Bordelon, Canatar, Pehlevan, arXiv 2002.02561).
 * Over a population with eigenvalues λ_i and coefficients v_i, with ridge δ and noise σ²:
 * κ solves Σ λ_i/(λ_i + κ) + δ/κ = n; learnabilities L_i = λ_i/(λ_i + κ); E = E0 (Σ (1 − L_i)² v_i² + σ²), E0 = n/(n − Σ L_i²).
 */
import { FathomError } from "../../tensor/index.ts";

/** A kernel and targets over a population. */
export interface Eigenproblem {
  /** λ_i ≥ 0 of the kernel's integral operator, in any order. */
  readonly eigenvalues: Float64Array;
  /** v_i², mean over targets where there are several; their sum is the targets' mean square. */
  readonly power: Float64Array;
  /** δ: what is added to the diagonal of kernel matrices; 0 unless said. */
  readonly ridge?: number;
  /** σ²: variance of noise on the training targets; 0 unless said. */
  readonly noise?: number;
}

/** What regression on n items does, in expectation over them. */
export interface Learned {
  readonly n: number;
  /** κ: eigenvectors above it are learnt, those below are not. 0 where n items know the whole kernel. */
  readonly kappa: number;
  /** Σ L_i + δ/κ = n: the n items buy so much learnability. */
  readonly learnability: number;
  /** E0 ≥ 1: what fitting the items' peculiarities costs. */
  readonly overfitting: number;
  /** E: mean squared error over the population (targets themselves have variance Σ v_i²). */
  readonly error: number;
  /** The same on the n items. */
  readonly trainError: number;
}

/**
 * The expected error of kernel regression on n items of a population.
 * @throws FathomError bad-input for n below 1, negative eigenvalues, ridge or noise, and lists that do not meet.
 * @example eigenlearning({ eigenvalues, power }, 100).error
 */
export function eigenlearning(problem: Eigenproblem, n: number): Learned {
  check(problem, n);
  const { eigenvalues, power, ridge = 0, noise = 0 } = problem;
  const rank = eigenvalues.reduce((count, value) => count + Number(value > 0), 0);
  if (ridge === 0 && n >= rank) return beyondRank(problem, n, rank);
  const kappa = solveKappa(eigenvalues, ridge, n);
  let learnability = 0;
  let squares = 0;
  let missed = noise;
  for (let i = 0; i < eigenvalues.length; i++) {
    const learnt = eigenvalues[i]! / (eigenvalues[i]! + kappa);
    learnability += learnt;
    squares += learnt ** 2;
    missed += (1 - learnt) ** 2 * power[i]!;
  }
  const overfitting = n / (n - squares);
  const error = overfitting * missed;
  return { n, kappa, learnability, overfitting, error, trainError: error * (ridge / (n * kappa)) ** 2 };
}

/** Without a ridge, n ≥ rank items fix every eigenvector with λ > 0, and the noise is spread over them. */
function beyondRank({ eigenvalues, power, noise = 0 }: Eigenproblem, n: number, rank: number): Learned {
  const missed = power.reduce((sum, value, i) => sum + (eigenvalues[i]! > 0 ? 0 : value), noise);
  const overfitting = n > rank ? n / (n - rank) : Number.POSITIVE_INFINITY;
  const error = missed === 0 ? 0 : overfitting * missed;
  return { n, kappa: 0, learnability: rank, overfitting, error, trainError: missed * (1 - rank / n) };
}

/** Σ λ/(λ + κ) + δ/κ falls from above n to 0 as κ grows, so that the root in ln κ is halved in. */
function solveKappa(eigenvalues: Float64Array, ridge: number, n: number): number {
  const total = eigenvalues.reduce((sum, value) => sum + value, ridge);
  // At κ = (Σλ + δ)/n the left side is at most n.
  let high = Math.log(total / n);
  let low = high;
  const left = (log: number) => {
    const kappa = Math.exp(log);
    return eigenvalues.reduce((sum, value) => sum + value / (value + kappa), ridge / kappa);
  };
  while (left(low) < n && low > -700) low -= 8;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (left(middle) > n) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/**
 * The expected error on the other items when n of a population of P, drawn without repetition, are fitted. Where n is not small
 * beside P this differs: a drawn item is not drawn again, and a random subset is a random projection, whose S-transform is
 * (1 + z)/(α + z) with α = n/P in place of 1/(α + z) of Gaussian data (LeJeune et al., arXiv 2211.03751). Deterministic
 * equivalents then give, with s = ΣL/P and q = ΣL²/P: n = Σ (λ_i + δ/P)/(λ_i + κ), and on items that are not drawn
 * E = Σ (1 − L_i)² v_i² · α/((α − s)(1 − s) + (1 − α)(s − q)); for n ≪ P these are the equations above.
 * @param problem All P eigenvalues, zeros among them; without noise.
 * @throws FathomError bad-input as {@link eigenlearning}, and for n from P on.
 * @example unseenError({ eigenvalues, power, ridge }, 100)
 */
export function unseenError(problem: Omit<Eigenproblem, "noise">, n: number): number {
  check(problem, n);
  const { eigenvalues, power, ridge = 0 } = problem;
  const population = eigenvalues.length;
  if (n >= population) {
    throw new FathomError({
      code: "bad-input",
      message: `Of ${population} items ${n} are drawn: none is left to be predicted.`,
      where: "n",
      hint: "Draw fewer items than there are.",
    });
  }
  // The ridge is a part of the kernel: (λ + δ/P)/(λ + κ) is a learnability of λ + δ/P with κ − δ/P.
  const nugget = ridge / population;
  const shifted = eigenvalues.map((value) => value + nugget);
  const rank = shifted.reduce((sum, value) => sum + Number(value > 0), 0);
  const kappa = n >= rank ? 0 : solveKappa(shifted, 0, n) + nugget;
  let [sum, squares, missed] = [0, 0, 0];
  for (let i = 0; i < population; i++) {
    const learnt = eigenvalues[i]! > 0 ? eigenvalues[i]! / (eigenvalues[i]! + kappa) : 0;
    sum += learnt / population;
    squares += learnt ** 2 / population;
    missed += (1 - learnt) ** 2 * power[i]!;
  }
  const drawn = n / population;
  const overfitting = drawn / ((drawn - sum) * (1 - sum) + (1 - drawn) * (sum - squares));
  return missed === 0 ? 0 : overfitting * missed;
}

function check({ eigenvalues, power, ridge = 0, noise = 0 }: Eigenproblem, n: number): void {
  const bad = (where: string, message: string) =>
    new FathomError({ code: "bad-input", message, where, hint: "Give finite numbers, 0 or more." });
  const fine = (value: number) => Number.isFinite(value) && value >= 0;
  if (!(Number.isFinite(n) && n >= 1)) throw bad("n", `The number of items is ${n}.`);
  if (!fine(ridge)) throw bad("ridge", `The ridge is ${ridge}.`);
  if (!fine(noise)) throw bad("noise", `The noise is ${noise}.`);
  if (eigenvalues.length !== power.length) {
    throw bad("power", `There are ${eigenvalues.length} eigenvalues and ${power.length} coefficients.`);
  }
  for (const [where, list] of [
    ["eigenvalues", eigenvalues],
    ["power", power],
  ] as const) {
    const at = list.findIndex((value) => !fine(value));
    if (at >= 0) throw bad(`${where}[${at}]`, `${where}[${at}] is ${list[at]}.`);
  }
  if (eigenvalues.every((value) => value === 0) && ridge === 0) {
    throw bad("eigenvalues", "The kernel is 0 everywhere, and there is no ridge.");
  }
}
