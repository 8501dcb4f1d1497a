/**
 * @file Tuning by an objective (AutoInit, criticality.md §7.2): gains exp(t) of all weights at once by descent on
 *   ½ Σ_l (ln J_l/J*_l)² + (λ/2) Σ_l (ln K^{l+1}/K^l)²,
 * with the gradient through the gains by the engine's vjp. In t, ln J_l = 2 t_l + const for a plain layer, so that steps of
 * ¼ are Newton's: relu networks are there in one. J*_l is 1, and for the blocks of a whole skip what a sweep aims at. A
 * readout behind a pool has K in place of J, as in a sweep.
 */
import {
  add,
  concat,
  exp,
  input,
  inputsOf,
  log,
  maximum,
  mul,
  orZeros,
  reduceMean,
  reduceSum,
  reshape,
  Scope,
  slice,
  square,
  sub,
  type Tensor,
  vjp,
  vmap,
  withScope,
} from "../../expr/index.ts";
import { applyModel, buildModel, initialise, type Model, parameterInputs } from "../../net/index.ts";
import { compile, type Executable } from "../../runtime/index.ts";
import { FathomError, type NdArray, ndarray, rademacher, sizeOf } from "../../tensor/index.ts";
import { push, type Tap, tapChain } from "../chain.ts";
import { checkInputs } from "../checks.ts";
import { seedKey } from "../jacobian.ts";
import { Gains } from "./gains.ts";
import { isPooledReadout, type Plan, tuningPlan } from "./sites.ts";
import type { SweepOptions, SweepResult } from "./sweep.ts";
import { nothingToTune } from "./sweep.ts";

export interface AutoInitOptions extends Omit<SweepOptions, "strategy" | "dtype"> {
  /** Weight λ of steady K; 0 unless said, 0.1 where the network normalises. */
  readonly lam?: number;
  /** Steps at most; 100 unless said. */
  readonly steps?: number;
}

/** Gains that an objective was descended to. */
export interface AutoInitResult extends SweepResult {
  /** The objective before every step and after the last. */
  readonly objective: readonly number[];
}

/** Newton's step where J grows as the square of a gain. */
const newtonStep = 0.25;
/** ln J of every stretch within this is tuned. */
const tolerance = 1e-3;
/** J below it counts as this: its logarithm is finite. */
const tiny = 1e-280;

/**
 * Tunes a network by the AutoInit objective, in float64.
 * @throws FathomError bad-input for a network without weights to scale, failed where the objective is no number at the start.
 */
export async function autoInitGains(settings: AutoInitOptions): Promise<AutoInitResult> {
  const model = buildModel({ ...settings.model.net, parameterisation: "standard" });
  const plan = tuningPlan(model);
  if (plan.groups === 0) throw nothingToTune();
  const lam = settings.lam ?? (plan.stretches.some(({ normalised }) => normalised) ? 0.1 : 0);
  const objective = await compileObjective(model, plan, { ...settings, lam });
  try {
    return await descend(objective, plan, settings);
  } finally {
    await objective.executable.dispose();
  }
}

interface Objective {
  readonly executable: Executable;
  /** What each seed is fed beside the gains. */
  readonly seeds: readonly Readonly<Record<string, NdArray>>[];
}

interface Value {
  readonly loss: number;
  readonly gradient: Float64Array;
  /** What is to be 0 by stretch, from the second: ln J/J*, or ln K/K*. */
  readonly logs: Float64Array;
  /** ln J by stretch, from the second. */
  readonly lnJ: Float64Array;
}

async function descend(objective: Objective, plan: Plan, settings: AutoInitOptions): Promise<AutoInitResult> {
  let t = new Float64Array(plan.groups);
  let at = await evaluateAt(objective, t);
  if (!Number.isFinite(at.loss)) throw noStart();
  const losses = [at.loss];
  const most = settings.steps ?? 100;
  let rate = newtonStep;
  for (let step = 0; step < most && rate > 1e-4; step++) {
    settings.signal?.throwIfAborted();
    settings.onProgress?.(step, most);
    if (at.logs.every((value) => Math.abs(value) < tolerance)) break;
    let next = t.map((value, i) => value - rate * at.gradient[i]!);
    let there = await evaluateAt(objective, next);
    if (!(there.loss < at.loss) && rate === newtonStep) {
      next = ownStep(plan, t, at);
      there = await evaluateAt(objective, next);
    }
    if (!(there.loss < at.loss)) {
      rate /= 2;
      continue;
    }
    const gained = 1 - there.loss / at.loss;
    [t, at] = [next, there];
    losses.push(at.loss);
    rate = Math.min(newtonStep, 2 * rate);
    if (gained < 1e-4) break;
  }
  return { ...resultOf(plan, t, at), objective: losses };
}

/**
 * Newton's step of every stretch for itself, without what earlier gains do to it through K: where units are saturated that
 * part of the gradient says little about steps of this size.
 */
function ownStep({ stretches }: Plan, t: Float64Array, { logs }: Value): Float64Array<ArrayBuffer> {
  const next = Float64Array.from(t);
  for (const [l, { finals }] of stretches.entries()) {
    for (const group of new Set(finals.map((site) => site.group))) {
      if (l > 0) next[group]! -= logs[l - 1]! / 2;
    }
  }
  return next;
}

function resultOf(plan: Plan, t: Float64Array, { lnJ }: Value): SweepResult {
  const gains = new Gains(plan);
  for (const site of gains.sites()) gains.setWeight(site, Math.exp(t[site.group]!));
  const stretches = plan.stretches.map(({ layers, finals }, l) => {
    const hasTarget = l > 0 && !isPooledReadout(plan, l);
    return {
      index: l + 1,
      name: layers.at(-1)!.name,
      status: finals.length === 0 ? ("untunable" as const) : ("ok" as const),
      J: l === 0 ? 1 : Math.exp(lnJ[l - 1]!),
      ...(hasTarget ? { target: targetOf(plan, l) } : {}),
    };
  });
  return { gains, stretches };
}

/** The mean over the sampled networks of the objective, its gradient and its logarithms. */
async function evaluateAt({ executable, seeds }: Objective, t: Float64Array): Promise<Value> {
  const total = {
    loss: 0,
    gradient: new Float64Array(t.length),
    logs: new Float64Array(0),
    lnJ: new Float64Array(0),
  };
  for (const feeds of seeds) {
    const found = await executable.run({ ...feeds, "tune.t": ndarray("float64", [t.length], t) });
    const [loss, gradient, logs, lnJ] = ["loss", "gradient", "logs", "lnJ"].map(
      (name) => found[name]!.data as Float64Array,
    );
    total.loss += loss![0]! / seeds.length;
    total.gradient = total.gradient.map((sum, i) => sum + gradient![i]! / seeds.length);
    const added = (sum: Float64Array, one: Float64Array) =>
      Float64Array.from(one, (value, i) => (sum[i] ?? 0) + value / seeds.length);
    total.logs = added(total.logs, logs!);
    total.lnJ = added(total.lnJ, lnJ!);
  }
  return total;
}

/** What J of a stretch is to be; K of a readout behind a pool, of which weights make at least half as in a sweep. */
function targetOf(plan: Plan, l: number): number {
  const { stretches } = plan;
  if (isPooledReadout(plan, l))
    return Math.max(1, 2 * stretches[l]!.finals.reduce((sum, { sb2 }) => sum + sb2, 0));
  const whole = stretches.filter(({ wholeSkip }) => wholeSkip).length;
  return stretches[l]!.wholeSkip ? 1 + 0.5 / whole : 1;
}

async function compileObjective(
  model: Model,
  plan: Plan,
  settings: AutoInitOptions & { readonly lam: number },
): Promise<Objective> {
  const { seeds, key, probes, options } = settings;
  const inputs = checkInputs(model, settings.inputs, "float64");
  const graph = withScope(new Scope(), () =>
    objectiveGraph(model, plan, { ...settings, samples: inputs.shape[0]! }),
  );
  const executable = await compile({ ...graph, ...(options === undefined ? {} : { options }) });
  const fed = new Map(graph.inputs.map((tensor) => [String(tensor.attrs["name"]), tensor]));
  const feeds = Array.from({ length: seeds }, (_, seed) => {
    const drawn: Record<string, NdArray> = {
      ...initialise(model, seedKey(key, seed), { dtype: "float64" }),
      x: inputs,
    };
    for (const [name, { shape }] of fed) {
      if (!name.startsWith("tune.probe")) continue;
      drawn[name] = rademacher(key.split("probes").split(seed).split(name), "float64", [
        probes,
        ...shape.slice(1),
      ]);
    }
    return Object.fromEntries(Object.entries(drawn).filter(([name]) => fed.has(name)));
  });
  return { executable, seeds: feeds };
}

/** The model with every weight of a site multiplied by exp(t) of its group. */
function gainedTaps(model: Model, plan: Plan, t: Tensor, samples: number) {
  const plain = tapChain(model, samples, "float64");
  const parameters: Record<string, Tensor> = { ...parameterInputs(model, "float64") };
  for (const { inner, finals } of plan.stretches) {
    for (const { weights, group } of [...inner, ...finals]) {
      const gain = exp(reshape(slice(t, { starts: [group], ends: [group + 1] }), []));
      for (const { name } of weights) parameters[name] = mul(plain.parameters[name]!, gain);
    }
  }
  const mode = model.mixesBatch ? "training" : "inference";
  const { taps } = applyModel(model, parameters, plain.x, { mode, noise: "off" });
  return taps.map(
    ({ name, tensor }, i): Tap => ({
      name,
      index: i + 1,
      tensor,
      units: sizeOf(tensor.shape.slice(1)),
      together: model.mixesBatch,
    }),
  );
}

function objectiveGraph(
  model: Model,
  plan: Plan,
  { samples, probes, lam }: { readonly samples: number; readonly probes: number; readonly lam: number },
) {
  const t = input("tune.t", [plan.groups], "float64");
  const taps = gainedTaps(model, plan, t, samples);
  if (taps.length < 2) throw nothingToTune();
  const starts = taps
    .slice(0, -1)
    .map(({ tensor, index }) => input(`tune.probe.${index}`, tensor.shape, "float64"));
  const squares = vmap(
    starts.map((probe, l) => push(taps[l]!, taps[l + 1]!, probe).meanSquare),
    { over: starts, size: probes },
  );
  const pooled = isPooledReadout(plan, taps.length - 1);
  const lnK = taps.map(({ tensor }) => log(maximum(reduceMean(square(tensor)), tiny)));
  const lnJ = squares.map((J) => log(maximum(reduceMean(J), tiny)));
  const aimed = pooled ? [...lnJ.slice(0, -1), lnK.at(-1)!] : lnJ;
  const logs = joined(aimed.map((value, l) => sub(value, Math.log(targetOf(plan, l + 1)))));
  const steady = unsteadiness(pooled ? lnK.slice(0, -1) : lnK, lam);
  const loss = mul(
    [reduceSum(square(logs)), ...steady].reduce((sum, term) => add(sum, term)),
    0.5,
  );
  const gradient = orZeros(vjp([loss], [t])[0], t);
  const outputs = { loss, gradient, logs, lnJ: joined(lnJ) };
  return { inputs: inputsOf(Object.values(outputs)), outputs };
}

/** λ Σ (ln K^{l+1}/K^l)², where there is such a term. */
function unsteadiness(lnK: readonly Tensor[], lam: number): Tensor[] {
  if (lnK.length < 2) return [];
  return [mul(reduceSum(square(sub(joined(lnK.slice(1)), joined(lnK.slice(0, -1))))), lam)];
}

/** Numbers in one row. */
function joined(values: readonly Tensor[]): Tensor {
  return concat(
    values.map((value) => reshape(value, [1])),
    { axis: 0 },
  );
}

function noStart(): FathomError {
  return new FathomError({
    code: "failed",
    where: "method",
    message:
      "The objective is no finite number at the gains as given: the network overflows or divides by zero.",
    hint: "Use the method sweep, which tunes each layer with those before it already tuned.",
  });
}
