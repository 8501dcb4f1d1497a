/**
 * @file One block of an imported graph as a program of its own: from the tap before it to its own, with the tangents that come
 * along, and with weights that are fed, so that factors can be tried.
 */
import {
  input,
  inputName,
  inputsOf,
  reduceMean,
  Scope,
  square,
  substitute,
  type Tensor,
  withScope,
} from "../../expr/index.ts";
import { type CompileOptions, compile, type Executable } from "../../runtime/index.ts";
import { type NdArray, type Shape, scaled } from "../../tensor/index.ts";
import { meanOf } from "../../theory/index.ts";
import type { ForeignChain } from "../foreign/index.ts";
import { carriedBetween } from "./stage.ts";

/** What has come to a tap, in one batch; in front of the first tap nothing has but the batch. */
export interface GivenFront {
  readonly x: NdArray;
  readonly h?: NdArray;
  readonly tangents?: NdArray;
}

export interface GivenRun {
  /** J of the block for tangents of unit mean square; 1 in front of the first tap. */
  readonly J: number;
  /** Mean of h² at its tap. */
  readonly K: number;
  /** Mean squares of what its inner maps give. */
  readonly innerK: readonly number[];
  readonly front: GivenFront;
}

/** A compiled block. */
export interface GivenStage {
  /** Weights of the file that it uses. */
  readonly weights: readonly string[];
  /** Shape of tangents at its tap, `[P, S, ...]`. */
  readonly tangentShape: Shape;
  /** @param factors - of weights by name; the others are those of the file. */
  run(front: GivenFront, factors: ReadonlyMap<string, number>): Promise<GivenRun>;
}

/** The blocks of a chain, ready to run. Dispose of them when done. */
export interface GivenStages {
  readonly stages: readonly GivenStage[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Compiles the blocks of a chain, the first one from the input. */
export async function compileGiven(
  chain: ForeignChain,
  { probes, options }: { readonly probes: number; readonly options?: CompileOptions },
): Promise<GivenStages> {
  const executables: Executable[] = [];
  const stages: GivenStage[] = [];
  for (const i of chain.taps.keys()) {
    const outputs = withScope(new Scope(), () => blockOutputs(chain, i, probes));
    const inputs = inputsOf(Object.values(outputs));
    const settled = options === undefined ? {} : { options };
    const executable = await compile({ inputs, outputs, ...settled });
    executables.push(executable);
    stages.push(stageOf(chain, { index: i, inputs, executable, probes }));
  }
  return {
    stages,
    [Symbol.asyncDispose]: async () => {
      for (const executable of executables) await executable.dispose();
    },
  };
}

function blockOutputs(
  { taps, ends }: ForeignChain,
  index: number,
  probes: number,
): Readonly<Record<string, Tensor>> {
  const { tensor, together } = taps[index]!;
  const before = taps[index - 1]?.tensor;
  const from = before && input("tune.h", before.shape, before.dtype);
  const replaced = new Map(before === undefined ? [] : [[before, from!]]);
  const inside = ends[index]!.inner.map((map) => map.tensor);
  const [to, ...inner] = substitute([tensor, ...inside], replaced) as [Tensor, ...Tensor[]];
  const squares = Object.fromEntries(inner.map((map, i) => [`inner.${i}`, reduceMean(square(map))]));
  return {
    h: to,
    K: reduceMean(square(to)),
    ...squares,
    ...(from === undefined ? {} : carriedBetween({ from, to, probes, together })),
  };
}

function stageOf(
  chain: ForeignChain,
  {
    index,
    inputs,
    executable,
    probes,
  }: {
    readonly index: number;
    readonly inputs: readonly Tensor[];
    readonly executable: Executable;
    readonly probes: number;
  },
): GivenStage {
  const { inner } = chain.ends[index]!;
  const needed = inputs.map(inputName);
  const weights = needed.filter((name) => Object.hasOwn(chain.values, name));
  return {
    weights,
    tangentShape: [probes, ...chain.taps[index]!.tensor.shape],
    async run({ x, h, tangents }, factors) {
      const fed: Record<string, NdArray> = { [inputName(chain.x)]: x };
      if (h !== undefined) fed["tune.h"] = h;
      if (tangents !== undefined) fed["probe"] = tangents;
      for (const name of weights) fed[name] = scaled(chain.values[name]!, factors.get(name) ?? 1);
      const found = await executable.run(Object.fromEntries(needed.map((name) => [name, fed[name]!])));
      const carried = found["tangents"];
      return {
        J: found["J"] === undefined ? 1 : meanOf(found["J"].data as Float64Array),
        K: Number(found["K"]!.data[0]),
        innerK: inner.map((_, k) => Number(found[`inner.${k}`]!.data[0])),
        front: { x, h: found["h"]!, ...(carried === undefined ? {} : { tangents: carried }) },
      };
    },
  };
}
