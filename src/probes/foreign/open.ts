/**
 * @file Opening a model's file for measuring: open dimensions are fixed by the caller, by the data, or, for the batch, by what
 * memory holds well.
 */
import { type ModelFinding, type OnnxInput, readOnnxFile, readOnnxInputs } from "../../net/index.ts";
import type { FloatDType } from "../../tensor/index.ts";
import { probesForUnits } from "../default-probes.ts";
import { foreignChain } from "./chain.ts";
import { type ForeignModel, foreignModel } from "./model.ts";

export interface OpenOptions {
  /** Sizes of open dimensions by name, as of `importOnnx`. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Examples at once, where the file leaves them open, whatever `dims` says; 16 unless said, fewer for large tensors. */
  readonly batch?: number;
  /** Examples that there are: an open batch is no larger, unless `dims` or `batch` says so. */
  readonly rows?: number;
  /** The shape of one example of the data: it fixes open dimensions of the input behind the batch. */
  readonly example?: readonly number[];
  /** The output that counts; the first one of floats unless said. */
  readonly output?: string;
  readonly dtype?: FloatDType;
}

/** A model read from a file. */
export interface OpenedModel {
  readonly model: ForeignModel;
  /** All open dimensions as they were fixed. */
  readonly dims: Readonly<Record<string, number>>;
  /** Whether the file fixes the batch. */
  readonly fixedBatch: boolean;
  /** What the export did that a measurement should know of. */
  readonly findings: readonly ModelFinding[];
}

const usualBatch = 16;
const leastBatch = 4;
/** Numbers of all tangents together: 64 MB in float32. */
const mostNumbers = 2 ** 24;

/**
 * Opens a model.
 * @throws FathomError as `readOnnxFile` and `foreignModel`.
 * @example const { model } = await openForeign("model.onnx", { dims: { batch: 8 } });
 */
export async function openForeign(path: string, options: OpenOptions = {}): Promise<OpenedModel> {
  const [data] = await readOnnxInputs(path);
  const given = { ...fromExample(data, options), ...options.dims };
  const axis = data?.dims?.[0];
  const asked = options.batch !== undefined || !Object.hasOwn(given, axis?.name ?? "");
  const free = axis !== undefined && axis.size === undefined && asked;
  if (!free) return { ...(await open(path, given, options)), fixedBatch: axis?.size !== undefined };
  const at = async (batch: number) => open(path, { ...given, [axis.name]: batch }, options);
  if (options.batch !== undefined) return { ...(await at(options.batch)), fixedBatch: false };
  const trial = await at(1);
  const batch = Math.max(1, Math.min(batchFor(trial.model), options.rows ?? usualBatch));
  return { ...(batch === 1 ? trial : await at(batch)), fixedBatch: false };
}

async function open(path: string, dims: Readonly<Record<string, number>>, { output, dtype }: OpenOptions) {
  const imported = await readOnnxFile(path, { dims, ...(dtype === undefined ? {} : { dtype }) });
  const model = foreignModel(imported, output === undefined ? {} : { output });
  return { model, dims, findings: imported.findings };
}

/** Open dimensions behind the batch are those of the data, where the ranks agree. */
function fromExample(data: OnnxInput | undefined, { example }: OpenOptions): Record<string, number> {
  const dims = data?.dims?.slice(1) ?? [];
  if (example === undefined || example.length !== dims.length) return {};
  return Object.fromEntries(
    dims.flatMap(({ name, size }, i) => (size === undefined ? [[name, example[i]!]] : [])),
  );
}

function batchFor(model: ForeignModel): number {
  const units = foreignChain(model).taps.map((tap) => tap.units);
  const numbers = probesForUnits(units) * units.reduce((sum, count) => sum + count, 1);
  return Math.max(leastBatch, Math.min(usualBatch, Math.floor(mostNumbers / numbers)));
}
