/** @file What `fathom tune` asks, as the record that reports and commands show. */
import type { Analysis } from "../analysis.ts";

export const tuneRecord: Pick<Analysis<never>, "id" | "title" | "question" | "source"> = {
  id: "tune",
  title: "Tuning to criticality",
  question: "Which weight and bias variances let a small change pass every layer unchanged?",
  source:
    "Doshi, He and Gromov, Critical initialization through partial Jacobians, arXiv 2111.12143, section on AutoInit",
};
