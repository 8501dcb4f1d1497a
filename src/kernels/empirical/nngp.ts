/** @file The empirical NNGP kernel of a finite network: f f'ᵀ/C over its outputs (kernels.md §10). */
import { input, matmul, Scope, withScope } from "../../expr/index.ts";
import { type CompileOptions, compile } from "../../runtime/index.ts";
import { type NdArray, zeros } from "../../tensor/index.ts";
import type { BlockOptions } from "./blocks.ts";
import { finiteNetwork, itemsOf, type NetworkOptions, weightsOf } from "./network.ts";
import { type OutputAxes, type OutputGroups, outputGroups } from "./outputs.ts";
import { compileOutputs, overItems } from "./outputs-of.ts";
import { mirrorLower } from "./symmetric.ts";
import type { WorkOptions } from "./work.ts";

/** The network with its weights, its items, and which outputs are kept apart. */
export interface EmpiricalNngpOptions extends NetworkOptions, OutputAxes, BlockOptions, WorkOptions {
  /** Rows `[N1, ...inputShape]`. */
  readonly x1: NdArray;
  /** Columns `[N2, ...inputShape]`; x1 again where left out. */
  readonly x2?: NdArray | undefined;
}

/**
 * Second moments of a network's outputs over its traced outputs, uncentred: K(x, x') = (1/T) Σ_t f_t(x) f_t(x').
 * @returns `[N1·K, N2·K]`, `[D, N1·K, N2·K]` with diagonal axes; laid out as that of `empiricalNtk`.
 * @throws FathomError bad-shape and bad-input for weights, items and axes that do not fit; too-large where one item needs more
 * than the memory; the reason of `signal` when it is aborted.
 * @example await empiricalNngp({ model, parameters: initialise(model, key), x1 }) // [N, N]
 */
export async function empiricalNngp(settings: EmpiricalNngpOptions): Promise<NdArray<"float64">> {
  const network = finiteNetwork(settings);
  const groups = outputGroups(network.outputShape, settings);
  const feeds = weightsOf(network, settings);
  const sides = settings.x2 === undefined ? [settings.x1] : [settings.x1, settings.x2];
  const items = sides.map((side, i) => itemsOf(network, side, i === 0 ? "x1" : "x2"));
  const counts = items.map(({ shape }) => shape[0]!);
  const rows: NdArray<"float64">[] = [];
  if (!counts.includes(0)) {
    const program = await compileOutputs(network, Math.max(...counts), settings);
    await using _ = program.executable;
    for (const side of items) {
      const outputs = await overItems(program, { items: side, outputs: network.outputs, feeds }, settings);
      rows.push(grouped(outputs, groups));
    }
  }
  const kernel = await gramOf(rows, { counts, groups, options: settings.options });
  return (settings.diagonalAxes ?? []).length > 0 ? kernel : { ...kernel, shape: kernel.shape.slice(1) };
}

/** `[N, C]` → `[D, N·K, T]`, divided by √T. */
function grouped(
  outputs: NdArray<"float64">,
  { diagonal, full, trace, index }: OutputGroups,
): NdArray<"float64"> {
  const count = outputs.shape[0]!;
  const rows = zeros("float64", [diagonal, count * full, trace]);
  let at = 0;
  for (let d = 0; d < diagonal; d++) {
    for (let n = 0; n < count; n++) {
      for (let kt = 0; kt < full * trace; kt++) {
        rows.data[at++] = outputs.data[n * index.length + index[d * full * trace + kt]!]! / Math.sqrt(trace);
      }
    }
  }
  return rows;
}

interface GramOptions {
  readonly counts: readonly number[];
  readonly groups: OutputGroups;
  readonly options: CompileOptions | undefined;
}

/** a bᵀ of rows `[D, N·K, T]`; of one side, its lower triangle on both. */
async function gramOf(
  [left, right]: readonly NdArray<"float64">[],
  { counts, groups, options }: GramOptions,
): Promise<NdArray<"float64">> {
  const { diagonal, full } = groups;
  const [n1, n2] = [counts[0]! * full, (counts[1] ?? counts[0])! * full];
  if (left === undefined) return zeros("float64", [diagonal, n1, n2]);
  const { inputs, product } = withScope(new Scope(), () => {
    const a = input("a", left.shape, "float64");
    const b = right === undefined ? a : input("b", right.shape, "float64");
    return { inputs: right === undefined ? [a] : [a, b], product: matmul(a, b, { transposeB: true }) };
  });
  await using executable = await compile({ inputs, outputs: { product }, ...(options ? { options } : {}) });
  const result = await executable.run({ a: left, ...(right === undefined ? {} : { b: right }) });
  const kernel = result["product"] as NdArray<"float64">;
  if (right === undefined) mirrorLower(kernel);
  return kernel;
}
