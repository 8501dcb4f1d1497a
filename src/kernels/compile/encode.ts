/** @file Instructions as the words that assembly/covariance reads. */
import { type InputLayout, type Instruction, inputBytes, type MapValue, type Window } from "./program.ts";

/** Opcodes; assembly/covariance/index.ts has the same list. */
const codes = {
  input: 1,
  relu: 2,
  box: 3,
  combine: 5,
  form: 6,
  normalise: 7,
  multiply: 8,
  cut: 9,
  spread: 10,
  keep: 11,
  fetch: 12,
} as const;
const [RELU_BOX, POOL, MIX] = [4, 13, 14];
const LENGTH = 30;
/** Numbers that the record of a form carries. */
const CONSTANTS = 16;

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32. */
export function realBits(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

/** Where things stand that a record names. */
export interface Places {
  /** Bytes from the first map. */
  readonly map: (id: number) => number;
  /** The instruction's word in the tables, −1 where it has none. */
  readonly table: number;
  /** Whether an ending is a list of entries rather than windows. */
  readonly mixes: boolean;
  /** Bytes from the maps that an ending adds to, to what rounding took from them; 0 where that is not kept. */
  readonly behind: number;
}

function axis({ kernel, stride, dilation, lo, wraps }: Window): number[] {
  return [kernel, stride, dilation, lo, wraps ? 1 : 0];
}

const none: Window = { kernel: 1, stride: 1, dilation: 1, lo: 0, wraps: false };

function codeOf({ op, fused }: Instruction, mixes: boolean): number {
  if (op === "end") return mixes ? MIX : POOL;
  return fused ? RELU_BOX : codes[op];
}

/** The axes of windows; the origin of a cut stands where they have their margin. Of a normalisation, its slots and those of means. */
function axesOf({ op, windows, origin, mean, kept, whole }: Instruction): number[] {
  if (op === "normalise") {
    const words = [mean?.slots ?? 0, mean?.offset ?? 0, kept!.slots, whole ? 1 : 0];
    return [...words, 0, 0, 0, 0, 0, 0];
  }
  const [y, x] = windows ?? [none, none];
  if (origin === undefined) return [...axis(y), ...axis(x)];
  return [...axis({ ...none, lo: origin[0] }), ...axis({ ...none, lo: origin[1] })];
}

/** The words of an instruction that runs once a displacement. */
export function record(instruction: Instruction, places: Places): number[] {
  const { source, target, other, factor, shift, kept, tangent, form } = instruction;
  const at = (map: MapValue | undefined) => (map === undefined ? -1 : places.map(map.id));
  const scaled = factor !== 1 || shift !== 0;
  const words = [
    codeOf(instruction, places.mixes),
    LENGTH,
    at(source),
    at(target),
    at(other),
    (source ?? target)!.space.index,
    (target ?? source)!.space.index,
    (other === undefined ? scaled : shift !== 0) ? 1 : 0,
    realBits(factor),
    realBits(shift),
    ...axesOf(instruction),
    form?.form.slots ?? (instruction.diagonal ? 1 : places.behind),
    kept?.offset ?? 0,
    form?.index ?? 0,
    instruction.flag ? 1 : 0,
    at(tangent?.source),
    at(tangent?.target),
    places.table,
    form?.form.id ?? 0,
    realBits(source?.scale ?? 1),
    instruction.leads ? 1 : 0,
  ];
  if (form === undefined) return words;
  const constants = Array.from({ length: CONSTANTS }, (_, i) => realBits(form.form.constants[i] ?? 0));
  words[1] = LENGTH + CONSTANTS;
  return [...words, ...constants];
}

/** The record that begins a program. */
export function inputRecord(target: MapValue, layout: InputLayout, places: Places): number[] {
  const words = new Array<number>(LENGTH).fill(0);
  const { channels, positionStep, channelStep, ids } = layout;
  const head = [codes.input, LENGTH, -1, places.map(target.id), -1, target.space.index, target.space.index];
  words.splice(0, head.length, ...head);
  words.splice(10, 5, channels, positionStep, channelStep, ids ? 1 : 0, inputBytes(layout));
  return words;
}

/** Weights of keys; assembly/covariance/attention.ts has the same list. */
const keyWeights = { softmax: 0, identity: 1, relu: 2, abs: 3 } as const;

/** The record of attention, which runs after a segment. */
export function attentionRecord(
  { ending, kept, flag }: Instruction,
  lists: { readonly from: number; readonly to: number },
): number[] {
  if (ending?.kind !== "attend") throw new TypeError("The ending is no attention.");
  const words = new Array<number>(LENGTH).fill(0);
  const { tokens, query, causal, weights } = ending;
  words.splice(7, 6, tokens, realBits(query), causal ? 1 : 0, lists.from, lists.to, keyWeights[weights]);
  words[21] = kept!.offset;
  words[23] = flag ? 1 : 0;
  return words;
}

/** Bytes of the rows of sums: the widest padded row, the rows of the fused scan, and those of attention. */
export function scratchBytes(instructions: readonly Instruction[]): number {
  const rows = instructions.map(({ windows, source, target, ending }) => {
    if (ending?.kind === "attend") return ending.tokens;
    if (windows === undefined || target === undefined) return 0;
    const { kernel, stride, dilation, lo } = windows[1];
    const reach = (target.space.sizes[1] - 1) * stride + (kernel - 1) * dilation + 1;
    return Math.max(lo, 0) + Math.max(reach, source!.space.sizes[1] + Math.max(lo, 0));
  });
  const widest = Math.max(0, ...instructions.map(({ target }) => target?.space.sizes[1] ?? 0));
  return 16 * Math.max(6 * widest, ...rows) + 64;
}
