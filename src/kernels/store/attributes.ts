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

interface Compared {
  readonly name: string;
  readonly of: (attributes: StoreAttributes) => unknown;
  /** What is told of either side, where that says something to a reader. */
  readonly told?: (attributes: StoreAttributes) => string | undefined;
  /** Differs wherever one of these does, and is then no news. */
  readonly follows?: readonly string[];
}

const itemsOf = ({ about }: StoreAttributes) => about;

/** What is compared, in the order in which it is told. */
const compared: readonly Compared[] = [
  { name: "the architecture", of: ({ architecture }) => architecture.sha256 },
  { name: "the items of the rows", of: ({ data }) => data.rows, told: itemsOf },
  { name: "the items of the columns", of: ({ data }) => data.columns, told: itemsOf },
  told("the values", ({ values }) => values.join(" and ")),
  told("the precision", ({ dtype }) => dtype),
  {
    ...told(
      "the shape",
      ({ rows, columns, symmetric }) => `${rows} × ${columns}${symmetric ? ", symmetric" : ""}`,
    ),
    follows: ["the items of the rows", "the items of the columns"],
  },
  {
    name: "the kernel build",
    of: ({ build }) => `${build.name} ${build.module}`,
    told: ({ build }) => `${build.name} ${build.module.slice(0, 8)}`,
    follows: ["the precision"],
  },
  {
    name: "the bits that the engine computes",
    of: ({ build }) => build.tile,
    follows: [
      "the architecture",
      "the items of the rows",
      "the items of the columns",
      "the values",
      "the precision",
    ],
  },
];

function told(name: string, of: (attributes: StoreAttributes) => string): Compared {
  return { name, of, told: of };
}

/** @throws FathomError bad-input naming what differs, unless a job goes on with this store. */
export function checkSameJob(path: string, stored: StoreAttributes, wanted: StoreAttributes): void {
  const differing = compared.filter(({ of }) => of(stored) !== of(wanted));
  if (differing.length === 0) return;
  const names = differing.map(({ name }) => name);
  const news = differing.filter(({ follows = [] }) => !follows.some((name) => names.includes(name)));
  const sides = [stored, wanted].map((side) =>
    [...new Set(news.flatMap(({ told }) => told?.(side) ?? []))].join("; "),
  );
  const [its, ours] = sides;
  throw new FathomError({
    code: "bad-input",
    message: `The store ${path} holds another kernel matrix: it differs from this job in ${news.map(({ name }) => name).join(", ")}.${its === ours ? "" : ` It has ${its}; this job has ${ours}.`}`,
    where: path,
    hint: "Name another store for this job, or remove this one to compute it anew.",
  });
}
