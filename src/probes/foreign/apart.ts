/**
 * @file Whether the examples of a batch act on each other inside a model, as by the batch statistics of BatchNormalization in
 * training mode: found out by moving one example and looking at the others, whatever the operators are called.
 */
import { abs, input, inputName, reduceMax, Scope, slice, type Tensor, withScope } from "../../expr/index.ts";
import { type CompileOptions, compile } from "../../runtime/index.ts";
import { allocate, type Key, type NdArray, ndarray, rademacher, sizeOf } from "../../tensor/index.ts";
import { push, type Tap } from "../chain.ts";
import { tapAt } from "./chain.ts";
import type { ForeignModel } from "./model.ts";

/** Taps of the test, at most; what mixed before one of them is seen behind it. */
const most = 24;

/**
 * Whether each example's values depend on that example alone.
 * @param inputs One batch, `[S, ...]`.
 * @example foreignChain(model, { examples: (await examplesApart(model, { inputs, key })) ? "apart" : "together" })
 */
export async function examplesApart(
  model: ForeignModel,
  settings: { readonly inputs: NdArray; readonly key: Key; readonly options?: CompileOptions },
): Promise<boolean> {
  const { samples, flow, x, parameters, values } = model;
  const [start, ...rest] = flow.cuts.filter(({ shape }) => shape[0] === samples);
  if (samples === 1 || start === undefined || rest.length === 0) return true;
  const places = [start, ...rest.slice(-most)];
  const { tangent, outputs } = withScope(new Scope(), () => spill(places, samples));
  await using executable = await compile({
    inputs: [x, ...Object.values(parameters), tangent],
    outputs,
    ...(settings.options ? { options: settings.options } : {}),
  });
  const found = await executable.run({
    ...values,
    [inputName(x)]: settings.inputs,
    [inputName(tangent)]: ofFirstExample(start, settings.key),
  });
  return Object.values(found).every(({ data }) => !((data[0] as number) > 0));
}

/** The largest tangent of the other examples at each place, when only the first example moves. */
function spill(places: readonly Tensor[], samples: number) {
  const taps = places.map((tensor, i) => tapAt({ name: `${i}`, tensor }, i + 1, { samples, together: true }));
  const [start, ...rest] = taps as [Tap, ...Tap[]];
  const tangent = input("probe.example", start.tensor.shape, start.tensor.dtype);
  const outputs: Record<string, Tensor> = {};
  let at = start;
  let direction = tangent;
  for (const tap of rest) {
    direction = push(at, tap, direction).direction;
    at = tap;
    const shape = direction.shape;
    const others = slice(direction, {
      starts: shape.map((_, axis) => (axis === 0 ? 1 : 0)),
      ends: [...shape],
    });
    outputs[`spill.${tap.index}`] = reduceMax(abs(others));
  }
  return { tangent, outputs };
}

function ofFirstExample({ shape, dtype }: Tensor, key: Key): NdArray {
  const size = sizeOf(shape.slice(1));
  const data = allocate(dtype, sizeOf(shape)) as Float32Array;
  data.set(rademacher(key.split("apart"), "float32", [size]).data as Float32Array);
  return ndarray(dtype, shape, data);
}
