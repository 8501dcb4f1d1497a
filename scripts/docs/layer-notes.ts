/**
 * @file What the guide says of every layer beyond its record: an example of its JSON form, and its rules as formulas. Tests
 * compare the mean-field formulas with the rules themselves, so each is stated twice, for the reader and as arithmetic.
 */
import { derivativeMoment, scalarActivation, secondMoment } from "../../src/theory/index.ts";

/** Moments of the units before a layer, as the mean-field rules see them. */
export interface Moments {
  readonly K: number;
  readonly mean: number;
  /** Covariance between two examples of a batch. */
  readonly batch: number;
}

/** A mean-field rule: K' and J'/J of the example in `form`. */
export interface RuleNote {
  /** For the reader. */
  readonly text: string;
  readonly K: (moments: Moments) => number;
  readonly gain: (moments: Moments) => number;
}

export interface LayerNote {
  /** An example of its JSON form, without `kind`; it is tried on every kind of shape. */
  readonly form: Readonly<Record<string, unknown>>;
  /** Absent where the record has no rule. */
  readonly meanField?: RuleNote;
  /** The covariance rule; absent where the record has none. */
  readonly covariance?: string;
  /** What it takes and gives, for layers whose branches decide. */
  readonly shapes?: string;
}

/** Families of layers, in the order of the guide. */
export const layerFamilies = {
  units: ["dense", "activation", "scale", "gain", "dropout"],
  normalisation: ["layerNorm", "rmsNorm", "l2Normalize", "batchNorm"],
  branches: ["residual", "sum", "product", "concat", "repeat"],
  spatial: ["conv", "convTranspose", "convLocal", "avgPool", "sumPool", "maxPool", "globalAvgPool", "resize"],
  shapes: ["flatten", "slice", "toTokens", "transpose"],
  tokens: ["embedding", "positional", "selfAttention", "aggregate"],
} as const;

const tanh = scalarActivation("tanh");
const passes = { K: ({ K }: Moments) => K, gain: () => 1 };
const affine = { K: ({ K }: Moments) => 2 * K + 0.1, gain: () => 2 };
const weights = { sw2: 2, sb2: 0.1 };
const window = { kernel: 3, padding: "valid" };
/** A dense branch of weight variance 3 on whatever it is given. */
const branch = (sw2: number) => [{ kind: "dense", width: 12, sw2 }];

/** By kind; the tables and their test fail for a layer that is not here. */
export const layerNotes: Readonly<Record<string, LayerNote>> = {
  dense: {
    form: { width: 5, ...weights },
    meanField: { text: "K′ = sw2·K + sb2, J′ = sw2·J", ...affine },
    covariance: "sw2·K + sb2",
  },
  activation: {
    form: { activation: "tanh" },
    meanField: {
      text: "K′ = B(K), J′ = A(K)·J; the units must be Gaussian: an affine layer before it",
      K: ({ K }) => secondMoment(tanh, K),
      gain: ({ K }) => derivativeMoment(tanh, K),
    },
    covariance: "E φ(u)φ(v), (u, v) Gaussian with covariance K",
  },
  scale: {
    form: { factor: 3 },
    meanField: { text: "K′ = factor²·K, J′ = factor²·J", K: ({ K }) => 9 * K, gain: () => 9 },
    covariance: "factor²·K",
  },
  gain: {
    form: { initial: 3 },
    meanField: { text: "K′ = initial²·K, J′ = initial²·J", K: ({ K }) => 9 * K, gain: () => 9 },
    covariance: "initial²·K",
  },
  dropout: {
    form: { rate: 0.25 },
    meanField: { text: "off, as in inference: K and J pass", ...passes },
    covariance: "K; in training K/(1 − rate) where example and position are the same",
  },
  layerNorm: {
    form: { epsilon: 0.5 },
    meanField: {
      text: "V = K − m², m the mean over the units; K′ = V/(V + epsilon), J′ = J/(V + epsilon)",
      K: ({ K, mean }) => (K - mean ** 2) / (K - mean ** 2 + 0.5),
      gain: ({ K, mean }) => 1 / (K - mean ** 2 + 0.5),
    },
    covariance:
      "(K − m m′)/√((V + epsilon)(V′ + epsilon)); over an example m and V are one for all its positions",
  },
  rmsNorm: {
    form: { epsilon: 0.5 },
    meanField: {
      text: "K′ = K/(K + epsilon), J′ = J/(K + epsilon)",
      K: ({ K }) => K / (K + 0.5),
      gain: ({ K }) => 1 / (K + 0.5),
    },
    covariance: "K/√((K(x, x) + epsilon)(K(x′, x′) + epsilon))",
  },
  l2Normalize: {
    form: { epsilon: 0.5 },
    meanField: {
      text: "N units: K′ = K/(N·K + epsilon), J′ = J/(N·K + epsilon)",
      K: ({ K }) => K / (12 * K + 0.5),
      gain: ({ K }) => 1 / (12 * K + 0.5),
    },
    covariance: "K/√((N·K(x, x) + epsilon)(N·K(x′, x′) + epsilon))",
  },
  batchNorm: {
    form: { epsilon: 0.5 },
    meanField: {
      text: "large batch: V = K − c, c the mean covariance of two examples; K′ = V/(V + epsilon), J′ = J/(V + epsilon)",
      K: ({ K, batch }) => (K - batch) / (K - batch + 0.5),
      gain: ({ K, batch }) => 1 / (K - batch + 0.5),
    },
  },
  residual: {
    shapes: "what the branch takes and ends in: the same shape",
    form: { mu: 0.5, branch: branch(3) },
    meanField: {
      text: "K′ = K_branch + mu²·K, J′ = J_branch + mu²·J (and 2·mu·m·m_branch to K′ where both have means); the branch must hold an affine layer",
      K: ({ K }) => 3 * K + 0.25 * K,
      gain: () => 3 + 0.25,
    },
    covariance: "K_branch + mu²·K",
  },
  sum: {
    shapes: "what every branch takes; all end in one shape, which it gives",
    form: { branches: [branch(3), []] },
    meanField: {
      text: "K′ = Σ K_b, J′ = Σ J_b (and 2·m_b·m_c to K′ for each two with means); all branches but one must hold an affine layer",
      K: ({ K }) => 3 * K + K,
      gain: () => 3 + 1,
    },
    covariance: "Σ K_b",
  },
  product: {
    shapes: "as `sum`",
    form: { branches: [branch(3), branch(2)] },
    meanField: {
      text: "K′ = Π K_b, J′ = Σ_b J_b Π_{c≠b} K_c; branches as for `sum`",
      K: ({ K }) => 3 * K * 2 * K,
      gain: ({ K }) => 3 * 2 * K + 2 * 3 * K,
    },
    covariance: "Π K_b",
  },
  concat: {
    shapes: "what every branch takes; ends may differ in channels, which add up",
    form: { branches: [branch(3), [{ kind: "dense", width: 4, sw2: 1 }]] },
    meanField: {
      text: "n_b channels a branch: K′ = Σ n_b K_b/Σ n_b, J′ likewise",
      K: ({ K }) => (12 * 3 * K + 4 * K) / 16,
      gain: () => (12 * 3 + 4) / 16,
    },
    covariance: "Σ n_b K_b/Σ n_b",
  },
  conv: {
    form: { channels: 5, ...window, ...weights },
    meanField: {
      text: "K′ = sw2·⟨K⟩ + sb2, J′ = sw2·⟨J⟩, ⟨·⟩ the mean over the window with 0 outside; position by position where zeros are padded",
      ...affine,
    },
    covariance: "sw2·⟨K⟩ + sb2, both positions moved together",
  },
  convTranspose: {
    form: { channels: 5, kernel: 2, stride: 2, ...weights },
    meanField: {
      text: "as `conv` with the adjoint window; a stride reaches an output with Πk/Πstride of the taps: K′ = sw2·K/Πstride + sb2 inside",
      K: ({ K }) => (2 * K) / 2 + 0.1,
      gain: () => 2 / 2,
    },
    covariance: "the adjoint of `conv`, divided by the kernel's size",
  },
  convLocal: {
    form: { channels: 5, ...window, ...weights },
    meanField: { text: "as `conv`", ...affine },
    covariance: "as `conv` where both positions are one, else 0",
  },
  avgPool: { form: { window: 2 }, covariance: "mean over both windows" },
  sumPool: { form: { window: 2 }, covariance: "sum over both windows" },
  maxPool: { form: { window: 2 } },
  globalAvgPool: { form: {}, covariance: "mean over all pairs of positions" },
  resize: {
    form: { size: 4, method: "nearest" },
    meanField: {
      text: "`nearest`: positions are copied, K and J pass; `linear` averages positions and has no rule",
      ...passes,
    },
    covariance: "A K Aᵀ along each axis",
  },
  flatten: {
    form: {},
    meanField: { text: "means over positions", ...passes },
    covariance: "mean over equal positions",
  },
  slice: {
    form: { axis: -1, start: 0, end: 4 },
    meanField: { text: "channels: K and J pass; positions: those that are kept", ...passes },
    covariance: "the entries that are kept",
  },
  toTokens: {
    form: {},
    meanField: { text: "K and J pass", ...passes },
    covariance: "K",
  },
  transpose: {
    form: {},
    meanField: { text: "means over positions", ...passes },
  },
  embedding: {
    form: { vocabulary: 100, width: 5, sw2: 2 },
    meanField: { text: "K′ = sw2, and J is counted from here", K: () => 2, gain: () => 1 },
    covariance: "sw2 where both examples have the same id, else 0",
  },
  positional: {
    form: { sw2: 2 },
    meanField: {
      text: "`learned`: K′ = K + sw2, J passes; `sinusoidal` has no rule",
      K: ({ K }) => K + 2,
      gain: () => 1,
    },
    covariance: "`learned`: K + sw2 at equal positions; `sinusoidal`: K + ½⟨cos ω(p − p′)⟩",
  },
  selfAttention: {
    form: { heads: 3 },
    covariance:
      "`linear`: sw2²·G K G′ᵀ + sw2·sb2 + sb2, G the softmax over keys of sw2·K(x, x), with other `weights` a function of sw2·K(x, x) + sb2; `standard` has none",
  },
  aggregate: { form: { graph: { grid: [9] } }, covariance: "L K Lᵀ over the nodes" },
};
