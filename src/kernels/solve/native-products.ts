/**
 * @file Products of tiles by onnxruntime's native Gemm, in place on the kernel's memory: with AVX-512 more than twice as fast as
 * 128-bit WebAssembly. One thread a session: its own threading does not pay here (kernel-engine.md §7).
 */
import type * as Ort from "onnxruntime-web";
import type { Operands, Products, Sizes } from "./products.ts";
import type { TileKernel } from "./tile-kernel.ts";

/** Models of C − A·B and C − A·Bᵀ. */
export interface ProductModels {
  readonly plain: Uint8Array;
  readonly transposed: Uint8Array;
}

/** A computed name: bundlers must not follow the native package. */
const nativePackage = "onnxruntime-node";

/** The native runtime; undefined where it is not installed for this host. */
export async function nativeRuntime(): Promise<typeof Ort | undefined> {
  try {
    const module = (await import(nativePackage)) as typeof Ort & { default?: typeof Ort };
    const ort = module.InferenceSession === undefined ? module.default! : module;
    ort.env.logLevel = "fatal";
    return ort;
  } catch {
    return undefined;
  }
}

const settings: Ort.InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "disabled",
  logSeverityLevel: 4,
};

/** Products by the native runtime, on the slots of a kernel, which must not grow while one runs. */
export async function nativeProducts(
  ort: typeof Ort,
  kernel: TileKernel,
  models: ProductModels,
): Promise<Products> {
  const [plain, transposed] = await Promise.all(
    [models.plain, models.transposed].map((model) => ort.InferenceSession.create(model, settings)),
  );
  const tensor = (address: number, rows: number, columns: number) =>
    new ort.Tensor(kernel.dtype, kernel.view(address, rows * columns), [rows, columns]);
  const run = async (session: Ort.InferenceSession, sizes: Sizes, { a, b, c }: Operands) => {
    const { m, n, k } = sizes;
    const target = tensor(c, m, n);
    const right = session === transposed ? tensor(b, n, k) : tensor(b, k, n);
    await session.run({ a: tensor(a, m, k), b: right, c: target }, { y: target });
  };
  return {
    staging: (target) => target,
    hold: () => {},
    subtract: (sizes, operands) => run(transposed!, sizes, operands),
    subtractSquare: ({ n, k }, { a, c }) => run(transposed!, { m: n, n, k }, { a, b: a, c }),
    subtractPlain: (sizes, operands) => run(plain!, sizes, operands),
  };
}
