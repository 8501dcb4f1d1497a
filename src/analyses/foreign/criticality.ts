/** @file Do signals and gradients survive the depth of an imported model, and which block is to blame if not? Measured only. */
import { applies, defineAnalysis, doesNotApply } from "../analysis.ts";
import { type BlocksMeasurement, measureBlocks } from "./blocks.ts";
import { concludeBlocks } from "./conclude.ts";
import type { ForeignContext } from "./context.ts";
import { blockSeconds } from "./cost.ts";
import { type Mend, mend } from "./mend.ts";

interface Measured {
  readonly blocks: BlocksMeasurement;
  readonly mend: Mend | undefined;
}

export const foreignCriticality = defineAnalysis<undefined, Measured, ForeignContext>({
  id: "criticality",
  title: "Criticality",
  question: "Do signals and gradients survive the depth, and which block is to blame if not?",
  source: "Doshi, He and Gromov, Critical initialization through partial Jacobians, arXiv 2111.12143",
  applies: ({ subject }) =>
    subject.chain.taps.length > 1
      ? applies
      : doesNotApply("no tensor but one lies on every path from input to output, so there are no blocks"),
  cost: ({ subject }) => blockSeconds(subject),
  predict: () => undefined,
  async measure(context) {
    const settings = {
      inputs: context.subject.inputs,
      key: context.key.split("blocks"),
      options: context.options,
      signal: context.signal,
      onBatch: (done: number, total: number) => context.progress("Criticality", done, total),
    };
    const blocks = await measureBlocks(context.subject.chain, settings);
    return { blocks, mend: await mend(blocks, settings) };
  },
  conclude: ({ subject }, { measured }) => concludeBlocks(subject, measured.blocks, measured.mend),
});
