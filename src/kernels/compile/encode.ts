/** @file Instructions as the words that assembly/covariance reads. */
import type { InputLayout, Instruction, Space, Window } from "./program.ts";

/** Opcodes; assembly/covariance/index.ts has the same list. */
const codes = { input: 1, relu: 2, box: 3, reluBox: 4, combine: 5 } as const;
const LENGTH = 24;

const bits = new DataView(new ArrayBuffer(4));

/** The bits of a float32. */
function real(value: number): number {
  bits.setFloat32(0, value);
  return bits.getInt32(0);
}

function axis({ kernel, stride, dilation, lo, wraps }: Window): number[] {
  return [kernel, stride, dilation, lo, wraps ? 1 : 0];
}

const none: Window = { kernel: 1, stride: 1, dilation: 1, lo: 0, wraps: false };

function record(instruction: Instruction, address: (id: number) => number): number[] {
  const { op, source, target, other, factor, shift, windows, fused, activation } = instruction;
  const code = fused === undefined ? codes[op] : codes.reluBox;
  const at = (id: number | undefined) => (id === undefined ? -1 : address(id));
  const kept = fused ?? activation;
  const scaled = factor !== 1 || shift !== 0;
  return [
    code,
    LENGTH,
    at(source?.id),
    address(target.id),
    at(other?.id),
    (source ?? target).space.index,
    target.space.index,
    (other === undefined ? scaled : shift !== 0) ? 1 : 0,
    real(factor),
    real(shift),
    ...axis(windows?.[0] ?? none),
    ...axis(windows?.[1] ?? none),
    0,
    (kept?.offset ?? 0) * 4,
    (kept?.offset ?? 0) * 16,
    kept?.signed ? 1 : 0,
  ];
}

function inputRecord(
  { target }: Instruction,
  layout: InputLayout,
  address: (id: number) => number,
): number[] {
  const words = [codes.input, LENGTH, address(target.id), target.space.index];
  words.push(layout.channels, layout.positionStep, layout.channelStep);
  return [...words, ...new Array<number>(LENGTH - words.length).fill(0)];
}

/** The program's words, closed by 0; `address` gives the place of a map in bytes. */
export function encode(
  instructions: readonly Instruction[],
  layout: InputLayout,
  address: (id: number) => number,
): Int32Array {
  const records = instructions.map((instruction) =>
    instruction.op === "input" ? inputRecord(instruction, layout, address) : record(instruction, address),
  );
  return Int32Array.from([...records.flat(), 0]);
}

/** Bytes of the rows of sums: the widest padded row, and the rows of the fused scan. */
export function scratchBytes(instructions: readonly Instruction[]): number {
  const reach = (window: Window, before: Space, after: Space) =>
    Math.max(window.lo, 0) +
    Math.max((after.width - 1) * window.stride + (window.kernel - 1) * window.dilation + 1, before.width);
  const rows = instructions.map(({ windows, source, target }) =>
    windows === undefined ? 0 : reach(windows[1], source!.space, target.space),
  );
  const widest = Math.max(0, ...instructions.map(({ target }) => target.space.width));
  return 16 * Math.max(3 * widest, ...rows) + 64;
}
