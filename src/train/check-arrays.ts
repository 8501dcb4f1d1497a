/** @file Arrays that a caller hands in, held against the tensors that they are fed to. */
import type { Tensor } from "../expr/index.ts";
import { FathomError, type NdArray, sameShape, showShape } from "../tensor/index.ts";

/**
 * Checks that arrays are those that the tensors need: no name too few or too many, shapes and dtypes alike.
 * @param where What the arrays are called in messages.
 * @throws FathomError bad-input naming the array at fault.
 */
export function checkArrays(
  arrays: Readonly<Record<string, NdArray>>,
  tensors: readonly Tensor[],
  where: string,
): void {
  const needed = new Map(tensors.map((tensor) => [tensor.attrs["name"] as string, tensor]));
  for (const [name, { shape, dtype }] of needed) {
    const array = Object.hasOwn(arrays, name) ? arrays[name] : undefined;
    if (array === undefined) throw misfit(where, name, `${name} is missing.`);
    if (array.dtype !== dtype || !sameShape(array.shape, shape)) {
      const found = `${array.dtype} ${showShape(array.shape)}`;
      throw misfit(where, name, `${name} is ${found}; the network needs ${dtype} ${showShape(shape)}.`);
    }
  }
  const other = Object.keys(arrays).find((name) => !needed.has(name));
  if (other !== undefined)
    throw misfit(where, other, `${other} is not an array of this network and optimiser.`);
}

function misfit(where: string, name: string, message: string): FathomError {
  const hint = "Give arrays that were made for the same network, optimiser and dtype.";
  return new FathomError({ code: "bad-input", message, where: `${where}.${name}`, hint });
}
