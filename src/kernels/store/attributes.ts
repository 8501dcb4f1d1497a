/** @file The attributes of a kernel store: what the matrices in it are, and how two stores differ. */
import { z } from "zod";
import { FathomError } from "../../tensor/index.ts";

const sha = z.string().max(64);
const length = z
  .int()
  .min(0)
  .max(2 ** 31);

/** The schema of what a store says of itself. */
export const storeAttributes = z.object({
  format: z.literal("fathom-kernels"),
  version: z.literal(1),
  /** For people: which rows of which data. */
  about: z.string().optional(),
  architecture: z.object({
    sha256: sha,
    /** JSON of the network. */
    net: z.unknown(),
    parameterisation: z.enum(["ntk", "standard"]),
  }),
  /** Of the bytes of the items. */
  data: z.object({ rows: sha, columns: sha }),
  /** `module`: hash of the WebAssembly; `tile`: hash of the kernel of the first items, which the whole engine computes. */
  build: z.object({ name: z.enum(["simd", "relaxed", "float64"]), module: sha, tile: z.string() }),
  dtype: z.enum(["float32", "float64"]),
  symmetric: z.boolean(),
  /** `lower`: chunks above the diagonal are not written; they are the transposes of those below. */
  triangle: z.enum(["lower", "full"]),
  rows: length,
  columns: length,
  values: z
    .array(z.enum(["nngp", "ntk"]))
    .min(1)
    .max(2),
});

/** What a store says of itself: its job, in hashes, and the shape of its matrices. */
export type StoreAttributes = z.infer<typeof storeAttributes>;

/** What is compared, in the order in which it is told. */
const compared: readonly (readonly [string, (attributes: StoreAttributes) => unknown])[] = [
  ["the architecture", ({ architecture }) => architecture.sha256],
  ["the items of the rows", ({ data }) => data.rows],
  ["the items of the columns", ({ data }) => data.columns],
  ["the values", ({ values }) => values.join(" and ")],
  ["the precision", ({ dtype }) => dtype],
  ["the shape", ({ rows, columns, symmetric }) => `${rows} × ${columns}${symmetric ? ", symmetric" : ""}`],
  ["the kernel build", ({ build }) => `${build.name} ${build.module}`],
  ["the bits that the engine computes", ({ build }) => build.tile],
];

/** @throws FathomError bad-input naming what differs, unless a job goes on with this store. */
export function checkSameJob(path: string, stored: StoreAttributes, wanted: StoreAttributes): void {
  const differing = compared.filter(([, of]) => of(stored) !== of(wanted));
  if (differing.length === 0) return;
  const [[, of]] = differing as [(typeof compared)[number]];
  throw new FathomError({
    code: "bad-input",
    message: `The store ${path} holds another kernel matrix: ${differing.map(([name]) => name).join(", ")} differ. It has ${shown(of(stored))}, this job ${shown(of(wanted))}.`,
    where: path,
    hint: "Name another store, or remove this one.",
  });
}

/** Hashes by their first digits. */
function shown(value: unknown): string {
  return String(value).replace(/[0-9a-f]{64}/, (hash) => `${hash.slice(0, 12)}…`);
}
