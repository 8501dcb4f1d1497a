/** @file Symbolic tensors, their derivatives (vjp, jvp, vmap) and a plain interpreter (engine.md §1). */
export { evaluate } from "./evaluate.ts";
export { inputsOf, substitute, topologicalOrder } from "./graph.ts";
export { jvp } from "./jvp.ts";
export { softmaxCrossEntropy } from "./losses.ts";
export type { Attributes, Emitter, MaybeZero, OnnxAttribute, Primitive, ShapeAndDType } from "./primitive.ts";
export * from "./primitives/index.ts";
export { apply, Scope, type Tensor, type Values, withScope } from "./tensor.ts";
export { orZeros, vjp } from "./vjp.ts";
export { type VmapOptions, vmap } from "./vmap.ts";
