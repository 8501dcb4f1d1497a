/** @file Predicted seconds of work on an imported model, from its multiplications: the same on every machine. */
import { type ForeignModel, probesForUnits } from "../../probes/index.ts";
import { sizeOf } from "../../tensor/index.ts";
import type { ForeignSubject } from "./subject.ts";

/** Multiplications a second on two cores, small operators and all. */
const perSecond = 5e9;
/** To compile a graph, for each of its nodes. */
const perNode = 2e-3;

/** Seconds of one pass over a batch. */
export function passSeconds(model: ForeignModel): number {
  const multiplications = model.flow.order.reduce((sum, { op, inputs, shape }) => {
    if (op.name === "matmul") return sum + sizeOf(shape) * inputs[0]!.shape.at(-1)!;
    if (!op.name.startsWith("conv")) return sum + sizeOf(shape);
    return sum + sizeOf(shape) * sizeOf(inputs[1]!.shape.slice(1));
  }, 0);
  return multiplications / perSecond;
}

/** Seconds to compile a graph of derivatives. */
export function compileSeconds({ flow }: ForeignModel): number {
  return 1 + perNode * flow.order.length;
}

/** Seconds of the sweeps over all blocks, twice: as it is, and with the advice. */
export function blockSeconds({ model, chain, inputs }: ForeignSubject): number {
  const batches = inputs.shape[0]! / model.samples;
  const probes = probesForUnits(chain.taps.map(({ units }) => units));
  return 2 * (compileSeconds(model) + batches * (1 + 6 * probes) * passSeconds(model));
}
