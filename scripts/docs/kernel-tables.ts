/** @file The tables of the page on kernels: what each layer does to K and Θ, and how the integrals of activations are computed. */
import { SERIES_ERROR } from "../../src/kernels/compile/activations.ts";
import { closedFormOf } from "../../src/kernels/forms/closed.ts";
import { formOf } from "../../src/kernels/forms/index.ts";
import { findLayer, activationKinds as netActivations } from "../../src/net/index.ts";
import {
  activationKinds,
  dualKernel,
  type ScalarActivation,
  scalarActivation,
} from "../../src/theory/index.ts";
import { layerFamilies, layerNotes } from "./layer-notes.ts";
import { table } from "./markdown.ts";

export const kernelTables: Readonly<Record<string, () => string>> = {
  "kernel-layers": layers,
  "kernel-activations": activations,
};

/** Θ′ of the NTK parameterisation, and the pairs of positions that the layer needs. */
const tangents: Readonly<Record<string, readonly [theta: string, pairs: string]>> = {
  dense: ["K′ + sw2·Θ", "equal"],
  activation: ["Θ · E φ′(u)φ′(v)", "equal"],
  scale: ["factor²·Θ", "equal"],
  gain: ["initial²·Θ + K", "equal"],
  dropout: ["Θ, divided as K is", "equal"],
  layerNorm: ["Θ divided as K is, without means; with `affine` + K′ + 1", "equal"],
  rmsNorm: ["Θ divided as K is; with `affine` + K′", "equal"],
  l2Normalize: ["Θ divided as K is", "equal"],
  residual: ["Θ_branch + mu²·Θ", "of the branch"],
  sum: ["Σ Θ_b", "of the branches"],
  product: ["Σ_b Θ_b Π_{c≠b} K_c", "of the branches"],
  concat: ["Σ n_b Θ_b/Σ n_b", "of the branches"],
  conv: ["K′ + sw2·⟨Θ⟩", "equal"],
  convTranspose: ["K′ + sw2·(the same of Θ)", "equal"],
  convLocal: ["K′ + sw2·⟨Θ⟩ where both positions are one, else 0", "equal"],
  avgPool: ["mean of Θ over both windows", "(2w − 1)²"],
  sumPool: ["sum of Θ over both windows", "(2w − 1)²"],
  globalAvgPool: ["mean of Θ over all pairs of positions", "all"],
  resize: ["A Θ Aᵀ along each axis", "some"],
  flatten: ["mean of Θ over equal positions", "equal"],
  slice: ["the entries that are kept", "equal"],
  toTokens: ["Θ", "equal"],
  embedding: ["K′", "equal"],
  positional: ["`learned`: Θ + sw2 at equal positions; `sinusoidal`: Θ", "equal"],
  selfAttention: ["sw2²·G Θ G′ᵀ and what the weights of values and outputs add", "all"],
  aggregate: ["L Θ Lᵀ over the nodes", "all"],
};

function layers(): string {
  const kinds = Object.values(layerFamilies)
    .flat()
    .filter((kind) => kind !== "repeat" && findLayer(kind)?.covariance !== undefined);
  const rows = kinds.map((kind) => {
    const [theta, pairs] = tangents[kind] ?? undescribed(kind);
    return [`\`${kind}\``, layerNotes[kind]!.covariance ?? undescribed(kind), theta, pairs];
  });
  return table(["kind", "K′", "Θ′", "pairs"], rows);
}

function undescribed(kind: string): never {
  throw new Error(`scripts/docs/kernel-tables.ts or layer-notes.ts says nothing of the kernel of ${kind}`);
}

function activations(): string {
  const rows = netActivations.map((kind) => [`\`${kind}\``, ...waysOf(kind)]);
  return table(["activation", "float64", "float32"], rows);
}

/** At the parameters' defaults. */
function waysOf(kind: string): readonly [double: string, single: string] {
  if (!activationKinds.includes(kind)) return ["Hermite series", "Hermite series"];
  const activation = scalarActivation(kind);
  return [dualKernel(activation).method === "closed" ? "closed" : "Hermite series", singleOf(activation)];
}

/** Where a float32 series would miss too much at v = 1, the float64 engine computes the network. */
function singleOf(activation: ScalarActivation): string {
  if (closedFormOf(activation) !== undefined) return "closed";
  return formOf(activation).missing(1) > SERIES_ERROR ? "by the float64 engine" : "Hermite series";
}
