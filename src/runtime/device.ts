/** @file Whether a device can be computed on, asked before long work begins. */
import { add, input, Scope, withScope } from "../expr/index.ts";
import { ndarray } from "../tensor/index.ts";
import { compile } from "./compile.ts";
import type { CompileOptions } from "./options.ts";

/**
 * Runs one addition on the device.
 * @throws FathomError unsupported when the device is not there.
 * @example await requireDevice({ device: "cpu" });
 */
export async function requireDevice({ device = "cpu" }: Pick<CompileOptions, "device">): Promise<void> {
  const request = withScope(new Scope(), () => {
    const x = input("x", [1]);
    return { inputs: [x], outputs: { y: add(x, 1) } };
  });
  await using executable = await compile({ ...request, options: { device } });
  await executable.run({ x: ndarray("float32", [1], [0]) });
}
