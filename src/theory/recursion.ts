/**
 * @file Signals through depth: the mean-field state at every preactivation (criticality.md §1), the products of chi_J in
 * logarithms, the correlation of two inputs, and the neural tangent kernel on the way (§5).
 */
import { FathomError, relocated } from "../tensor/index.ts";
import { restarted, restartedPair, withoutBatch } from "./positions.ts";
import {
  correlation,
  type InputMoments,
  inputPairState,
  inputState,
  type MeanFieldState,
  type PairMoments,
  type PairState,
} from "./state.ts";
import type { Step } from "./step.ts";

/** A place in a network: the mean-field rule from the place before, and whether preactivations are tapped here. */
export interface Place {
  readonly name: string;
  readonly step: Step;
  readonly tap: boolean;
}

/** `infinite`: the signal overflowed; `dead`: it underflowed to 0. */
export type SignalStatus = "ok" | "infinite" | "dead";

/** What theory says of one tapped preactivation h^l. */
export interface MeanFieldLayer {
  readonly name: string;
  /** l, from 1. */
  readonly index: number;
  readonly K: number;
  /** J(l, l+1) = chi_J of the step that starts here; undefined at the last tap. */
  readonly chiJ: number | undefined;
  /** dK^{l+1}/dK^l of the step that starts here; undefined at the last tap. */
  readonly chiK: number | undefined;
  /** ln J(1, l). */
  readonly logJ: number;
  /** ln J(l, L) to the last tap. */
  readonly logToOutput: number;
  /** Diagonal of the NTK at h^l, `ntk` parameterisation, and `standard` (NaN where a fan-in is unknown). */
  readonly theta: number;
  readonly thetaStandard: number;
  readonly status: SignalStatus;
  /** K of each position, row by row, where they differ. */
  readonly positions?: readonly number[];
}

/** What theory says of a pair of inputs at one tapped preactivation. */
export interface PairLayer {
  readonly name: string;
  readonly index: number;
  readonly Ka: number;
  readonly Kb: number;
  readonly C: number;
  /** Correlation C/sqrt(Ka Kb); NaN when a signal died or overflowed. */
  readonly c: number;
  /** Off-diagonal of the NTK, `ntk` and `standard` parameterisation. */
  readonly theta: number;
  readonly thetaStandard: number;
}

/**
 * The recursion over the places of a network.
 * @param places In order of the forward pass; at least one tap.
 * @param start The input's moments over units (of each position too, where they matter), or a full state (`preactivationState` begins at h¹, which
 * is then reported as the first layer).
 * @returns One record a tap.
 * @throws FathomError `bad-input` without taps or for bad moments; `unsupported` or `failed` from the layers' rules, with
 * the place's name.
 * @example
 * const block = [activation(scalarActivation("erf")), affine({ sw2: Math.PI / 4, sb2: 0 })];
 * propagate([{ name: "1", step: sequence(block), tap: true }], { K: 1 });
 */
export function propagate(places: readonly Place[], start: MeanFieldState | InputMoments): MeanFieldLayer[] {
  const given = "gaussian" in start ? start : inputState(start);
  const taps = tapsOf(places, followBatch(places) ? given : withoutBatch(given));
  requireTaps(taps.length);
  const uniform = taps.every(({ state }) => state.positions === undefined);
  return summarise(taps, uniform ? productsOf(taps) : positionalJacobians(places, taps));
}

/** The state at a tapped preactivation, J and slopes counted from the tap before. */
interface TapState {
  readonly name: string;
  readonly state: MeanFieldState;
  /** Number of places up to here. */
  readonly place: number;
}

function tapsOf(places: readonly Place[], start: MeanFieldState): TapState[] {
  let state = start;
  const taps: TapState[] = state.gaussian ? [{ name: "h1", state, place: 0 }] : [];
  for (const [i, { name, step, tap }] of places.entries()) {
    state = at(name, () => step.single(state));
    if (!tap) continue;
    taps.push({ name, state, place: i + 1 });
    state = restarted(state);
  }
  return taps;
}

/** Covariances between examples cost an integral a layer, and only BatchNorm looks at them. */
function followBatch(places: readonly Place[]): boolean {
  return places.some(({ step }) => step.readsBatch === true);
}

/** ln J(1, l) and ln J(l, L) of every tap. */
interface Jacobians {
  readonly logJ: readonly number[];
  readonly toOutput: readonly number[];
}

/** Where positions are alike at every tap, J is the product of the chi_J between. */
function productsOf(taps: readonly TapState[]): Jacobians {
  const logJ = [0];
  for (const { state } of taps.slice(1)) logJ.push(logJ.at(-1)! + state.logJ);
  const toOutput = [0];
  for (const { state } of taps.slice(1).reverse()) toOutput.unshift(toOutput[0]! + state.logJ);
  return { logJ, toOutput };
}

/**
 * Where positions differ, J = (1/P) 1ᵀ T_L … T_1 1 (criticality.md §4.9) is no product of means over positions: what
 * reaches the output is counted from every tap anew.
 */
function positionalJacobians(places: readonly Place[], taps: readonly TapState[]): Jacobians {
  const from = (tap: TapState) => {
    let state = restarted(tap.state);
    const logs = [0];
    for (const { name, step, tap: tapped } of places.slice(tap.place)) {
      state = at(name, () => step.single(state));
      if (tapped) logs.push(state.logJ);
    }
    return logs;
  };
  const [logJ, ...later] = taps.map(from);
  return { logJ: logJ!, toOutput: [logJ!, ...later].map((logs) => logs.at(-1)!) };
}

function summarise(taps: readonly TapState[], { logJ, toOutput }: Jacobians): MeanFieldLayer[] {
  return taps.map(({ name, state }, i) => {
    const next = taps[i + 1]?.state;
    return {
      name,
      index: i + 1,
      K: state.K,
      chiJ: next === undefined ? undefined : Math.exp(next.logJ),
      chiK: next?.chiK,
      logJ: logJ[i]!,
      logToOutput: toOutput[i]!,
      theta: state.theta,
      thetaStandard: state.thetaStandard,
      status: statusOf(state.K),
      ...(state.positions === undefined ? {} : { positions: state.positions.map(({ K }) => K) }),
    };
  });
}

function statusOf(K: number): SignalStatus {
  if (K === 0) return "dead";
  return Number.isFinite(K) ? "ok" : "infinite";
}

/**
 * The recursion for two inputs at once.
 * @param start Second moments Ka, Kb, C (and means) of the inputs, or a full pair state.
 * @returns One record a tap, with the correlation and the NTK between the inputs.
 * @throws FathomError as `propagate`.
 * @example propagatePair(places, { Ka: 0.1, Kb: 0.12, C: 0.05 }).map(({ c }) => c)
 */
export function propagatePair(places: readonly Place[], start: PairState | PairMoments): PairLayer[] {
  const { batch, ...pair } = "gaussian" in start ? start : inputPairState(start);
  let state: PairState = batch !== undefined && followBatch(places) ? { ...pair, batch } : pair;
  const layers: PairLayer[] = [];
  const record = (name: string) => {
    const { Ka, Kb, C, theta, thetaStandard } = state;
    layers.push({ name, index: layers.length + 1, Ka, Kb, C, c: correlation(state), theta, thetaStandard });
  };
  if (state.gaussian) record("h1");
  for (const { name, step, tap } of places) {
    state = at(name, () => step.pair(state));
    if (!tap) continue;
    record(name);
    state = restartedPair(state);
  }
  requireTaps(layers.length);
  return layers;
}

/** Runs a rule and names the place in what it throws. */
function at<T>(name: string, rule: () => T): T {
  try {
    return rule();
  } catch (error) {
    if (!(error instanceof FathomError)) throw error;
    throw relocated(error, { where: error.where === undefined ? name : `${name}: ${error.where}` });
  }
}

function requireTaps(count: number): void {
  if (count > 0) return;
  throw new FathomError({
    code: "bad-input",
    message: "The network has no tapped preactivation.",
    where: "places",
    hint: "Tap at least one dense or residual layer.",
  });
}

/**
 * What the rules of some places take for granted beyond infinite width, each once.
 * @example assumptionsOf(meanFieldPlaces(model))
 */
export function assumptionsOf(places: readonly Place[]): string[] {
  return [...new Set(places.flatMap(({ step }) => step.assumptions ?? []))];
}

/**
 * Top eigenvalue of an n × n Gram matrix with constant diagonal and constant off-diagonal, the mean-field estimate of a
 * tangent kernel's: diagonal + (n - 1) offDiagonal. With several outputs it is that of one output.
 */
export function gramTopEigenvalue({
  diagonal,
  offDiagonal,
  n,
}: {
  readonly diagonal: number;
  readonly offDiagonal: number;
  readonly n: number;
}): number {
  return Math.max(diagonal + (n - 1) * offDiagonal, diagonal - offDiagonal);
}
