/** @file Runs the forms of assembly/covariance on single pairs: the loops of the engine, in either build. */
import { type AssemblyBuild, loadAssembly } from "../../src/kernels/assembly.ts";
import type { ActivationForm } from "../../src/kernels/forms/index.ts";

/** A covariance and both variances. */
export type Pair = readonly [c: number, v1: number, v2: number];

type ApplyForm = (
  id: number,
  lanes: boolean,
  source: number,
  scale: number,
  to: number,
  from: number,
  theta: number,
  a: number,
  strideA: number,
  b: number,
  strideB: number,
  count: number,
  constants: number,
) => void;

interface FormRun {
  readonly k: Float32Array;
  readonly kdot: Float32Array;
}

/** k and k̇ of a form in float32, by the loops with a tangent kernel (`ntk`) or without. */
export type FormRunner = (
  form: ActivationForm,
  pairs: readonly Pair[],
  options?: { readonly ntk?: boolean; readonly lanes?: boolean },
) => FormRun;

/** Where things stand in memory: the module's own constants come first. */
const START = 65536;

/** A runner; every pair stands in all four lanes of a position. */
export async function formRunner(build: AssemblyBuild): Promise<FormRunner> {
  const memory = new WebAssembly.Memory({ initial: 256 });
  const { module } = await loadAssembly("covariance", build);
  const instance = new WebAssembly.Instance(module, { env: { memory, prepare: () => {} } });
  const applyForm = instance.exports["applyForm"] as ApplyForm;
  return (form, pairs, { ntk = true, lanes = false } = {}) => {
    const n = pairs.length;
    const [source, k, theta, constants] = [0, 1, 2, 3].map((i) => START + i * n * 16) as [
      number,
      number,
      number,
      number,
    ];
    const a = constants + 64;
    const b = a + n * form.slots * 16;
    const numbers = new Float32Array(memory.buffer);
    const slots = new Float32Array(form.slots);
    numbers.set(form.constants, constants / 4);
    for (const [i, [c, v1, v2]] of pairs.entries()) {
      numbers.fill(c, source / 4 + 4 * i, source / 4 + 4 * i + 4);
      numbers.fill(1, theta / 4 + 4 * i, theta / 4 + 4 * i + 4);
      form.prepare(v1, slots, 0);
      if (lanes) spread(numbers, a / 4 + i * form.slots * 4, slots);
      else numbers.set(slots, a / 4 + i * form.slots);
      form.prepare(v2, slots, 0);
      spread(numbers, b / 4 + i * form.slots * 4, slots);
    }
    const [from, to] = ntk ? [theta, theta] : [0, 0];
    const strideA = form.slots * (lanes ? 16 : 4);
    applyForm(form.id, lanes, source, 1, k, from, to, a, strideA, b, form.slots * 16, n, constants);
    const lane = (at: number) => Float32Array.from(pairs, (_, i) => numbers[at / 4 + 4 * i + (i % 4)]!);
    return { k: lane(k), kdot: lane(theta) };
  };
}

function spread(numbers: Float32Array, at: number, slots: Float32Array): void {
  for (const [j, slot] of slots.entries()) numbers.fill(slot, at + 4 * j, at + 4 * j + 4);
}
