/** @file Token embedding: ids `[T]` → tokens `[T, width]`, row `id` of a table with entries N(0, sw2). */
import { z } from "zod";
import { constantValue, gather, type Tensor } from "../../expr/index.ts";
import { FathomError, toNumbers } from "../../tensor/index.ts";
import { embedding as embeddingStep } from "../../theory/index.ts";
import { type ApplyContext, defineLayer, gaussian } from "../define.ts";
import { nonNegative, positiveInt } from "../options.ts";
import { showNetShape } from "../shapes.ts";

/** Ids that are known while the graph is built are checked then; fed ones are checked where they are gathered. */
function requireKnownIds(ids: Tensor, vocabulary: number, { self, where }: ApplyContext): void {
  if (ids.op.name !== "constant") return;
  const outside = toNumbers(constantValue(ids)).find((id) => !(id >= 0 && id < vocabulary));
  if (outside === undefined) return;
  throw new FathomError({
    code: "bad-input",
    message: `${self} is fed the id ${outside}; its vocabulary has ids from 0 to ${vocabulary - 1}.`,
    where: `${where}.vocabulary`,
    hint: "Use a larger vocabulary, or map unknown tokens to an id of their own.",
  });
}

export const embedding = defineLayer({
  kind: "embedding",
  summary: "token embedding: ids become rows of a table with entries N(0, sw2)",
  options: z.strictObject({
    vocabulary: positiveInt.describe("number of different ids: a whole number, 1 or more"),
    width: positiveInt.describe("channels of a token: a whole number, 1 or more"),
    sw2: nonNegative.default(1).describe("variance of the table's entries: a finite number, 0 or more"),
  }),
  takesIds: true,
  shape: ({ width }, input, { self, before, where }) => {
    if (input.kind === "ids") return { kind: "tokens", shape: [input.shape[0]!, width] };
    throw new FathomError({
      code: "bad-shape",
      message: `${self} takes token ids, but ${before} gives ${showNetShape(input)}.`,
      where,
      hint: 'Only an input of kind "ids" can be embedded; use a dense layer for numbers.',
    });
  },
  params: ({ vocabulary, width, sw2 }) => ({ table: gaussian([vocabulary, width], sw2, 1) }),
  multiplications: () => 0,
  apply: ({ vocabulary }, { table }, ids, _, run) => {
    requireKnownIds(ids, vocabulary, run);
    return gather(table!, ids, { axis: 0 });
  },
  meanField: ({ sw2 }) => embeddingStep({ variance: sw2 }),
  covariance: ({ sw2 }, { own: { table } }) => ({ op: "embedding", variance: sw2, table: table! }),
});
