/**
 * @file Partial Jacobians of PyTorch's exports against torch.func on the same weights (bench/peers/foreign-fixtures.py): exact
 * ones, because a scaled basis takes the place of random probes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inputName } from "../../src/expr/index.ts";
import { importOnnx } from "../../src/net/index.ts";
import type { TapChain } from "../../src/probes/chain.ts";
import { examplesApart, foreignModel, measurePair } from "../../src/probes/foreign/index.ts";
import { pairChain } from "../../src/probes/foreign/pairs.ts";
import { compileChain } from "../../src/probes/jacobian-program.ts";
import { type DType, Key, type NdArray, ndarray, sizeOf } from "../../src/tensor/index.ts";

interface Stored {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: number[];
}
interface Reference {
  readonly inputs: { readonly input: Stored };
  readonly together: boolean;
  readonly pairs: readonly { readonly from: string; readonly to: string; readonly J: readonly number[] }[];
}
interface References {
  readonly models: Readonly<Record<string, Reference>>;
  readonly files: Readonly<Record<string, { model: string; tensors: Readonly<Record<string, string>> }>>;
}

const folder = join(import.meta.dirname, "foreign-fixtures");
const { models, files } = JSON.parse(readFileSync(join(folder, "references.json"), "utf8")) as References;
const key = Key.fromSeed(5);

function opened(file: string, dtype: "float32" | "float64") {
  const { model, tensors } = files[file]!;
  const reference = models[model]!;
  const { shape, data, dtype: stored } = reference.inputs.input;
  const bytes = readFileSync(join(folder, file));
  const open = file.includes("fathom");
  const imported = importOnnx(bytes, { dtype, ...(open ? { dims: { batch: shape[0]! } } : {}) });
  const inputs = ndarray(stored === "int64" ? "int64" : dtype, shape, data);
  return { foreign: foreignModel(imported), tensors, reference, inputs };
}

/** √n times each unit vector of what is fed, for all examples at once where they are apart: u uᵀ averages to 1. */
function basis({ samples, norms, taps, dtype }: TapChain, end: 0 | -1): NdArray {
  const { tensor } = taps.at(end)!;
  const total = sizeOf(tensor.shape);
  const units = norms === 1 ? total : total / samples;
  const out = ndarray(dtype, [units, ...tensor.shape], new Float64Array(units * total));
  for (let i = 0; i < units; i++) {
    for (let at = i; at < total; at += units) out.data[i * total + at] = Math.sqrt(units);
  }
  return out;
}

/** J by example, or of the batch. */
async function exactJ(chain: TapChain, values: Readonly<Record<string, NdArray>>, x: NdArray) {
  const forward = chain.taps[0]!.units <= chain.taps.at(-1)!.units;
  const feed = basis(chain, forward ? 0 : -1);
  const probes = feed.shape[0]!;
  const part = forward ? "fromFirst" : "toOutput";
  await using program = await compileChain(() => chain, { probes, parts: [part] });
  const run = await program.run({ ...values }, x, { [inputName(program.probeInputs[0]!)]: feed });
  const logs = forward ? run.fromFirst.at(-1)! : run.toOutput[0]!;
  return Array.from({ length: chain.norms }, (_, s) => {
    let sum = 0;
    for (let p = 0; p < probes; p++) sum += Math.exp(logs[p * chain.norms + s]!);
    return sum / probes;
  });
}

describe("partial Jacobians of PyTorch's exports", () => {
  it("cover every file that was exported", () => {
    expect(Object.keys(files).sort()).toEqual(readdirSync(folder).filter((name) => name.endsWith(".onnx")));
  });

  it.each(Object.keys(files))("%s: exact J of float64 agrees with torch.func to 1e-6", async (file) => {
    const { foreign, tensors, reference, inputs } = opened(file, "float64");
    const pairs = reference.pairs.filter(({ from, to }) => tensors[from] && tensors[to]);
    expect(pairs.length).toBeGreaterThanOrEqual(4);
    for (const { from, to, J } of pairs) {
      const ends = { from: tensors[from]!, to: tensors[to]! };
      const chain = pairChain(foreign, ends, reference.together ? "together" : "apart");
      const found = await exactJ(chain, foreign.values, inputs);
      expect(found).toHaveLength(J.length);
      // The file holds epsilon as float32: 1e-5 is off by 2.5e-8 of itself.
      J.forEach((exact, s) => {
        expect(Math.abs(found[s]! - exact), `${from} → ${to}`).toBeLessThan(1e-6 * exact);
      });
    }
  });

  const ofHelper = Object.keys(files).filter((file) => file.endsWith("-fathom.onnx"));

  it.each(ofHelper)("%s: random probes in float32 scatter about the exact J", async (file) => {
    const { foreign, tensors, reference, inputs } = opened(file, "float32");
    const examples = (await examplesApart(foreign, { inputs, key })) ? "apart" : "together";
    expect(examples).toBe(reference.together ? "together" : "apart");
    const { from, to, J } = reference.pairs.at(-1)!;
    const ends = { from: tensors[from]!, to: tensors[to]! };
    const { J: found } = await measurePair(foreign, ends, { inputs, examples, probes: 2000, key });
    const mean = J.reduce((sum, value) => sum + value, 0) / J.length;
    // By the formula of criticality.md §6 one probe scatters by at most √2 of J; 5 standard errors of 2000.
    expect(Math.abs(Math.exp(found.lnMean) - mean)).toBeLessThan(5 * Math.sqrt(2 / 2000) * mean);
  });
});
