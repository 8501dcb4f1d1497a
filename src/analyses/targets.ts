/**
 * @file What a target is: one column of +1 (the class of an item) and −1, one a class. Two classes are one target, as the column of
 * the one is that of the other with its sign turned; counted twice it would double every evidence.
 */
import { classTargets } from "../kernels/index.ts";
import { type NdArray, ndarray } from "../tensor/index.ts";

/** How many targets the classes are. @example targetsOf(10) // 10 */
export function targetsOf(classes: number): number {
  return classes === 2 ? 1 : classes;
}

/**
 * The targets of labels, `[N, T]`: of two classes the column of the second.
 * @example targetColumns(labels, 2).shape // [N, 1]
 */
export function targetColumns(labels: NdArray<"int32">, classes: number): NdArray<"float64"> {
  const all = classTargets(labels, classes);
  if (classes !== 2) return all;
  const items = labels.data.length;
  return ndarray(
    "float64",
    [items, 1],
    Float64Array.from({ length: items }, (_, i) => all.data[2 * i + 1]!),
  );
}
