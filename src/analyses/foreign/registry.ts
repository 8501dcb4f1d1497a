/** @file The questions of a survey of an imported model, in the order of the report, and those that a file cannot answer. */
import type { Analysis } from "../analysis.ts";
import type { NotApplicable } from "../document.ts";
import type { ForeignContext } from "./context.ts";
import { foreignCriticality } from "./criticality.ts";
import { foreignLearningRate } from "./learning-rate.ts";
import { foreignSpectrum } from "./spectrum.ts";

export const foreignAnalyses: readonly Analysis<ForeignContext>[] = [
  foreignCriticality,
  foreignSpectrum,
  foreignLearningRate,
];

/** What needs more than a graph and weights. */
export const unanswerable: readonly NotApplicable[] = [
  {
    id: "theory",
    because:
      "infinite-width predictions (fixed point, phase, critical point, tangent kernel) need the law that weights are drawn from; a file holds one draw. Describe the network as JSON to have them",
  },
  {
    id: "separation",
    because:
      "how classes separate over depth is judged against infinite-width theory, which needs the network's description",
  },
  {
    id: "training",
    because:
      "the comparison of initialisations draws fresh weights, for which the network's description is needed; the learning rate is measured from the file's weights",
  },
];
