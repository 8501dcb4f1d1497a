/**
 * @file Multi-head self-attention over tokens: `concat_h softmax(q kᵀ·scale) v` times an output matrix, where q, k, v are
 * dense in the tokens. All four weights are N(0, sw2/fan_in), all four biases N(0, sb2).
 * `scaling: "standard"` is 1/√d per head of d channels. `"linear"` is the form whose wide limit is deterministic
 * (kernels.md §2.2): 1/d, with the keys' weights tied to the queries'. `weights` puts another function of the logits, entry by
 * entry, in the softmax's place.
 */
import { z } from "zod";
import {
  abs,
  add,
  constant,
  matmul,
  mul,
  relu,
  reshape,
  softmax,
  type Tensor,
  transpose,
} from "../../expr/index.ts";
import { FathomError, ndarray } from "../../tensor/index.ts";
import { defineLayer, gaussian } from "../define.ts";
import { refuseLarge } from "../intermediate.ts";
import { finite, positiveInt, variances } from "../options.ts";
import type { NetShape } from "../shapes.ts";
import { requireTokens } from "../tokens.ts";
import { combined, type Tangent, type Trained } from "../trained.ts";

/** Added to the logits of keys after the query: its exponential is 0 in every float dtype, and it is finite. */
const NEVER = -1e30;

/** How logits become the weights of keys. */
type Weights = "softmax" | "identity" | "relu" | "abs";

interface Options {
  readonly width?: number | undefined;
  readonly heads: number;
  readonly causal: boolean;
  readonly scaling: "standard" | "linear";
  readonly weights: Weights;
  readonly factor?: number | undefined;
}

function widthOf({ width }: Options, input: NetShape): number {
  return width ?? input.shape[1]!;
}

/** `[N, T, heads·d]` → `[N, heads, T, d]`. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, count, width] = x.shape as [number, number, number];
  return transpose(reshape(x, [batch, count, heads, width / heads]), [0, 2, 1, 3]);
}

/** `[N, heads, T, d]` → `[N, T, heads·d]`. */
function joinHeads(x: Tensor): Tensor {
  const [batch, heads, count, width] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, count, heads * width]);
}

function causalMask(count: number, like: Tensor): Tensor {
  const entries = Array.from({ length: count * count }, (_, k) =>
    k % count > Math.floor(k / count) ? NEVER : 0,
  );
  return constant(ndarray(like.dtype, [count, count], entries));
}

/** 1 for keys up to the query, 0 after. */
function seen(count: number, like: Tensor): Tensor {
  const entries = Array.from({ length: count * count }, (_, k) =>
    k % count > Math.floor(k / count) ? 0 : 1,
  );
  return constant(ndarray(like.dtype, [count, count], entries));
}

const elementwise = { identity: (x: Tensor) => x, relu, abs } as const;

/** The weights of keys for every query, from logits `[N, heads, T, T]`. */
function weightsOf(logits: Tensor, { weights, causal }: Options, count: number): Tensor {
  if (weights === "softmax") return softmax(causal ? add(logits, causalMask(count, logits)) : logits);
  const values = elementwise[weights](logits);
  return causal ? mul(values, seen(count, logits)) : values;
}

function dense(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(matmul(x, weight, { transposeB: true }), bias);
}

/** Values have the kernel sw2·K + sb2, whose means over keys the output's weights see; what values train passes through sw2. */
function trainedAttention(
  { sw2, sb2 }: { readonly sw2: number; readonly sb2: number },
  { value, valueBias, out, outBias }: Readonly<Record<string, Tangent>>,
): Trained {
  return {
    weight: combined([out!, sw2], [value!, sw2]),
    bias: combined([out!, sb2], [valueBias!, sw2], [outBias!, 1]),
  };
}

export const selfAttention = defineLayer({
  kind: "selfAttention",
  summary: "multi-head self-attention over tokens, with biases: weights N(0, sw2/fan_in), biases N(0, sb2)",
  options: z.strictObject({
    heads: positiveInt.default(1).describe("number of heads, which share the width among them"),
    width: positiveInt.optional().describe("channels of the tokens it makes; those it reads, when left out"),
    causal: z.boolean().default(false).describe("whether a token sees only itself and those before it"),
    scaling: z
      .enum(["standard", "linear"])
      .default("standard")
      .describe("of the logits: standard (1/√d, d channels a head) or linear (1/d, keys tied to queries)"),
    weights: z
      .enum(["softmax", "identity", "relu", "abs"])
      .default("softmax")
      .describe("what logits become: their softmax over keys, themselves, or their relu or abs"),
    factor: finite
      .gt(0)
      .optional()
      .describe("further factor on the logits, a number above 0; 1 when left out (µP: √(d₀/d))"),
    ...variances,
  }),
  preactivation: true,
  shape: (options, input, place) => {
    const { count } = requireTokens(input, place);
    refuseLarge(options.heads * count * count, "pairs of tokens", place);
    const width = widthOf(options, input);
    if (width % options.heads === 0) return { kind: "tokens", shape: [count, width] };
    throw new FathomError({
      code: "bad-shape",
      message: `${place.self} shares ${width} channels${options.width === undefined ? ` of ${place.before}` : ""} among ${options.heads} heads: not a multiple.`,
      where: `${place.where}.heads`,
      hint: "Use a width that is a multiple of heads.",
    });
  },
  params: (options, input) => {
    const { sw2, sb2, scaling } = options;
    const channels = input.shape[1]!;
    const width = widthOf(options, input);
    const weight = gaussian([width, channels], sw2 / channels);
    const bias = gaussian([width], sb2);
    const key = scaling === "linear" ? {} : { key: weight, keyBias: bias };
    return {
      query: weight,
      queryBias: bias,
      ...key,
      value: weight,
      valueBias: bias,
      out: gaussian([width, width], sw2 / width),
      outBias: bias,
    };
  },
  multiplications: (options, input, output) => {
    const [count, channels] = input.shape as [number, number];
    const width = output.shape[1]!;
    const projections = (options.scaling === "linear" ? 2 : 3) * channels * width + width * width;
    return count * (projections + 2 * count * width);
  },
  apply: (options, params, x) => {
    const { heads, scaling, factor = 1 } = options;
    const project = (name: string) => splitHeads(dense(x, params[name]!, params[`${name}Bias`]!), heads);
    const q = project("query");
    const k = scaling === "linear" ? q : project("key");
    const d = q.shape[3]!;
    const scale = factor / (scaling === "linear" ? d : Math.sqrt(d));
    const logits = mul(matmul(q, k, { transposeB: true }), scale);
    const attention = weightsOf(logits, options, x.shape[1]!);
    return dense(joinHeads(matmul(attention, project("value"))), params.out!, params.outBias!);
  },
  noMeanField:
    "averages tokens with weights of their own, and the scalar theory does not follow their covariance",
  covariance: (options, { own }) => {
    const { scaling, weights, causal, factor = 1, sw2, sb2 } = options;
    if (scaling === "linear") {
      if (weights === "softmax") {
        // Keys' biases shift all logits of a query alike; weights of G sum to 1, so the values' biases pass.
        const shape = { query: factor * sw2, scale: sw2 * sw2, shift: sw2 * sb2 + sb2, causal };
        return { op: "attention", ...shape, trained: trainedAttention({ sw2, sb2 }, own) };
      }
      const [value, out] = [
        { weight: own.value!, bias: own.valueBias! },
        { weight: own.out!, bias: own.outBias! },
      ];
      const law = { scale: sw2, shift: sb2 };
      return { op: "elementwiseAttention", weights, causal, factor, ...law, value, out };
    }
    throw new FathomError({
      code: "unsupported",
      message: "the logits of standard scaling stay random in the wide limit; there is no covariance rule.",
      hint: 'Use "scaling": "linear", or measure the finite network.',
    });
  },
});
