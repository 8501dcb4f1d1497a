/** @file A step compiled into its loop. */
import { Scope, withScope } from "../expr/index.ts";
import { type CompileOptions, compileLoop, type LoopExecutable } from "../runtime/index.ts";
import { buildStep, type StepDescription, type StepGraph } from "./step.ts";

/** A step, and its loop once it is compiled. */
export interface CompiledStep {
  readonly graph: StepGraph;
  readonly loop: Promise<LoopExecutable>;
}

/**
 * Builds a step and begins to compile it.
 * @throws FathomError as `buildStep`; what compilation throws comes with the loop.
 */
export function compileStep(description: StepDescription, options: CompileOptions): CompiledStep {
  const graph = withScope(new Scope(), () => buildStep(description));
  const { carry, next, perStep, shared, collect } = graph;
  const loop = compileLoop({
    carry: [...carry],
    next: [...next],
    perStep: [...perStep],
    shared: [...shared],
    collect,
    options,
  });
  // Who runs the loop sees the failure; until then nobody waits for it.
  loop.catch(() => undefined);
  return { graph, loop };
}
