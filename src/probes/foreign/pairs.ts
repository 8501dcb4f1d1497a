/**
 * @file J between any two tensors of an imported model: |∂to/∂from|² over the units of `to` (criticality.md §1). Tangents or
 * cotangents travel, whichever side has fewer units, and are brought back to unit size wherever all paths between the two
 * meet, so that deep stretches stay within float32.
 */
import { inputName, type Tensor } from "../../expr/index.ts";
import { FathomError } from "../../tensor/index.ts";
import type { TapChain } from "../chain.ts";
import { type LogEstimate, logEstimate } from "../log-estimate.ts";
import { chainThrough } from "./chain.ts";
import { entriesOf, flowBetween, isFloat } from "./flow.ts";
import { type ForeignMeasureOptions, grouped, runChain } from "./measure.ts";
import type { ForeignModel } from "./model.ts";
import { tensorNamed } from "./names.ts";

/** One partial Jacobian norm. */
export interface PairMeasurement {
  readonly from: string;
  readonly to: string;
  /** Units an example, of both. */
  readonly units: readonly [from: number, to: number];
  readonly J: LogEstimate;
  /** Which products were taken: J u (jvp) or Jᵀ v (vjp). */
  readonly side: "jvp" | "vjp";
  readonly over: "inputs" | "probes" | "batches";
  /** Random probes, or all unit vectors of the smaller side: no error of sampling but that over inputs. */
  readonly probes: number | "all";
  readonly samples: number;
}

/**
 * Measures J(from, to).
 * @param pair Names of tensors in the file.
 * @param settings.examples As of `foreignChain`.
 * @throws FathomError not-found for unknown names; bad-input where no path leads from one to the other, and for weights and
 * whole numbers.
 * @example await measurePair(model, { from: "x", to: "/layers.3/Add_output_0" }, { inputs, examples: "apart" })
 */
export async function measurePair(
  model: ForeignModel,
  pair: { readonly from: string; readonly to: string },
  settings: ForeignMeasureOptions & { readonly examples: "apart" | "together" },
): Promise<PairMeasurement> {
  const chain = pairChain(model, pair, settings.examples);
  const [first, last] = [chain.taps[0]!, chain.taps.at(-1)!];
  const side = first.units <= last.units ? "jvp" : "vjp";
  const part = side === "jvp" ? "fromFirst" : "toOutput";
  // Unit vectors of the smaller side: of one example, or of the batch where its examples act on each other.
  const directions = (Math.min(first.units, last.units) * chain.samples) / chain.norms;
  const exact = settings.probes === undefined && directions <= mostDirections;
  const { runs, probes, samples } = await runChain(chain, model.values, {
    ...settings,
    parts: [part],
    ...(exact ? { probes: directions, basis: true } : {}),
  });
  const rows = runs.map((run) => (side === "jvp" ? run.fromFirst.at(-1)! : run.toOutput[0]!));
  const together = chain.norms === 1 && chain.samples > 1;
  return {
    ...pair,
    units: [first.units, last.units],
    J: logEstimate(exact && together ? rows : grouped(rows, probes, chain.norms)),
    side,
    over: together ? (exact ? "batches" : "probes") : "inputs",
    probes: exact ? "all" : probes,
    samples,
  };
}

/** Up to this many unit vectors all are taken, and J has no error of sampling. */
const mostDirections = 512;

/** The two tensors as a chain, with what all paths between them pass through as taps in between. */
export function pairChain(
  model: ForeignModel,
  { from, to }: { readonly from: string; readonly to: string },
  examples: "apart" | "together",
): TapChain {
  const [source, sink] = [dataTensor(model, from), dataTensor(model, to)];
  const flow = flowBetween([source], sink);
  if (flow.order.length === 0 || source === sink) throw noPath(model, { from, to }, { source, sink });
  const inner = thinned(flow.cuts.filter((tensor) => tensor !== source && tensor !== sink));
  const places = [source, ...inner, sink].map((tensor, i) => ({ name: `${i}`, tensor }));
  return chainThrough(model, places, { examples });
}

/** A rescaling costs a pass over a tensor: where tensors meet often, every few layers is enough. */
const mostInner = 200;

function thinned(tensors: readonly Tensor[]): Tensor[] {
  const step = Math.ceil(tensors.length / mostInner);
  return tensors.filter((_, i) => i % step === 0);
}

/** @throws FathomError for what has no derivative, or does not depend on the data. */
function dataTensor(model: ForeignModel, name: string): Tensor {
  const tensor = tensorNamed(model.names, name);
  if (Object.hasOwn(model.parameters, name)) {
    throw new FathomError({
      code: "bad-input",
      message: `"${name}" is a weight: J is taken between tensors that depend on the data.`,
      where: name,
      hint: "Name an input or the result of a node; --list shows them.",
    });
  }
  if (isFloat(tensor)) return tensor;
  const [entry] = entriesOf(model.x, model.output);
  const start = entry && model.names.nameOf(entry);
  throw new FathomError({
    code: "bad-input",
    message: `"${name}" holds ${tensor.dtype}, so it has no derivative.`,
    where: name,
    hint: start === undefined ? "Name a tensor of floats." : `Derivatives begin at "${start}".`,
  });
}

function noPath(
  model: ForeignModel,
  { from, to }: { readonly from: string; readonly to: string },
  { source, sink }: { readonly source: Tensor; readonly sink: Tensor },
): FathomError {
  const reversed = flowBetween([sink], source).order.length > 0;
  return new FathomError({
    code: "bad-input",
    message:
      source === sink
        ? `"${from}" and "${to}" are one tensor: J is 1.`
        : `No path leads from "${from}" to "${to}": J is 0.`,
    where: `${from}, ${to}`,
    hint:
      source !== sink && reversed
        ? `"${to}" comes first: swap the two.`
        : `Name two tensors of which the second depends on the first; the input is "${inputName(model.x)}".`,
  });
}
